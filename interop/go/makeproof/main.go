// Command makeproof lets torchwood make a proof file (c2sp.org/tlog-proof) of
// one entry of a log folder, from its tiles.
//
//	makeproof [-raw] FOLDER LOG_VKEY INDEX >PROOF
//
// The extra line is the DSSE envelope the entry was made of (docs/spec.md, 2
// and 3), or the entry itself (-raw). Exit 0: made, and torchwood found the
// entry in the signed tree; 1: not.

//go:debug default=go1.26
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	raw := flag.Bool("raw", false, "the extra line is the log entry itself")
	flag.Parse()
	proof, err := makeProof(flag.Args(), *raw)
	if err == nil {
		_, err = os.Stdout.Write(proof)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "makeproof:", err)
		os.Exit(1)
	}
}

func makeProof(args []string, raw bool) ([]byte, error) {
	if len(args) != 3 {
		return nil, errors.New("usage: makeproof [-raw] FOLDER LOG_VKEY INDEX")
	}
	verifier, err := note.NewVerifier(args[1])
	if err != nil {
		return nil, fmt.Errorf("log vkey: %w", err)
	}
	index, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return nil, err
	}
	signed, err := os.ReadFile(filepath.Join(args[0], "checkpoint"))
	if err != nil {
		return nil, err
	}
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, signedBy(verifier))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	tiles, err := torchwood.NewTileFS(os.DirFS(args[0]))
	if err != nil {
		return nil, err
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		return nil, err
	}
	extra, path, err := client.Entry(context.Background(), checkpoint.Tree, index)
	if err == nil && !raw {
		extra, err = envelope(extra)
	}
	if err != nil {
		return nil, err
	}
	return torchwood.FormatProofWithExtraData(index, extra, path, signed), nil
}

// signedBy asks for the log's signature, under its name as the origin.
func signedBy(log note.Verifier) torchwood.Policy {
	return torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(log.Name()), torchwood.SingleVerifierPolicy(log))
}

// envelope turns the five lines of an entry back into canonical JSON. No line
// but the last, which is encoded, has a character that JSON would escape.
func envelope(entry []byte) ([]byte, error) {
	lines := bytes.SplitN(entry, []byte("\n"), 6)
	if len(lines) != 6 || len(lines[5]) != 0 || string(lines[0]) != "ascertain/entry/v1" {
		return nil, errors.New("the entry is not one of docs/spec.md 3; try -raw")
	}
	return fmt.Appendf(nil, `{"payload":"%s","payloadType":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}`,
		base64.StdEncoding.EncodeToString(lines[4]), lines[1], lines[2], lines[3]), nil
}
