package integration

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// recipe is what a section of a page needs to be tried where its servers are not.
type recipe struct {
	files   map[string]string // beside those of the page
	servers map[string]string // what stands for a text of the page
	env     []string
	fails   string // what the build says, where the recipe is one that ends so
	plan    bool   // the snippets are only read
}

// section is a heading of a page with its snippets.
type section struct {
	files  map[string]string
	script string
}

var (
	heading = regexp.MustCompile(`(?m)^## (.*)$`)
	snippet = regexp.MustCompile("(?s)\n```(\\S+)(?: (\\S+))?\n(.*?)```")
)

// sections reads a page of docs.
func sections(t *testing.T, page string) map[string]section {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	text, all := string(data), map[string]section{}
	places := heading.FindAllStringSubmatchIndex(text, -1)
	for i, at := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		s := section{files: map[string]string{}}
		for _, m := range snippet.FindAllStringSubmatch(text[at[1]:end], -1) {
			switch {
			case m[1] == "sh":
				s.script += m[3]
			case m[2] == "":
				t.Errorf("%s: a snippet below %q has no file name", page, text[at[2]:at[3]])
			default:
				s.files[m[2]] = m[3]
			}
		}
		all[text[at[2]:at[3]]] = s
	}
	return all
}

// cook runs the snippets of every section of a page: the files are written, and the
// commands run as they stand, with a docker whose steps reach the loopback interface.
func cook(t *testing.T, page string, recipes map[string]recipe) {
	engine(t)
	frontend := frontendImage(t)
	for name, s := range sections(t, page) {
		if len(s.files) == 0 && s.script == "" {
			continue
		}
		r, ok := recipes[name]
		if !ok {
			t.Errorf("%s: nobody tries what %q says", page, name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			if r.plan {
				return
			}
			files := map[string]string{"main.py": "print('it runs')\n"}
			maps.Copy(files, s.files)
			maps.Copy(files, r.files)
			script := s.script
			// The first line of a file, an image that the engine has to pull, the name of what is built.
			replaced := []string{"org/pybuild", frontend, "docker build ", "docker build --progress plain --network host ", "-t shop", "-t " + imageName(t), "-t fast", "-t " + imageName(t)}
			for text, server := range r.servers {
				replaced = append(replaced, text, server)
			}
			for file, text := range files {
				files[file] = strings.NewReplacer(replaced...).Replace(text)
			}
			script = strings.NewReplacer(replaced...).Replace(script)
			dir := project(t, files)
			cmd := exec.Command("sh", "-e", "-c", script)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), append([]string{"HOME=" + dir, "DOCKER_CONFIG=" + dockerConfig(t)}, r.env...)...)
			out, err := cmd.CombinedOutput()
			t.Cleanup(func() { _, _ = tryDocker("rmi", "--force", imageName(t)) })
			switch {
			case r.fails == "" && err != nil:
				t.Fatalf("%v\n%s", err, out)
			case !strings.Contains(string(out), r.fails):
				t.Errorf("the build does not say %q:\n%s", r.fails, out)
			}
			if strings.Contains(string(out), planted) {
				t.Errorf("the build shows a password:\n%s", out)
			}
		})
	}
}

// dockerConfig is where docker has its plugins, whatever HOME is.
func dockerConfig(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, ".docker")
}

// TestNativeRecipes tries docs/native.md.
func TestNativeRecipes(t *testing.T) {
	t.Parallel()
	engine(t)
	ix := newIndex(t, salty())
	registry := os.Getenv("PYBUILD_REGISTRY")
	base(t, "alpine", "library/python:3.11-alpine")
	distroless := base(t, "minimal", "test/minimal:1")
	const source = "#include <Python.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, \"fast\", NULL, -1, NULL};\nPyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&m); }\n"
	cook(t, "native.md", map[string]recipe{
		"A package without a wheel": {files: map[string]string{"pylock.toml": ix.pylock(t, salty())}},
		"Extensions of your own":    {files: map[string]string{"fast.c": source}},
		"A base without a shell": {
			files:   map[string]string{"requirements.txt": "markupsafe==3.0.2\n"},
			servers: map[string]string{"gcr.io/distroless/python3-debian12": distroless, "python:3.11-slim-bookworm": registry + "/library/python:3.13-slim"},
		},
		"Alpine":  {files: map[string]string{"requirements.txt": "markupsafe==3.0.2\n"}},
		"PyTorch": {plan: true}, // TestTorch plans it
	})
}

// TestCorporateRecipes tries docs/corporate.md.
func TestCorporateRecipes(t *testing.T) {
	t.Parallel()
	engine(t)
	inner := dist{name: "inner", version: "1.0"}
	open, guarded, ca := newIndex(t, inner), newIndex(t, inner), newAuthority(t)
	guarded.user, guarded.password = "builder", planted
	trusted := newIndex(t, inner)
	trusted.Server = ca.serve(t, trusted)
	loopback := func(s string) string { u, _ := url.Parse(s); return u.Hostname() }
	lock := func(ix *index, name string) string {
		return "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"inner\"\nversion = \"1.0\"\nsource = { registry = \"" + ix.simple() +
			"\" }\nwheels = [{ url = \"" + ix.URL + "/files/inner/" + inner.file() + "\", hash = \"" + ix.hash(inner.file()) + "\" }]\n\n[[package]]\nname = \"" + name +
			"\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"inner\" }]\n\n[package.metadata]\nrequires-dist = [{ name = \"inner\" }]\n"
	}
	bare := repository(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": backend})
	web := httptest.NewServer(gitHTTP(t, filepath.Dir(bare), planted))
	t.Cleanup(web.Close)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	address, known := gitSSH(t, key)
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		target, _ := url.Parse(open.URL)
		r.SetURL(target)
	}})
	t.Cleanup(proxy.Close)
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+debianArchive(t)+r.URL.Path, http.StatusFound)
	}))
	t.Cleanup(mirror.Close)
	registry := os.Getenv("PYBUILD_REGISTRY")
	netrc := "machine " + loopback(guarded.URL) + " login builder password " + planted + "\n"
	cook(t, "corporate.md", map[string]recipe{
		"An index with a password": {
			files: map[string]string{"uv.lock": lock(guarded, "shop")}, servers: map[string]string{"https://packages.corp.example/simple": guarded.simple()},
			env: []string{"UV_INDEX_CORP_PASSWORD=" + planted},
		},
		"Private wheels as sources": {
			files: map[string]string{"uv.lock": lock(guarded, "shop")}, env: []string{"PASSWORD=" + planted},
			servers: map[string]string{"https://packages.corp.example/simple": guarded.simple(), "HTTP_AUTH_HEADER_packages.corp.example": "HTTP_AUTH_HEADER_" + loopback(guarded.URL)},
		},
		"A netrc file": {files: map[string]string{".netrc": netrc}, servers: map[string]string{"https://packages.corp.example/simple": guarded.simple()}},
		"Repositories over HTTPS": {
			// Without a certificate for the example's name, git is not to send the token.
			servers: map[string]string{"https://git.corp.example": web.URL}, env: []string{"GIT_AUTH_TOKEN=" + planted},
			fails: "wants a login",
		},
		"Repositories over SSH": {
			servers: map[string]string{"git.corp.example/shop.git": address + bare},
			files:   map[string]string{".ssh/known_hosts": known, ".ssh/id": string(pem.EncodeToMemory(block))},
			env:     []string{"SSH_AUTH_SOCK=" + agentSocket(t, private)},
		},
		"A certificate authority of your own": {
			files: map[string]string{"uv.lock": lock(trusted, "shop"), "certs/corporate-ca.pem": ca.pem}, servers: map[string]string{"https://packages.corp.example/simple": trusted.simple()},
		},
		"A proxy": {
			files:   map[string]string{"pylock.toml": strings.ReplaceAll(open.pylock(t, inner), open.URL, "http://files.corp.example")},
			servers: map[string]string{"http://proxy.corp.example:3128": proxy.URL},
		},
		"Mirrors": {
			files:   map[string]string{"requirements.txt": ""},
			servers: map[string]string{"registry.corp.example/python": registry + "/library/python", "registry.corp.example/astral": registry + "/astral", "http://mirror.corp.example": mirror.URL},
		},
		"No network at all": {files: map[string]string{"vendor/wheels/" + inner.file(): string(inner.bytes(t))}},
	})
}

// agentSocket is an agent that has a key.
func agentSocket(t *testing.T, key ed25519.PrivateKey) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go serveAgent(listener, key)
	return socket
}
