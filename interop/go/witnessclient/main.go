// Command witnessclient asks a witness (c2sp.org/tlog-witness v1.0.0) to
// cosign the checkpoint of a log folder, as a log's operator would.
//
//	witnessclient [-old N] [-out FILE] FOLDER LOG_VKEY URL WITNESS_VKEY
//	witnessclient [-old N] -expect STATUS[,STATUS] [-spoil] FOLDER LOG_VKEY URL
//	witnessclient -expect STATUS[,STATUS] -body FILE URL
//
// The consistency proof is built from the tiles by x/mod/sumdb/tlog, and the
// cosignature that comes back is checked by torchwood. A witness that answers
// 409 has told the size it knows: the request is made once more from there.
//
// With -expect the request is made once and is to be refused with one of these
// statuses. -spoil turns a bit of the proof; -body sends a file as the request.
//
// Prints every answer. Exit 0: cosigned, or refused as expected; 1: not.

//go:debug default=go1.26
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	old    = flag.Int64("old", 0, "size of the last checkpoint the witness is thought to know")
	out    = flag.String("out", "", "write the checkpoint with the cosignature added to this file")
	expect = flag.String("expect", "", "the statuses of which one is to come, instead of a cosignature")
	spoil  = flag.Bool("spoil", false, "turn a bit of the consistency proof")
	body   = flag.String("body", "", "send this file as the request")
)

func main() {
	flag.Parse()
	var err error
	switch {
	case *body != "" && *expect != "" && flag.NArg() == 1:
		err = refusedBody(flag.Arg(0))
	case *body == "" && *expect != "" && flag.NArg() == 3:
		err = refusedLog(flag.Arg(0), flag.Arg(1), flag.Arg(2))
	case *body == "" && *expect == "" && !*spoil && flag.NArg() == 4:
		err = cosigned(flag.Arg(0), flag.Arg(1), flag.Arg(2), flag.Arg(3))
	default:
		err = errors.New("not called as the head of its source says")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "witnessclient:", err)
		os.Exit(1)
	}
}

// signedBy asks for one signature and for an origin.
func signedBy(verifier note.Verifier, origin string) torchwood.Policy {
	return torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(origin), torchwood.SingleVerifierPolicy(verifier))
}

func cosigned(path, logKey, url, witnessKey string) error {
	log, err := openLog(path, logKey)
	if err != nil {
		return err
	}
	verifier, err := torchwood.NewCosignatureVerifier(witnessKey)
	if err != nil {
		return fmt.Errorf("witness vkey: %w", err)
	}
	lines, err := askTwice(log, *old, url)
	if err != nil {
		return err
	}
	if err := checkCosignature(log, lines, verifier); err != nil || *out == "" {
		return err
	}
	return os.WriteFile(*out, append(log.signed, lines...), 0o644)
}

func refusedLog(path, logKey, url string) error {
	log, err := openLog(path, logKey)
	if err != nil {
		return err
	}
	request, err := addCheckpoint(log, *old)
	if err != nil {
		return err
	}
	return refused(request, url)
}

func refusedBody(url string) error {
	request, err := os.ReadFile(*body)
	if err != nil {
		return err
	}
	return refused(request, url)
}

// refused holds a 409 to its form: the size the witness knows, and its type.
func refused(request []byte, url string) error {
	status, kind, answer, err := post(request, url)
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Split(*expect, ","), strconv.Itoa(status)) {
		return fmt.Errorf("status %d; expected %s", status, *expect)
	}
	if status == http.StatusConflict {
		if kind != "text/x.tlog.size" {
			return fmt.Errorf("409 with content type %q", kind)
		}
		size, err := sizeIn(answer)
		if err != nil || string(answer) != fmt.Sprintf("%d\n", size) {
			return fmt.Errorf("409 with %q for the size it knows", answer)
		}
	}
	return nil
}

// folder is a log as its checkpoint describes it.
type folder struct {
	path       string
	signed     []byte
	checkpoint torchwood.Checkpoint
}

func openLog(path, vkey string) (*folder, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("log vkey: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(path, "checkpoint"))
	if err != nil {
		return nil, err
	}
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, signedBy(verifier, verifier.Name()))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return &folder{path: path, signed: signed, checkpoint: checkpoint}, nil
}

func askTwice(log *folder, old int64, url string) ([]byte, error) {
	status, answer, err := ask(log, old, url)
	if err == nil && status == http.StatusConflict {
		if old, err = sizeIn(answer); err != nil {
			return nil, fmt.Errorf("409 without a size: %w", err)
		}
		status, answer, err = ask(log, old, url)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the witness did not cosign: %d", status)
	}
	return answer, err
}

func ask(log *folder, old int64, url string) (int, []byte, error) {
	request, err := addCheckpoint(log, old)
	if err != nil {
		return 0, nil, err
	}
	status, _, answer, err := post(request, url)
	return status, answer, err
}

// post makes one add-checkpoint request and prints the answer.
func post(request []byte, url string) (status int, kind string, answer []byte, err error) {
	client := http.Client{Timeout: 15 * time.Second}
	response, err := client.Post(strings.TrimSuffix(url, "/")+"/add-checkpoint", "text/plain", bytes.NewReader(request))
	if err != nil {
		return 0, "", nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, 1<<16))
	kind = response.Header.Get("Content-Type")
	first, _, _ := bytes.Cut(request, []byte("\n"))
	fmt.Printf("%.40q: %d %s\n%s", first, response.StatusCode, kind, answer)
	return response.StatusCode, kind, answer, err
}

func sizeIn(answer []byte) (int64, error) {
	return strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
}

// addCheckpoint is the body of the request: old size, proof, empty line, note.
func addCheckpoint(log *folder, old int64) ([]byte, error) {
	if old < 0 || old > log.checkpoint.N {
		return nil, fmt.Errorf("the witness knows size %d, the log has %d: the log was rolled back", old, log.checkpoint.N)
	}
	proof, err := consistency(log, old)
	if err != nil {
		return nil, fmt.Errorf("consistency proof: %w", err)
	}
	if *spoil {
		if len(proof) == 0 {
			return nil, errors.New("no proof to spoil: it is empty between these sizes")
		}
		proof[0][0] ^= 1
	}
	request := fmt.Appendf(nil, "old %d\n", old)
	for _, hash := range proof {
		request = fmt.Appendf(request, "%s\n", hash)
	}
	return append(append(request, '\n'), log.signed...), nil
}

// consistency is empty from nothing and to the same size. The hash reader
// authenticates every tile it uses against the checkpoint's root.
func consistency(log *folder, old int64) (tlog.TreeProof, error) {
	if old == 0 || old == log.checkpoint.N {
		return nil, nil
	}
	tiles, err := torchwood.NewTileFS(os.DirFS(log.path))
	if err != nil {
		return nil, err
	}
	reader := torchwood.TileHashReaderWithContext(context.Background(), log.checkpoint.Tree, tiles)
	return tlog.ProveTree(log.checkpoint.N, old, reader)
}

// checkCosignature adds the returned lines to the note and has torchwood
// verify them over the checkpoint that was sent.
func checkCosignature(log *folder, lines []byte, verifier *torchwood.CosignatureVerifier) error {
	cosigned := append(bytes.Clone(log.signed), lines...)
	_, text, err := torchwood.VerifyCheckpoint(cosigned, signedBy(verifier, log.checkpoint.Origin))
	if err != nil {
		return fmt.Errorf("cosignature: %w", err)
	}
	seconds, err := torchwood.CosignatureTimestamp(text.Sigs[0])
	if err != nil {
		return fmt.Errorf("cosignature: %w", err)
	}
	at := time.Unix(seconds, 0).UTC()
	if off := time.Since(at).Abs(); off > 5*time.Minute {
		return fmt.Errorf("cosignature: its time %s is %s off", at.Format(time.RFC3339), off)
	}
	fmt.Printf("ok %s cosigned size %d root %s at %s\n", verifier.Name(), log.checkpoint.N, log.checkpoint.Hash, at.Format(time.RFC3339))
	return nil
}
