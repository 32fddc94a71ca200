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
	fails   string            // what the build says, where the recipe is one that ends so
	says    string            // what the commands print
	answers map[string]string // what the containers answer, by the path that the page asks with curl
	plan    bool              // the snippets are only read
}

// section is a heading of a page with its snippets.
type section struct {
	files  map[string]string
	script string
}

var (
	heading = regexp.MustCompile(`(?m)^## (.*)$`)
	snippet = regexp.MustCompile("(?s)\n```(\\S+)(?: (\\S+))?\n(.*?)```")
	// locks, serves and asks are the lines of a script that a test does its own way.
	locks  = regexp.MustCompile(`(?m)^uv lock\n`)
	serves = regexp.MustCompile(`(?m)^docker run -p 8000:8000 .*$`)
	asks   = regexp.MustCompile(`(?m)^curl http://localhost:8000(/\S*)$`)
)

// sections reads a page of docs. One of recipes is a single section, of the page's name.
func sections(t *testing.T, page string) map[string]section {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	text, all := string(data), map[string]section{}
	if page == "quickstart.md" || filepath.Dir(page) != "." {
		text = "\n## " + page + "\n" + heading.ReplaceAllString(text, "")
	}
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
			case m[2] == "" && filepath.Dir(page) == "migration", m[1] == "text" && m[2] == "":
				// What is left behind, and what is printed.
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
			t.Parallel()
			if r.plan {
				return
			}
			files := map[string]string{"main.py": "print('it runs')\n"}
			maps.Copy(files, s.files)
			maps.Copy(files, r.files)
			// The first line of a file, an image that the engine has to pull, the name of what is built.
			replaced := []string{"org/pybuild", frontend, "docker build ", "docker build --progress plain --network host ",
				"docker buildx bake", "docker buildx bake --progress plain --allow 'fs=*'"}
			for _, name := range []string{"shop", "fast", "classify"} {
				replaced = append(replaced, "-t "+name, "-t "+imageName(t), "tags       = [\""+name, "tags = [\""+imageName(t))
			}
			replaced = append(replaced, "-v shop-data:", "-v "+imageName(t)+"-data:")
			for text, server := range r.servers {
				replaced = append(replaced, text, server)
			}
			for file, text := range files {
				files[file] = strings.NewReplacer(replaced...).Replace(text)
			}
			var lock []string
			if locks.MatchString(s.script) && files["uv.lock"] == "" {
				lock = []string{"uv", "lock", "--quiet"}
			}
			dir := projectDir(t, files, lock)
			if out, err := exec.Command("chmod", "-R", "a+rX", dir).CombinedOutput(); err != nil { // as a checkout is
				t.Fatalf("%v\n%s", err, out)
			}
			script, kitchen := s.serving(strings.NewReplacer(replaced...), imageName(t)), filepath.Join(t.TempDir(), "containers")
			cmd := exec.Command("sh", "-e", "-c", script)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), append([]string{"HOME=" + dir, "CONTAINERS=" + kitchen, "DOCKER_CONFIG=" + dockerConfig(t)}, r.env...)...)
			out, err := cmd.CombinedOutput()
			t.Cleanup(func() { cleanUp(t, kitchen, imageName(t)) })
			switch {
			case r.fails == "" && err != nil:
				t.Fatalf("%v\n%s", err, out)
			case !strings.Contains(string(out), r.fails):
				t.Errorf("the build does not say %q:\n%s", r.fails, out)
			case !strings.Contains(string(out), r.says):
				t.Errorf("nothing says %q:\n%s", r.says, out)
			}
			if strings.Contains(string(out), planted) {
				t.Errorf("the build shows a password:\n%s", out)
			}
			s.ask(t, kitchen, r.answers)
		})
	}
}

// serving is the script of a section with the containers that serve in the background,
// on a free port, and their names in a file.
func (s section) serving(replaced *strings.Replacer, image string) string {
	script := replaced.Replace(locks.ReplaceAllString(s.script, ""))
	script = asks.ReplaceAllString(script, "")
	script = serves.ReplaceAllStringFunc(script, func(line string) string {
		return strings.Replace(line, "docker run -p 8000:8000", "docker run --detach --publish 127.0.0.1::8000", 1) + ` >>"$CONTAINERS"`
	})
	words := regexp.MustCompile(`(?m)^(docker run .*) (?:shop|classify)((?:-\w+)?)( >>.*)?$`)
	return words.ReplaceAllString(script, "$1 "+image+"$2$3")
}

// ask sends the page's requests to each container that it starts, or one to see that it
// answers.
func (s section) ask(t *testing.T, containers string, answers map[string]string) {
	t.Helper()
	paths := map[string]string{}
	for _, m := range asks.FindAllStringSubmatch(s.script, -1) {
		if answers[m[1]] == "" {
			t.Errorf("nobody says what is answered to %s", m[1])
		}
		paths[m[1]] = answers[m[1]]
	}
	data, err := os.ReadFile(containers)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	started := strings.Fields(string(data))
	if want := len(serves.FindAllString(s.script, -1)); len(started) != want {
		t.Fatalf("%d containers were started, and not %d", len(started), want)
	}
	if len(paths) > 0 && len(started) == 0 {
		t.Error("there is nothing to ask")
	}
	for _, id := range started {
		for path, says := range paths {
			if status, body := (container{t, id}).get(path); status != 200 || !strings.Contains(body, says) {
				t.Errorf("GET %s: %d %s, want %s", path, status, body, says)
			}
		}
	}
}

// cleanUp removes the containers of a recipe, and the images whose names begin with its own.
func cleanUp(t *testing.T, containers, image string) {
	data, _ := os.ReadFile(containers)
	for _, id := range strings.Fields(string(data)) {
		if t.Failed() {
			t.Logf("the container said:\n%s", container{t, id}.logs())
		}
		_, _ = tryDocker("rm", "--force", "--volumes", id)
	}
	_, _ = tryDocker("volume", "rm", "--force", image+"-data")
	names, _ := tryDocker("images", "--format", "{{.Repository}}", "--filter", "reference="+image+"*")
	_, _ = tryDocker(append([]string{"rmi", "--force"}, strings.Fields(names)...)...)
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
	trusted.secure(t, ca)
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

// TestRecipes follows the pages that tell a whole story, as far as a machine without
// their servers can: every file, every command, every request.
func TestRecipes(t *testing.T) {
	t.Parallel()
	engine(t)
	inner := dist{name: "inner", version: "1.0"}
	guarded := newIndex(t, inner)
	guarded.user, guarded.password = "builder", planted
	for page, r := range map[string]recipe{
		"quickstart.md":           {answers: map[string]string{"/": `{"hello":"world"}`}, fails: "NotLocked"}, // its last command is a check
		"recipes/fastapi.md":      {answers: map[string]string{"/health": `{"status":"ok"}`}},
		"recipes/django.md":       {answers: map[string]string{"/": "the shop", "/static/shop/site.css": "sans-serif"}, says: "No migrations to apply"},
		"recipes/celery.md":       {answers: map[string]string{"/": "the shop"}},
		"recipes/torch.md":        {plan: true}, // TestSnippets and TestTorch plan it
		"recipes/compose.md":      {plan: true}, // TestCompose and TestComposeWatch start it
		"recipes/devcontainer.md": {plan: true}, // TestDevcontainer starts it
		"recipes/workspace.md":    {answers: map[string]string{"/": `{"price":3}`}},
		"recipes/distroless.md":   {servers: map[string]string{"gcr.io/distroless/python3-debian12": base(t, "minimal", "test/minimal:1")}, says: "&lt;distroless&gt;"},
		"migration/dockerfile.md": {},
		"migration/buildpacks.md": {answers: map[string]string{"/": "the shop"}},
		"migration/mopy.md":       {says: "&lt;report&gt; batch"},
		"recipes/private-index.md": {
			servers: map[string]string{"https://packages.corp.example/simple": guarded.simple()}, says: "it runs with inner",
			env: []string{"UV_INDEX_CORP_PASSWORD=" + planted},
		},
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			cook(t, page, map[string]recipe{page: r})
		})
	}
}

// TestPagesOfExamples holds pages to the examples that other tests start.
func TestPagesOfExamples(t *testing.T) {
	for page, dir := range map[string]string{"recipes/compose.md": "compose", "recipes/devcontainer.md": "devcontainer"} {
		for name, text := range sections(t, page)[page].files {
			if name == "requirements.txt" {
				continue // the example's has hashes
			}
			data, err := os.ReadFile(filepath.Join("../examples", dir, name))
			if err != nil || string(data) != text {
				t.Errorf("docs/%s shows another %s than the example has: %v", page, name, err)
			}
		}
	}
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
