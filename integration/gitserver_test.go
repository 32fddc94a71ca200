package integration

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// repository is a bare git repository with a package in it.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	return committed(t, project(t, files))
}

// committed is a bare git repository with what a directory has.
func committed(t *testing.T, dir string) string {
	t.Helper()
	bare := filepath.Join(t.TempDir(), "shop.git")
	for _, args := range [][]string{
		{"init", "-q", "-b", "main", dir}, {"-C", dir, "add", "."},
		{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@test.example", "commit", "-q", "-m", "all"},
		{"clone", "-q", "--bare", dir, bare}, {"-C", bare, "config", "http.receivepack", "false"},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return bare
}

// gitHTTP serves repositories to whoever has a token.
func gitHTTP(t *testing.T, root, token string) http.Handler {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	})
}

// gitSSH serves repositories to whoever has the key, and returns its address and the
// line of a known_hosts file.
func gitSSH(t *testing.T, key ssh.PublicKey) (address, known string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	host, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
		if string(offered.Marshal()) != string(key.Marshal()) {
			return nil, fmt.Errorf("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveSSH(conn, config)
		}
	}()
	address = listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	return address, "[127.0.0.1]:" + port + " " + string(ssh.MarshalAuthorizedKey(host.PublicKey()))
}

func serveSSH(conn net.Conn, config *ssh.ServerConfig) {
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(r.Type == "exec" || r.Type == "env", nil)
				if r.Type != "exec" {
					continue
				}
				var command struct{ Line string }
				_ = ssh.Unmarshal(r.Payload, &command)
				status := uint32(1)
				if _, path, ok := strings.Cut(command.Line, "git-upload-pack '"); ok {
					pack := exec.Command("git-upload-pack", strings.TrimSuffix(path, "'"))
					pack.Stdout, pack.Stderr = channel, channel.Stderr()
					if stdin, err := pack.StdinPipe(); err == nil && pack.Start() == nil {
						go func() { _, _ = io.Copy(stdin, channel); _ = stdin.Close() }()
						if pack.Wait() == nil {
							status = 0
						}
					}
				}
				_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
				_ = channel.Close()
			}
		}()
	}
}

// serveAgent answers the protocol of SSH agents.
func serveAgent(listener net.Listener, key ed25519.PrivateKey) {
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		return
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() { _ = agent.ServeAgent(ring, conn); _ = conn.Close() }()
	}
}
