// Command poster appends entries to a log kept by Tessera's POSIX driver, from
// many goroutines, and prints how fast that went.
//
//	poster [flags] DIR ENTRIES
//	poster [flags] -n N -size BYTES DIR
//
// ENTRIES: each entry as its length, four bytes big-endian, then its bytes.
// Without that file, N entries of random bytes are made.
// DIR gets the log, or holds one that grows. Each goroutine appends one entry
// and waits for it (-await) before the next. With -http every entry is a POST
// /add over loopback to a server in this process. No signature is checked.

//go:debug default=go1.26
package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"
)

var (
	workers  = flag.Int("g", 1024, "goroutines that append")
	limit    = flag.Int("n", 0, "append only the first N entries; 0: all")
	size     = flag.Int("size", 0, "append entries of this many random bytes")
	await    = flag.String("await", "published", "what an append waits for: integrated or published")
	batch    = flag.Uint("batch", 256, "Tessera: entries in a batch at most")
	age      = flag.Duration("age", 10*time.Millisecond, "Tessera: age of a batch at most")
	interval = flag.Duration("interval", 100*time.Millisecond, "Tessera: time between checkpoints, 100ms or more")
	overHTTP = flag.Bool("http", false, "append over HTTP on loopback")
	keyFile  = flag.String("key", "", "file with the log's key (skey); made if it is not there")
	origin   = flag.String("origin", "poster.example/log", "origin of a key that is made")
)

func main() {
	flag.Parse()
	if !(flag.NArg() == 2 && *size == 0 || flag.NArg() == 1 && *size > 0 && *limit > 0) || *workers < 1 || (*await != "integrated" && *await != "published") {
		fail(errors.New("usage: poster [flags] DIR ENTRIES; see -help"))
	}
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	entries, err := makeEntries(*limit, *size), error(nil)
	if *size == 0 {
		entries, err = readEntries(flag.Arg(1), *limit)
	}
	if err != nil {
		fail(err)
	}
	signer, err := readKey(*keyFile, *origin)
	if err != nil {
		fail(err)
	}
	if err := run(flag.Arg(0), signer, entries); err != nil {
		fail(err)
	}
}

func run(dir string, signer note.Signer, entries [][]byte) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	log, shutdown, err := openLog(ctx, dir, signer)
	if err != nil {
		return err
	}
	add, closeServer, err := log.transport()
	if err != nil {
		return err
	}
	start := time.Now()
	waits, err := appendAll(ctx, add, entries)
	took := time.Since(start)
	if err := errors.Join(err, closeServer(), shutdown(ctx)); err != nil {
		return err
	}
	return report(dir, entries, waits, took)
}

// tlog is a Tessera log and what its callers wait for.
type tlog struct {
	appender *tessera.Appender
	awaiter  *tessera.PublicationAwaiter
}

// adder appends one entry and returns when it is integrated or published.
type adder func(ctx context.Context, entry []byte) error

func openLog(ctx context.Context, dir string, signer note.Signer) (*tlog, func(context.Context) error, error) {
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return nil, nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(*interval).
		WithBatching(*batch, *age).
		WithPushback(uint(max(*workers*2, tessera.DefaultPushbackMaxOutstanding)))
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, nil, err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 10*time.Millisecond)
	return &tlog{appender, awaiter}, shutdown, nil
}

func (l *tlog) add(ctx context.Context, entry []byte) error {
	future := l.appender.Add(ctx, tessera.NewEntry(entry))
	if *await == "integrated" {
		_, err := future()
		return err
	}
	_, _, err := l.awaiter.Await(ctx, future)
	return err
}

// transport is the way an entry takes to the log.
func (l *tlog) transport() (adder, func() error, error) {
	if *overHTTP {
		return serve(l.add)
	}
	return l.add, func() error { return nil }, nil
}

// appendAll returns how long each entry was waited for.
func appendAll(ctx context.Context, add adder, entries [][]byte) ([]time.Duration, error) {
	waits := make([]time.Duration, len(entries))
	failures := make(chan error, *workers)
	var next atomic.Int64
	var group sync.WaitGroup
	for range *workers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(entries)); i = next.Add(1) - 1 {
				start := time.Now()
				if err := add(ctx, entries[i]); err != nil {
					failures <- err
					return
				}
				waits[i] = time.Since(start)
			}
		})
	}
	group.Wait()
	close(failures)
	return waits, <-failures
}

func report(dir string, entries [][]byte, waits []time.Duration, took time.Duration) error {
	checkpoint, err := client.FileFetcher{Root: dir}.ReadCheckpoint(context.Background())
	if err != nil {
		return err
	}
	lines := strings.SplitN(string(checkpoint), "\n", 4)
	var bytes int
	for _, entry := range entries {
		bytes += len(entry)
	}
	slices.Sort(waits)
	way := "in process"
	if *overHTTP {
		way = "over HTTP"
	}
	fmt.Printf("%d entries of %d B on average, %s, %d goroutines on %d CPUs, each waits until %s\n",
		len(entries), bytes/len(entries), way, *workers, runtime.NumCPU(), *await)
	fmt.Printf("%.0f entries/s, %.3f s, wait p50 %s p99 %s max %s\n", float64(len(entries))/took.Seconds(), took.Seconds(),
		quantile(waits, 50), quantile(waits, 99), quantile(waits, 100))
	fmt.Printf("final size %s root %s\n", lines[1], lines[2])
	return nil
}

func quantile(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)-1)*percent/100].Round(10 * time.Microsecond)
}

func makeEntries(count, size int) [][]byte {
	if size == 0 {
		return nil
	}
	entries := make([][]byte, count)
	for i := range entries {
		entries[i] = make([]byte, size)
		rand.Read(entries[i])
	}
	return entries
}

func readEntries(name string, limit int) ([][]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 && (limit == 0 || len(entries) < limit) {
		if len(data) < 4 || uint64(len(data)-4) < uint64(binary.BigEndian.Uint32(data)) {
			return nil, fmt.Errorf("%s: entry %d is cut off", name, len(entries))
		}
		end := 4 + binary.BigEndian.Uint32(data)
		entries = append(entries, data[4:end])
		data = data[end:]
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: no entries", name)
	}
	return entries, nil
}

// readKey reads the log's key, or makes one and writes it beside its vkey
// (name.vkey). Without a file the key lasts as long as this process.
func readKey(name, origin string) (note.Signer, error) {
	if name != "" {
		text, err := os.ReadFile(name)
		if err == nil {
			return note.NewSigner(strings.TrimSpace(string(text)))
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	skey, vkey, err := note.GenerateKey(nil, origin)
	if err != nil {
		return nil, err
	}
	if name != "" {
		err = errors.Join(os.WriteFile(name, []byte(skey+"\n"), 0o600), os.WriteFile(name+".vkey", []byte(vkey+"\n"), 0o644))
		if err != nil {
			return nil, err
		}
	}
	return note.NewSigner(skey)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "poster:", err)
	os.Exit(1)
}
