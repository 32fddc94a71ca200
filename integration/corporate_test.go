package integration

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"golang.org/x/crypto/ssh"
)

// TestCorporateCA has an index whose certificate a company signed, with and without a
// lock, for uv and for pip, and has the image trust it too.
func TestCorporateCA(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "inner", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy())
	ca := newAuthority(t)
	ix.secure(t, ca)
	ix.files["needy"][needy().file()] = piping(strings.Replace(ix.simple(), "127.0.0.1", "localhost", 1)).bytes(t)
	files := map[string]string{
		"pybuild.toml": "[serve]\nmodule = \"shop\"\n", "shop/__main__.py": "import inner, needy\n",
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"inner\", \"needy\"]\n" +
			"[[tool.uv.index]]\nname = \"corp\"\nurl = \"" + ix.simple() + "\"\ndefault = true\n",
	}
	build{dir: project(t, files)}.fails(t,
		"a server's certificate is signed by nobody that the builder knows [PB505]", "in [build], write ca = true, and docker build --secret id=ca,src=corporate-ca.pem")

	files["pybuild.toml"] += "[build]\nca = true\n"
	build{dir: project(t, files)}.fails(t, "the build secret ca was not passed [PB525]")
	tr := build{dir: project(t, files), session: passing(map[string]string{"ca": ca.pem}), read: []string{sitePackages + "needy.py"}}.run(t)
	if tr.err != nil {
		t.Fatalf("%v\n%s", tr.err, tr.logs)
	}

	// Locked, the wheels are fetched by a step: the engine knows no CA of the build's. Nothing
	// is compiled there, on a base that is another one every time.
	delete(files, "pyproject.toml")
	files["pybuild.toml"], files["job.py"] = job+"[build]\nca = \"corp\"\n[runtime]\nca = \"certs/ca.pem\"\n", "import inner\n"
	files["certs/ca.pem"] = ca.pem
	files["pylock.toml"] = ix.pylock(t, dist{name: "inner", version: "1.0"})
	bundle := "etc/ssl/certs/ca-certificates.crt"
	b := build{dir: project(t, files), session: passing(map[string]string{"corp": ca.pem}), read: []string{bundle}}
	tr = b.must(t)
	tr.step(t, "[packages] fetch inner")
	if text := tr.files[bundle]; !strings.HasSuffix(text, ca.pem) || strings.Count(text, "BEGIN CERTIFICATE") < 2 {
		t.Error("the image does not trust the CA beside the others")
	}
	if found := search(t, b.dir, "BEGIN CERTIFICATE"); len(found) != 1 {
		t.Errorf("the certificate is in %v", found)
	}
}

// piping is needy, built by a script that has pip download something. It wants a server
// with a name: pip cannot verify the certificate of a number.
func piping(index string) dist {
	d := needy()
	d.files["backend.py"] += `
import ensurepip, glob, subprocess, sys, tempfile

wheel_of = build_wheel

def build_wheel(*args):
    pip = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))[0] + "/pip"
    subprocess.run([sys.executable, pip, "--disable-pip-version-check", "download", "--no-deps", "--dest", tempfile.mkdtemp(), "--index-url", "` + index + `", "inner"], check=True)
    return wheel_of(*args)
`
	return d
}

// TestGit installs from private repositories, with a token and with an agent.
func TestGit(t *testing.T) {
	t.Parallel()
	bare := repository(t, map[string]string{"pyproject.toml": probeManifest, "backend.py": backend})
	ca := newAuthority(t)
	web := ca.serve(t, gitHTTP(t, filepath.Dir(bare), planted))
	host := strings.TrimPrefix(web.URL, "https://")
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[build]\nca = true\n", "job.py": "import probe\n",
		"requirements.txt": "probe @ git+" + web.URL + "/shop.git\n",
	})
	build{dir: dir, session: passing(map[string]string{"ca": ca.pem})}.fails(t,
		host+" wants a login [PB515]", "pass a token that may read the repository: docker build --secret id=GIT_AUTH_TOKEN")
	for _, id := range []string{"GIT_AUTH_TOKEN", "GIT_AUTH_TOKEN." + host} {
		b := build{dir: dir, out: t.TempDir(), top: true, session: passing(map[string]string{"ca": ca.pem, id: planted})}
		tr := b.must(t)
		if found := search(t, b.out, planted); len(found) > 0 || strings.Contains(tr.logs, planted) {
			t.Errorf("the token is in %v or the log", found)
		}
		note(t, filepath.Join(dir, "requirements.txt"), "# "+id+"\n")
	}

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
	file := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := func(file string) session.Attachable {
		a, err := sshprovider.NewSSHAgentProvider([]sshprovider.AgentConfig{{ID: "default", Paths: []string{file}}})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	dir = project(t, map[string]string{
		"pybuild.toml": job, "job.py": "import probe\n", "requirements.txt": "probe @ git+ssh://git@" + address + bare + "\n",
	})
	build{dir: dir, session: []session.Attachable{agent(file)}}.fails(t,
		"the git server's host key is not known [PB515]", "docker build --secret id=known_hosts,src=$HOME/.ssh/known_hosts")
	hosts := passing(map[string]string{"known_hosts": known})
	build{dir: dir, session: append(hosts, agent(sshKey(t)))}.fails(t, "the git server takes none of the agent's keys [PB515]", "docker build --ssh default")
	build{dir: dir, session: append(hosts, agent(file))}.must(t)
}

// TestAirGapped installs from a directory, with no network in any step that does.
func TestAirGapped(t *testing.T) {
	t.Parallel()
	inner, helper, unbuilt := dist{name: "inner", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy()
	files := map[string]string{
		"pybuild.toml": job + "[build]\nwheelhouse = \"vendor/wheels\"\n", "job.py": "import inner, needy\n", ".dockerignore": "vendor\n",
		"requirements.txt": "inner\nneedy\n",
	}
	for _, d := range []dist{inner, helper, unbuilt} {
		files["vendor/wheels/"+d.file()] = string(d.bytes(t))
	}
	tr := build{dir: project(t, files), read: []string{sitePackages + "needy.py"}}.must(t)
	tr.step(t, "install 2 packages from requirements.txt")

	// A lock, whose URLs lead nowhere; and a wheel that is not the lock's.
	delete(files, "requirements.txt")
	ix := newIndex(t, inner, unbuilt)
	files["pylock.toml"] = ix.pylock(t, inner, unbuilt)
	ix.Close()
	build{dir: project(t, files)}.must(t).step(t, "[packages] fetch inner")
	other := dist{name: "inner", version: "1.0", files: map[string]string{"inner.py": "# " + t.TempDir() + "\n"}}
	files["pylock.toml"] = newIndex(t, other).pylock(t, other)
	build{dir: project(t, files)}.fails(t, other.file()+" has the SHA-256 "+strings.TrimPrefix(ix.hash(inner.file()), "sha256:")+", and the lock says", "the file "+other.file()+" is not the one that was locked [PB503]")
	delete(files, "vendor/wheels/"+inner.file())
	build{dir: project(t, files)}.fails(t, other.file()+" is not in the wheelhouse [PB519]", "fill it where there is a network")

	for name := range files {
		if strings.HasPrefix(name, "vendor/") {
			delete(files, name)
		}
	}
	build{dir: project(t, files)}.fails(t, "the build context has no directory vendor/wheels", "docker build --target wheelhouse --output vendor/wheels .")
}

// TestAptMirror has Debian packages come from another server than the base names, which
// a company's CA signed for: also one that older releases know as a name alone.
func TestAptMirror(t *testing.T) {
	t.Parallel()
	engine(t)
	var asked atomic.Int32
	ca := newAuthority(t)
	mirror := ca.serve(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		asked.Add(1)
		r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, "/mirror")
		r.SetURL(&url.URL{Scheme: "http", Host: debianArchive(t)})
	}})
	dir := project(t, map[string]string{
		"pybuild.toml":   "[build]\npackages = [\"libsodium-dev\", \"libldap2|libldap-2.5-0\"]\nca = true\napt-mirror = \"" + mirror.URL + "/mirror\"\n[serve]\nmodule = \"probe\"\n",
		"pyproject.toml": probeManifest, "backend.py": backend,
	})
	build{dir: dir, session: passing(map[string]string{"ca": ca.pem})}.must(t)
	if asked.Load() == 0 {
		t.Error("nothing asked the mirror")
	}
}

// debianArchive is the server that this machine's own apt uses.
func debianArchive(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/etc/apt/sources.list.d/*.sources", "/etc/apt/sources.list"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			if _, rest, ok := strings.Cut(string(data), "http://"); ok {
				host, _, _ := strings.Cut(rest, "/")
				if !strings.HasPrefix(host, "snapshot") {
					return host
				}
				if _, rest, ok = strings.Cut(rest, "URIs: http://"); ok {
					host, _, _ = strings.Cut(rest, "/")
					return host
				}
			}
		}
	}
	t.Skip("this machine has no apt archive over HTTP")
	return ""
}

// TestProxy has a step fetch the wheels of a lock through a proxy that the client
// passes.
func TestProxy(t *testing.T) {
	t.Parallel()
	inner := dist{name: "inner", version: "1.0"}
	ix := newIndex(t, inner)
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "files.corp.example" {
			http.Error(w, r.URL.Host+" is not to be asked", http.StatusForbidden)
			return
		}
		asked.Add(1)
		answer, err := http.Get(ix.URL + r.URL.Path)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(proxy.Close)
	random := dist{name: "inner", version: "1.0", files: map[string]string{"inner.py": "# " + proxy.URL + "\n"}}
	ix.files["inner"][random.file()] = random.bytes(t)
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "import inner\n",
		"pylock.toml": strings.ReplaceAll(ix.pylock(t, random), ix.URL, "http://files.corp.example"),
	})
	build{dir: dir, attrs: map[string]string{"build-arg:HTTP_PROXY": proxy.URL}}.must(t)
	if asked.Load() == 0 {
		t.Error("nothing asked the proxy")
	}
}
