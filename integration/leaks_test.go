package integration

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"golang.org/x/crypto/ssh"
)

// seekPEM adds a key or a certificate to what is looked for.
func (h *hunt) seekPEM(what, text string) {
	block, _ := pem.Decode([]byte(text))
	h.needles[what+" in binary"] = block.Bytes
	for _, line := range strings.Split(text, "\n") {
		if len(line) == 64 { // a whole line of base64
			h.needles[what] = []byte(line)
			return
		}
	}
}

// identity is a new SSH key: an agent that has it, and its public half.
func (h *hunt) identity(t *testing.T) (session.Attachable, ssh.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, h.plain("comment"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	h.seekPEM("SSH key", string(pem.EncodeToMemory(block)))
	agent, err := sshprovider.NewSSHAgentProvider([]sshprovider.AgentConfig{{ID: "default", Paths: []string{file}}})
	if err != nil {
		t.Fatal(err)
	}
	return agent, key
}

// verbose has uv, git and ssh say all that they do, as whoever looks for a mistake in a
// login does.
const verbose = `RUST_LOG = "uv=debug", GIT_TRACE = "1", GIT_CURL_VERBOSE = "1", GIT_TRACE_CURL = "1"`

// TestSecretsLeaveNoTrace plants secrets into builds that need them, and into builds
// that fail since they are wrong, and looks for them in everything that is left.
func TestSecretsLeaveNoTrace(t *testing.T) {
	for name, scene := range map[string]func(*testing.T, *hunt) func(*testing.T, bool) error{
		"uv.lock": lockedScene, "requirements": requirementsScene, "agent": agentScene,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine(t)
			h := newHunt(t)
			build := scene(t, h)
			if err := build(t, false); err == nil {
				t.Error("a build with wrong secrets did not fail")
			}
			if !strings.Contains(h.said, "DEBUG") {
				t.Errorf("uv does not say all that it does:\n%s", h.said)
			}
			if err := build(t, true); err != nil {
				t.Error(err)
			}
		})
	}
}

// lockedScene has an index with a password in uv.lock, and secrets that the
// configuration names.
func lockedScene(t *testing.T, h *hunt) func(*testing.T, bool) error {
	ix := newIndex(t, dist{name: "inner", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy())
	dir := projectDir(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\n" + "python = \"3.13\"\n[build]\nenv = { " + verbose + " }\nsecrets = [\"LICENCE\", { id = \"key-file\", target = \"/run/corp/key\" }, { id = \"absent\", env = \"ABSENT\" }]\n" +
			"# see https://reader:" + h.plain("note") + "@wiki.example/\n[serve]\nscript = \"job.py\"\n",
		"job.py": "import inner, needy\n",
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"inner\", \"needy\"]\n" +
			"[[tool.uv.index]]\nname = \"our-corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
	}, []string{"uv", "lock", "--quiet"})
	ix.user, ix.password = h.plant("user"), h.plant("password")
	return func(t *testing.T, right bool) error {
		t.Helper()
		password := ix.password
		if !right {
			password = h.plant("wrong")
		}
		return h.everything(t, dir, passing(map[string]string{
			"UV_INDEX_OUR_CORP_USERNAME": ix.user, "UV_INDEX_OUR_CORP_PASSWORD": password,
			"LICENCE": h.plant("licence"), "key-file": h.plant("key") + "\n",
		}))
	}
}

// requirementsScene has a company's CA, an index whose URL names a variable, another that
// a netrc file is for, and a repository that a token is for.
func requirementsScene(t *testing.T, h *hunt) func(*testing.T, bool) error {
	bare := repository(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": strings.TrimPrefix(discreet("probe", "1"), "import helper\n")})
	ca := newAuthority(t)
	h.seekPEM("CA", ca.pem)
	token, password := h.plain("token"), h.plain("variable")
	web := ca.serve(t, gitHTTP(t, filepath.Dir(bare), token))
	ix, other := newIndex(t, dist{name: "inner", version: "1.0"}), newIndex(t, dist{name: "outer", version: "1.0"}, dist{name: "helper", version: "1.0"})
	ix.secure(t, ca)
	other.secure(t, ca)
	ix.user, ix.password = "builder", password
	other.user, other.password = "reader", h.plain("netrc")
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nca = true\nenv = { " + verbose + " }\n", "job.py": "import inner, outer, probe\n",
		"requirements.txt": "--index-url " + strings.Replace(ix.simple(), "//", "//builder:${CORP_TOKEN}@", 1) + "\n" +
			"--extra-index-url " + strings.Replace(other.simple(), "127.0.0.1", "localhost", 1) + "\n" +
			"inner\nouter\nprobe @ git+" + web.URL + "/shop.git\n",
	})
	return func(t *testing.T, right bool) error {
		t.Helper()
		secrets := map[string]string{"ca": ca.pem, "GIT_AUTH_TOKEN": token, "CORP_TOKEN": password, "netrc": "machine localhost login reader password " + other.password + "\n"}
		if !right {
			secrets["GIT_AUTH_TOKEN"], secrets["CORP_TOKEN"] = h.plain("wrong"), h.plain("false")
		}
		return h.everything(t, dir, passing(secrets))
	}
}

// agentScene has a repository that an SSH agent opens.
func agentScene(t *testing.T, h *hunt) func(*testing.T, bool) error {
	bare := repository(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": strings.TrimPrefix(discreet("probe", "1"), "import helper\n")})
	agent, key := h.identity(t)
	stranger, _ := h.identity(t)
	address, known := gitSSH(t, key)
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nenv = { " + verbose + " }\n", "job.py": "import probe\n", "requirements.txt": "probe @ git+ssh://git@" + address + bare + "\n",
	})
	return func(t *testing.T, right bool) error {
		t.Helper()
		offered := passing(map[string]string{"known_hosts": "# " + h.plain("hosts") + "\n" + known})
		if right {
			return h.everything(t, dir, append(offered, agent))
		}
		return h.everything(t, dir, append(offered, stranger))
	}
}

// TestCredentialsInFiles has a URL with a password in each kind of file that says what
// is installed or started: the build stops, and does not repeat it.
func TestCredentialsInFiles(t *testing.T) {
	t.Parallel()
	engine(t)
	h := newHunt(t)
	host := "https://reader:" + h.plain("password") + "@corp.example/"
	const manifest = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n"
	const pylock = "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"inner\"\nversion = \"1.0\"\n"
	for name, files := range map[string]map[string]string{
		"pyproject index":     {"pyproject.toml": manifest + "[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + host + "simple\"\n"},
		"pyproject URL":       {"pyproject.toml": manifest + "dependencies = [\"inner @ " + host + "inner.whl\"]\n"},
		"uv.toml":             {"pyproject.toml": manifest, "uv.toml": "[[index]]\nname = \"corp\"\nurl = \"" + host + "simple\"\n"},
		"uv.lock":             {"pyproject.toml": manifest, "uv.lock": "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"inner\"\nversion = \"1.0\"\nsource = { registry = \"" + host + "\" }\n"},
		"pylock":              {"pylock.toml": pylock + "index = \"" + host + "\"\nsdist = { url = \"https://corp.example/i.tar.gz\", hashes = { sha256 = \"" + strings.Repeat("0", 64) + "\" } }\n"},
		"poetry source":       {"pyproject.toml": "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \">=3.12\"\n[[tool.poetry.source]]\nname = \"corp\"\nurl = \"" + host + "\"\n", "poetry.lock": "[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.12\"\ncontent-hash = \"x\"\n"},
		"poetry.lock":         {"pyproject.toml": "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\n", "poetry.lock": "[[package]]\nname = \"inner\"\nversion = \"1.0\"\nfiles = []\n[package.source]\ntype = \"legacy\"\nurl = \"" + host + "\"\nreference = \"corp\"\n[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.12\"\ncontent-hash = \"x\"\n"},
		"pdm source":          {"pyproject.toml": manifest + "[[tool.pdm.source]]\nname = \"corp\"\nurl = \"" + host + "\"\n", "pdm.lock": "[metadata]\nlock_version = \"4.5.0\"\n"},
		"Pipfile":             {"Pipfile": "[[source]]\nname = \"corp\"\nurl = \"" + host + "\"\nverify_ssl = true\n", "Pipfile.lock": `{"_meta": {"hash": {"sha256": "00"}, "pipfile-spec": 6, "requires": {}, "sources": []}, "default": {}, "develop": {}}`},
		"Pipfile.lock":        {"Pipfile": "", "Pipfile.lock": `{"_meta": {"hash": {"sha256": "00"}, "pipfile-spec": 6, "requires": {}, "sources": [{"name": "corp", "url": "` + host + `", "verify_ssl": true}]}, "default": {}, "develop": {}}`},
		"requirements option": {"requirements.txt": "--index-url " + host + "simple\ninner\n"},
		"requirements URL":    {"requirements.txt": "-r more.txt\n", "more.txt": "inner @ " + host + "inner-1.0-py3-none-any.whl\n"},
		"script":              {"job.py": "# /// script\n# dependencies = [\"inner\"]\n# [[tool.uv.index]]\n# name = \"corp\"\n# url = \"" + host + "simple\"\n# ///\n"},
		"Procfile":            {"Procfile": "web: serve " + host + "\n", "pybuild.toml": "# syntax=org/pybuild\npython = \"3.13\"\n"},
		"build env":           {"pybuild.toml": job + "[build]\nenv = { A = \"" + host + "\" }\n"},
		"build args":          {"pybuild.toml": job + "[build]\nargs = { A = \"" + host + "\" }\n"},
		"mirror":              {"pybuild.toml": job + "[build]\napt-mirror = \"" + host + "\"\n"},
		"runtime env":         {"pybuild.toml": job + "[runtime]\nenv = { A = \"" + host + "\" }\n"},
		"label":               {"pybuild.toml": job + "[runtime]\nlabels = { a = \"" + host + "\" }\n"},
		"command":             {"pybuild.toml": "[serve]\ncommand = [\"job\", \"--database=" + host + "\"]\n"},
		"health command":      {"pybuild.toml": job + "[serve.healthcheck]\ncommand = [\"curl\", \"" + host + "\"]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := map[string]string{"pybuild.toml": job, "job.py": "print()\n"}
			maps.Copy(all, files)
			mine := *h // what it heard is its own
			err := mine.through(t, project(t, all), map[string]string{"requestid": "frontend.explain"}, nil)
			if err == nil || !strings.Contains(err.Error(), "holds a credential") && !strings.Contains(err.Error(), "a URL with a password") {
				t.Errorf("the build says %v", err)
			}
		})
	}
}

// TestCredentialElsewhere has a URL with a password in a table that no install reads, right
// beside what a failing build shows: it is warned of, and repeated nowhere.
func TestCredentialElsewhere(t *testing.T) {
	t.Parallel()
	engine(t)
	h := newHunt(t)
	ix := newIndex(t)
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "",
		"pyproject.toml": "[tool.towncrier]\nissue_format = \"https://reader:" + h.plain("password") + "@issues.example/{issue}\"\n" +
			"[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"missing\"]\n" +
			"[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
	})
	for _, call := range []string{"explain", "outline", "lint", "targets"} {
		_ = h.through(t, dir, map[string]string{"requestid": "frontend." + call}, nil)
	}
	if err := h.through(t, dir, nil, nil); err == nil || !strings.Contains(err.Error(), "no index has a package missing [PB501]") {
		t.Errorf("the build says %v", err)
	}
	if !strings.Contains(h.said, "CredentialInURL") {
		t.Errorf("nothing warns of it:\n%s", h.said)
	}
}
