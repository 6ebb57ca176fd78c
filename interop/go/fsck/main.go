// Command fsck lets Tessera's fsck library derive a log again from its entries
// and compare every tile and the root with what the log serves.
//
//	fsck [-timeout D] [-workers N] LOG VKEY ORIGIN
//
// LOG is a folder or an http:// URL that holds checkpoint and tile/
// (c2sp.org/tlog-tiles). Exit 0: all of it agrees; 1: it does not, or the
// check did not end in time; 2: it was not called as above.

//go:debug default=go1.26
package main

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"
)

func main() {
	timeout := flag.Duration("timeout", time.Minute, "a check that takes longer has failed")
	// Tessera's workers each leave at their first mismatch; with none left its
	// producer waits for ever. More workers than damaged files keep it going.
	workers := flag.Uint("workers", 256, "concurrent workers")
	flag.Parse()
	if flag.NArg() != 3 {
		fmt.Fprintln(os.Stderr, "usage: fsck [-timeout D] [-workers N] LOG VKEY ORIGIN")
		os.Exit(2)
	}
	silenceTessera()
	verdict := make(chan string, 1)
	go func() { verdict <- check(flag.Arg(0), flag.Arg(1), flag.Arg(2), *workers) }()
	select {
	case message := <-verdict:
		if message != "" {
			fail("%s", message)
		}
	case <-time.After(*timeout):
		fail("no end after %s: Tessera's fsck hangs when more files are damaged than it has workers", *timeout)
	}
}

// check prints size and root and returns "", or returns what is wrong.
func check(name, vkey, origin string, workers uint) (message string) {
	// A bundle with too few entries makes Tessera index past its end.
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprintf("Tessera panicked: %v", r)
		}
	}()
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Sprintf("vkey: %v", err)
	}
	ctx := context.Background()
	log := frozen{}
	if log.Fetcher, err = fetcher(name); err != nil {
		return err.Error()
	}
	if log.checkpoint, err = log.Fetcher.ReadCheckpoint(ctx); err != nil {
		return fmt.Sprintf("checkpoint: %v", err)
	}
	f := fsck.New(origin, verifier, log, hashEntries, fsck.Opts{N: workers})
	if err := f.Check(ctx); err != nil {
		return fmt.Sprintf("%s\n%s", shorten(err.Error()), f.Status())
	}
	checkpoint, _, _, err := client.FetchCheckpoint(ctx, log.ReadCheckpoint, verifier, origin)
	if err != nil {
		return err.Error()
	}
	fmt.Printf("ok size %d root %s\n", checkpoint.Size, base64.StdEncoding.EncodeToString(checkpoint.Hash))
	return ""
}

// fetcher reads a URL with few connections, whatever the number of workers.
func fetcher(name string) (fsck.Fetcher, error) {
	if !strings.HasPrefix(name, "http://") && !strings.HasPrefix(name, "https://") {
		return client.FileFetcher{Root: name}, nil
	}
	root, err := url.Parse(name)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxConnsPerHost: 8, MaxIdleConnsPerHost: 8}
	return client.NewHTTPFetcher(root, &http.Client{Transport: transport})
}

// frozen is a log whose checkpoint was read once, so that what is printed is
// what was checked even while the log grows.
type frozen struct {
	fsck.Fetcher
	checkpoint []byte
}

func (f frozen) ReadCheckpoint(context.Context) ([]byte, error) { return f.checkpoint, nil }

func hashEntries(bundle []byte) ([][]byte, error) {
	var parsed api.EntryBundle
	if err := parsed.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(parsed.Entries))
	for _, entry := range parsed.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

// silenceTessera keeps its log lines off the screen and its fatal ones within
// our exit codes.
func silenceTessera() {
	klog.LogToStderr(false)
	klog.SetOutput(nothing{})
	klog.OsExit = func(int) { fail("Tessera gave up") }
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

// shorten cuts Tessera's message, which may quote two whole tiles in hex.
func shorten(message string) string {
	if len(message) > 200 {
		return message[:200] + "..."
	}
	return message
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "fsck: "+format+"\n", args...)
	os.Exit(1)
}
