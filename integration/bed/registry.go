package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"
)

// registryService serves images on the loopback interface alone. It keeps
// blobs on disk and manifests in memory, so what it held must be pushed again
// after a restart: that is quick, for the blobs are there.
func registryService(p paths, bin, addr string) service {
	return service{
		name:  "registry",
		exe:   filepath.Join(bin, "crane"),
		args:  []string{"registry", "serve", "--address", addr, "--disk", p.state("registry")},
		ready: func(ctx context.Context) error { return pingRegistry(ctx, addr) },
	}
}

// pickPort is the address for a new registry: port 5000 unless it is taken.
func pickPort() (string, error) {
	for port := 5000; port < 5100; port++ {
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		return addr, l.Close()
	}
	return "", errors.New("no free port between 5000 and 5099 on 127.0.0.1 for the registry")
}

func pingRegistry(ctx context.Context, addr string) error {
	_, err := registryHead(ctx, "http://"+addr+"/v2/")
	return err
}

// manifestDigest asks the registry which manifest a tag names; "" if none.
func manifestDigest(ctx context.Context, addr, repo, tag string) string {
	digest, err := registryHead(ctx, fmt.Sprintf("http://%s/v2/%s/manifests/%s", addr, repo, tag))
	if err != nil {
		return ""
	}
	return digest
}

func registryHead(ctx context.Context, url string) (digest string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return "", err
	}
	// Not the default client: a proxy of the environment has no way to our loopback.
	client := http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	_ = resp.Body.Close()
	// crane's registry answers HEAD /v2/ with an error of its own: it serves, that is enough.
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode >= 500 {
		return "", fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return resp.Header.Get("Docker-Content-Digest"), nil
}
