// Command verifyproof lets torchwood judge a proof file (c2sp.org/tlog-proof)
// under a policy file (c2sp.org/tlog-policy).
//
//	verifyproof [-raw | -entry FILE] [-attester KEY] PROOF POLICY
//
// The log entry is never taken from the proof as it stands: it is computed
// from the DSSE envelope in the proof's extra line (docs/spec.md, 2 and 3), is
// that line itself (-raw), or is a file (-entry). With -attester, a base64
// Ed25519 key, the envelope's signature is checked too. Exit 0: it holds; 1: not.

//go:debug default=go1.26
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	raw := flag.Bool("raw", false, "the extra line is the log entry itself")
	entryFile := flag.String("entry", "", "read the log entry from this file")
	attester := flag.String("attester", "", "check the envelope's signature with this key, base64 of 32 bytes")
	flag.Parse()
	if flag.NArg() != 2 || (*attester != "" && (*raw || *entryFile != "")) {
		fail(errors.New("usage: verifyproof [-raw | -entry FILE] [-attester KEY] PROOF POLICY"))
	}
	proof, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		fail(err)
	}
	policy, err := readPolicy(flag.Arg(1))
	if err != nil {
		fail(err)
	}
	entry, err := logEntry(proof, *raw, *entryFile, *attester)
	if err != nil {
		fail(err)
	}
	if err := torchwood.VerifyProof(policy, tlog.RecordHash(entry), proof); err != nil {
		fail(err)
	}
	fmt.Println(describe(proof))
}

func readPolicy(name string) (torchwood.Policy, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return torchwood.ParsePolicy(text)
}

func logEntry(proof []byte, raw bool, entryFile, attester string) ([]byte, error) {
	if entryFile != "" {
		return os.ReadFile(entryFile)
	}
	extra, err := torchwood.ProofExtraData(proof)
	if err != nil || raw {
		return extra, err
	}
	envelope, err := readEnvelope(extra)
	if err != nil {
		return nil, err
	}
	if attester != "" {
		if err := envelope.checkSignature(attester); err != nil {
			return nil, err
		}
	}
	return envelope.entry(), nil
}

// envelope is DSSE with exactly one signature; base64 fields are padded. The
// fields stand in the order of canonical JSON.
type envelope struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
	payload     []byte
	signature   []byte
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// readEnvelope refuses every spelling but the canonical one, so that what Go's
// JSON reader forgives does not count.
func readEnvelope(text []byte) (*envelope, error) {
	e := new(envelope)
	if err := json.Unmarshal(text, e); err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	if len(e.Signatures) != 1 {
		return nil, fmt.Errorf("envelope: %d signatures", len(e.Signatures))
	}
	var spelled bytes.Buffer
	encoder := json.NewEncoder(&spelled)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil || !bytes.Equal(bytes.TrimSuffix(spelled.Bytes(), []byte("\n")), text) {
		return nil, errors.New("envelope: not in its canonical spelling")
	}
	var err error
	strict := base64.StdEncoding.Strict()
	if e.payload, err = strict.DecodeString(e.Payload); err != nil {
		return nil, fmt.Errorf("envelope payload: %w", err)
	}
	if e.signature, err = strict.DecodeString(e.Signatures[0].Sig); err != nil {
		return nil, fmt.Errorf("envelope signature: %w", err)
	}
	return e, nil
}

// entry is the log entry: five lines, each ended.
func (e *envelope) entry() []byte {
	signature := e.Signatures[0]
	return fmt.Appendf(nil, "ascertain/entry/v1\n%s\n%s\n%s\n%s\n", e.PayloadType, signature.KeyID, signature.Sig, e.payload)
}

// checkSignature is Go's crypto/ed25519, which accepts some keys and
// signatures that the strict rule of docs/spec.md 2.9 refuses.
func (e *envelope) checkSignature(attester string) error {
	key, err := base64.StdEncoding.Strict().DecodeString(attester)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return errors.New("attester: not base64 of 32 bytes")
	}
	id := sha256.Sum256(key)
	if e.Signatures[0].KeyID != hex.EncodeToString(id[:]) {
		return errors.New("attester: the envelope names another key")
	}
	signed := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.payload), e.payload)
	if !ed25519.Verify(key, signed, e.signature) {
		return errors.New("attester: the envelope's signature does not hold")
	}
	return nil
}

// describe reads from a proof that has been verified what it shows.
func describe(proof []byte) string {
	head, note, _ := strings.Cut(string(proof), "\n\n")
	_, index, _ := strings.Cut(head, "\nindex ")
	index, _, _ = strings.Cut(index, "\n")
	lines := strings.SplitN(note, "\n", 4)
	return fmt.Sprintf("ok index %s size %s root %s origin %s", index, lines[1], lines[2], lines[0])
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "verifyproof:", err)
	os.Exit(1)
}
