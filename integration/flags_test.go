package integration

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"golang.org/x/crypto/ssh"
)

// TestFlags asks the build's own processes what reached them.
func TestFlags(t *testing.T) {
	for name, c := range map[string]struct {
		attrs  map[string]string
		config string
		holds  func(facts) bool
	}{
		"--add-host": {map[string]string{"add-hosts": "registry.corp=10.1.2.3"}, "", func(f facts) bool {
			return strings.Contains(f.Hosts, "10.1.2.3\tregistry.corp") || strings.Contains(f.Hosts, "10.1.2.3 registry.corp")
		}},
		"--ulimit":                         {map[string]string{"ulimit": "nofile=321:321"}, "", func(f facts) bool { return f.Files == 321 }},
		"--shm-size":                       {map[string]string{"shm-size": "8388608"}, "", func(f facts) bool { return f.Shm == 8<<20 }},
		"--network=none":                   {map[string]string{"force-network-mode": "none"}, "", func(f facts) bool { return slices.Equal(f.Devices, []string{"lo"}) }},
		"hostname":                         {map[string]string{"build-arg:BUILDKIT_SANDBOX_HOSTNAME": "forge"}, "", func(f facts) bool { return f.Hostname == "forge" }},
		"proxy":                            {map[string]string{"build-arg:HTTP_PROXY": "http://127.0.0.1:9"}, "", func(f facts) bool { return f.Env["HTTP_PROXY"] == "http://127.0.0.1:9" }},
		"[build] env":                      {nil, "[build]\nenv = { PROBE_A = \"$x; 'y\" }", func(f facts) bool { return f.Env["PROBE_A"] == "$x; 'y" }},
		"[build] args":                     {nil, "[build]\nargs = { PROBE_A = \"1\" }", func(f facts) bool { return f.Env["PROBE_A"] == "1" }},
		"[build] args, --build-arg":        {map[string]string{"build-arg:PROBE_A": "2"}, "[build]\nargs = { PROBE_A = \"1\" }", func(f facts) bool { return f.Env["PROBE_A"] == "2" }},
		"an argument that no key declares": {map[string]string{"build-arg:PROBE_B": "2"}, "", func(f facts) bool { return f.Env["PROBE_B"] == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f, _ := probe(t, build{attrs: c.attrs}, c.config); !c.holds(f) {
				t.Errorf("the build saw %+v", f)
			}
		})
	}
}

// TestCgroupParent is on its own: only the engine can tell where it put a
// process, and a parent that cannot be is an error of the engine.
func TestCgroupParent(t *testing.T) {
	t.Parallel()
	f, _ := probe(t, build{attrs: map[string]string{"cgroup-parent": "/pybuild-test"}}, "")
	// In a cgroup namespace of its own the process sees the root.
	if f.Cgroup == "" {
		t.Errorf("the build saw %+v", f)
	}
}

// TestSecrets passes secrets and an agent to the steps that install, and looks
// for them in all that the build leaves.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const value = "planted-5d1f0a"
	secrets := secretsprovider.FromMap(map[string][]byte{"token": []byte(value + "-file\n"), "UV_INDEX_CORP_PASSWORD": []byte(value + "-index\n"), "PROBE_LICENCE": []byte(value + "-env\n")})
	agent, err := sshprovider.NewSSHAgentProvider([]sshprovider.AgentConfig{{ID: "default", Paths: []string{sshKey(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	b := build{session: []session.Attachable{secrets, agent}}
	f, _ := probe(t, b, "[build]\nssh = true\nsecrets = [\"UV_INDEX_CORP_PASSWORD\", { id = \"PROBE_LICENCE\", env = \"PROBE_LICENCE\" }, { id = \"token\", target = \"/run/probe/token\" }]")
	if f.Secret != value+"-file" || f.Env["PROBE_LICENCE"] != value+"-env" || !f.SSH {
		t.Errorf("the build saw %+v", f)
	}
	if password, given := f.Env["UV_INDEX_CORP_PASSWORD"]; given {
		t.Errorf("the build saw what packages are downloaded with: %q", password)
	}

	tr := build{dir: project(t, map[string]string{
		"pybuild.toml":   "[build]\nsecrets = [{ id = \"corp\", env = \"UV_INDEX_CORP_PASSWORD\", required = true }]\n[serve]\nmodule = \"probe\"\n",
		"pyproject.toml": probeManifest, "backend.py": backend,
	})}.run(t)
	if tr.err == nil || !strings.Contains(tr.err.Error(), "corp") {
		t.Errorf("a required secret is missing: %v", tr.err)
	}
}

// sshKey writes a private key that nothing trusts.
func sshKey(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
