// Command witnessclient asks a witness (c2sp.org/tlog-witness v1.0.0) to
// cosign the checkpoint of a log folder, as a log's operator would.
//
//	witnessclient [-old N] [-retry=false] [-out FILE] FOLDER LOG_VKEY URL WITNESS_VKEY
//
// The consistency proof is built from the tiles by x/mod/sumdb/tlog, and the
// cosignature that comes back is checked by torchwood. A witness that answers
// 409 has told the size it knows: the request is made once more from there.
// Prints every answer. Exit 0: cosigned; 1: not.

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
	"strconv"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	old := flag.Int64("old", 0, "size of the last checkpoint the witness is thought to know")
	retry := flag.Bool("retry", true, "after 409, ask again from the size in the answer")
	out := flag.String("out", "", "write the checkpoint with the cosignature added to this file")
	flag.Parse()
	if flag.NArg() != 4 {
		fail(errors.New("usage: witnessclient [-old N] [-retry=false] [-out FILE] FOLDER LOG_VKEY URL WITNESS_VKEY"))
	}
	log, err := openLog(flag.Arg(0), flag.Arg(1))
	if err != nil {
		fail(err)
	}
	verifier, err := torchwood.NewCosignatureVerifier(flag.Arg(3))
	if err != nil {
		fail(fmt.Errorf("witness vkey: %w", err))
	}
	lines, err := askTwice(log, *old, flag.Arg(2), *retry)
	if err != nil {
		fail(err)
	}
	if err := checkCosignature(log, lines, verifier); err != nil {
		fail(err)
	}
	if *out != "" {
		if err := os.WriteFile(*out, append(log.signed, lines...), 0o644); err != nil {
			fail(err)
		}
	}
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
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, torchwood.SingleVerifierPolicy(verifier))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return &folder{path: path, signed: signed, checkpoint: checkpoint}, nil
}

func askTwice(log *folder, old int64, url string, retry bool) ([]byte, error) {
	status, body, err := ask(log, old, url)
	if err == nil && status == http.StatusConflict && retry {
		if old, err = strconv.ParseInt(strings.TrimSuffix(string(body), "\n"), 10, 64); err != nil {
			return nil, fmt.Errorf("409 without a size: %w", err)
		}
		status, body, err = ask(log, old, url)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the witness did not cosign: %d", status)
	}
	return body, err
}

// ask posts one add-checkpoint request and prints the answer.
func ask(log *folder, old int64, url string) (int, []byte, error) {
	request, err := addCheckpoint(log, old)
	if err != nil {
		return 0, nil, err
	}
	client := http.Client{Timeout: 15 * time.Second}
	answer, err := client.Post(strings.TrimSuffix(url, "/")+"/add-checkpoint", "text/plain", bytes.NewReader(request))
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	fmt.Printf("old %d new %d: %d %s\n%s", old, log.checkpoint.N, answer.StatusCode, answer.Header.Get("Content-Type"), body)
	return answer.StatusCode, body, err
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
	_, text, err := torchwood.VerifyCheckpoint(append(bytes.Clone(log.signed), lines...), torchwood.SingleVerifierPolicy(verifier))
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

func fail(err error) {
	fmt.Fprintln(os.Stderr, "witnessclient:", err)
	os.Exit(1)
}
