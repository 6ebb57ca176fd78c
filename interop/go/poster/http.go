// The way over HTTP: a server on loopback with POST /add, and its client. The
// server has one route and no pattern: without modules Go takes its defaults
// from 1.20, where "POST /add" would be a path (GODEBUG httpmuxgo121).

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// serve returns an adder that posts to a server that adds.
func serve(add adder) (adder, func() error, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	server := &http.Server{Handler: handler(add)}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	transport := &http.Transport{MaxIdleConns: *workers, MaxIdleConnsPerHost: *workers}
	post := poster(&http.Client{Transport: transport}, "http://"+listener.Addr().String()+"/add")
	closeServer := func() error {
		transport.CloseIdleConnections()
		err := server.Close()
		if serveErr := <-stopped; !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
		return err
	}
	return post, closeServer, nil
}

func handler(add adder) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/add" {
			http.NotFound(w, r)
			return
		}
		entry, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16-1))
		if err == nil {
			err = add(r.Context(), entry)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
}

func poster(client *http.Client, url string) adder {
	return func(ctx context.Context, entry []byte) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(entry))
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		message, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("POST /add: %d %s", answer.StatusCode, message)
		}
		return err
	}
}
