package integration

import (
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func exampleRuns(t *testing.T, e engineCLI) string {
	dir, name := example(t, "fastapi"), imageName(t)
	flags := []string{"--load", "--tag", name}
	tarball := filepath.Join(t.TempDir(), "image.tar")
	if e.buildkitd != "" {
		flags = []string{"--output", "type=docker,name=" + name + ",dest=" + tarball}
	}
	if log, err := e.build(dir, flags...); err != nil {
		return failed(t, log, err)
	}
	if e.buildkitd != "" {
		if log, err := e.docker("load", "--input", tarball); err != nil {
			return failed(t, log, err)
		}
	}
	t.Cleanup(func() { _, _ = e.docker("rmi", "--force", name) })
	port := freePort(t)
	run := []string{"run", "--detach", "--publish", "127.0.0.1:" + port + ":8000", name}
	if e.own {
		run = []string{"run", "--detach", "--network", "host", "--env", "PORT=" + port, name}
	}
	id, err := e.docker(run...)
	if err != nil {
		return failed(t, id, err)
	}
	id = strings.TrimSpace(id)
	t.Cleanup(func() { _, _ = e.docker("rm", "--force", id) })
	body, err := ask("http://127.0.0.1:" + port + "/")
	if err != nil || !strings.Contains(body, "hello") || !strings.Contains(body, "1001") {
		log, _ := e.docker("logs", id)
		return failed(t, body+log, err)
	}
	return "yes"
}

// ask gets a page from a server that may still be starting.
func ask(url string) (string, error) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	var last error
	for limit := time.Now().Add(patience); time.Now().Before(limit); <-again.C {
		res, err := c.Get(url)
		if err != nil {
			last = err
			continue
		}
		data, err := io.ReadAll(res.Body)
		return string(data), errors.Join(err, res.Body.Close())
	}
	return "", last
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
