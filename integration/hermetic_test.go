package integration

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"

	pins "github.com/pybuild/pybuild/frontend/project"
)

// pinned writes a project with a pybuild.lock of the images that all of these have.
func pinned(t *testing.T, files map[string]string) string {
	t.Helper()
	locked := project(t, map[string]string{"pybuild.toml": job, "job.py": "", "requirements.txt": "# none\n"})
	lockOf(t, locked, nil)
	files = maps.Clone(files)
	files[pins.PinsFile] = read(t, locked)[pins.PinsFile]
	return project(t, files)
}

// hermeticFiles are a project with a wheel, a source archive, what that is built with,
// and a package of its own.
func hermeticFiles(t *testing.T, ix *index, code string) map[string]string {
	t.Helper()
	alpha, helper := dist{name: "alpha", version: "1.0"}, dist{name: "helper", version: "1.0"}
	return map[string]string{
		"pybuild.toml":      "python = \"3.13\"\n[build]\nhermetic = true\nrequires = \"pylock.build.toml\"\n[serve]\nmodule = \"shop\"\n",
		"pylock.toml":       ix.pylock(t, alpha, needy()),
		"pylock.build.toml": ix.pylock(t, helper),
		"pyproject.toml":    "[project]\nname = \"probe\"\nversion = \"1\"\n[build-system]\nrequires = [\"helper\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
		"backend.py":        code + discreet("probe", "1"),
		"shop/__main__.py":  "import alpha, needy\n",
	}
}

// TestHermetic builds from hashes alone: no step has a network, and every file is a
// material of the provenance.
func TestHermetic(t *testing.T) {
	t.Parallel()
	alpha, helper := dist{name: "alpha", version: "1.0"}, dist{name: "helper", version: "1.0"}
	ix := newIndex(t, alpha, helper, needy())
	dir := pinned(t, hermeticFiles(t, ix, ""))
	execs := 0
	image := export(t, dir, map[string]string{"attest:provenance": "mode=max"}, nil, func(ctx context.Context, _ gateway.Client, res *gateway.Result) error {
		ref, err := res.SingleRef()
		if err != nil {
			return err
		}
		st, err := ref.ToState()
		if err != nil {
			return err
		}
		def, err := st.Marshal(ctx)
		if err != nil {
			return err
		}
		for _, data := range def.Def {
			var op pb.Op
			if err := op.Unmarshal(data); err != nil {
				return err
			}
			if e := op.GetExec(); e != nil {
				if execs++; e.Network != pb.NetMode_NONE {
					t.Errorf("a step has the network %s: %v", e.Network, e.Meta.Args)
				}
				for _, m := range e.Mounts {
					if m.MountType != pb.MountType_BIND {
						t.Errorf("a step has a mount that no hash names: %v at %s", m.MountType, m.Dest)
					}
				}
			}
			if s := op.GetSource(); s != nil && strings.HasPrefix(s.Identifier, "docker-image://") && !strings.Contains(s.Identifier, "@sha256:") {
				t.Errorf("the image %s has no digest", s.Identifier)
			}
		}
		return nil
	})
	if execs < 5 {
		t.Errorf("the build has %d steps", execs)
	}
	materials := image.materials(t)
	for _, d := range []dist{alpha, helper, needy()} {
		if url := ix.URL + "/files/" + d.name + "/" + d.file(); "sha256:"+materials[url] != ix.hash(d.file()) {
			t.Errorf("%s is no material with its hash: %v", url, materials)
		}
	}
}

// materials are the SHA-256 of what the provenance lists, by URL.
func (a archive) materials(t *testing.T) map[string]string {
	t.Helper()
	var predicate struct {
		BuildDefinition struct {
			ResolvedDependencies []struct {
				URI    string
				Digest map[string]string
			}
		}
	}
	statements := a.statements(t, "linux/amd64")
	if err := json.Unmarshal(statements["https://slsa.dev/provenance/v1"], &predicate); err != nil {
		t.Fatalf("%v among %v", err, sorted(statements))
	}
	materials := map[string]string{}
	for _, m := range predicate.BuildDefinition.ResolvedDependencies {
		materials[m.URI] = m.Digest["sha256"]
	}
	return materials
}

// TestHermeticLogin has the engine fetch every file of a hermetic build from an index that
// wants a header, and no step see it.
func TestHermeticLogin(t *testing.T) {
	t.Parallel()
	// New to the engine, which asks no server for what it has.
	fresh := func(name string) dist {
		return dist{name: name, version: "1.0", files: map[string]string{name + ".py": "# " + t.TempDir() + "\n"}}
	}
	alpha, helper, source := fresh("alpha"), fresh("helper"), needy()
	source.files["unique.txt"] = t.TempDir()
	ix := newIndex(t, alpha, helper, source)
	ix.user, ix.password = "builder", planted
	files := hermeticFiles(t, ix, "")
	files["pylock.toml"], files["pylock.build.toml"] = ix.pylock(t, alpha, source), ix.pylock(t, helper)
	const secret = "HTTP_AUTH_HEADER_127.0.0.1"
	files["pybuild.toml"] = strings.Replace(files["pybuild.toml"], "hermetic = true\n", "hermetic = true\nsecrets = [\""+secret+"\"]\n", 1)
	dir := pinned(t, files)
	header := func(password string) []session.Attachable {
		return passing(map[string]string{secret: "Basic " + base64.StdEncoding.EncodeToString([]byte("builder:"+password))})
	}
	build{dir: dir, session: header("wrong")}.fails(t, "the server refuses what the secret "+secret+" says [PB504]")
	// An engine that cannot log in is to be a newer one, whether the project names the index or not.
	// This one could, so that nothing is passed.
	older := build{dir: dir, without: []apicaps.CapID{pb.CapSourceHTTPAuth}}
	older.ends(t, "wants a user name and a password [PB504]", "BuildKit 0.21 (Docker 28.1)")
	manifest := filepath.Join(dir, "pyproject.toml")
	write(t, manifest, files["pyproject.toml"]+"[[tool.uv.index]]\nname = \"corp\"\nurl = \""+ix.simple()+"\"\n")
	older.ends(t, "needs a network [PB604]", "BuildKit 0.21 (Docker 28.1)")
	write(t, manifest, files["pyproject.toml"])
	image := exporting(t, dir, map[string]string{"attest:provenance": "mode=max"}, nil, header(planted), nil)
	materials := image.materials(t)
	for _, d := range []dist{alpha, helper, source} {
		if url := ix.URL + "/files/" + d.name + "/" + d.file(); "sha256:"+materials[url] != ix.hash(d.file()) {
			t.Errorf("%s is no material with its hash: %v", url, materials)
		}
	}
	for name, blob := range image.blobs {
		if strings.Contains(string(blob), base64.StdEncoding.EncodeToString([]byte("builder:"+planted))) {
			t.Errorf("the header is in %s", name)
		}
	}
}

// TestHermeticFaults has the engine's downloads of a hermetic build fail, which no step may
// make up for: the error is the server's, or that of the file.
func TestHermeticFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fault
		says  []string
	}{
		"500": {answers(500), []string{"does not answer as it should [PB507]", "try again"}},
		"another file": {func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("evil"))
			return true
		}, []string{"is not the one that was locked [PB503]", "find out who changed it before you build"}},
		"a login": {answers(401), []string{"wants a user name and a password [PB504]", "HTTP_AUTH_HEADER_127.0.0.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// New to the engine, which asks no server for what it has.
			alpha := dist{name: "alpha", version: "1.0", files: map[string]string{"alpha.py": "# " + t.TempDir() + "\n"}}
			ix := newIndex(t, alpha)
			dir := pinned(t, map[string]string{"pybuild.toml": job + "[build]\nhermetic = true\n", "job.py": "import alpha\n", "pylock.toml": ix.pylock(t, alpha)})
			ix.breaks(c.fault.times(-1, "/files/alpha/"))
			tr := build{dir: dir}.run(t)
			for _, text := range c.says {
				if tr.err == nil || !strings.Contains(tr.err.Error(), text) {
					t.Errorf("the build does not end with %q: %v", text, tr.err)
				}
			}
			for _, never := range []string{"PB604", "a step tries again", "wheels = "} {
				if said := fmt.Sprint(tr.err, tr.warnings); strings.Contains(said, never) {
					t.Errorf("%q is in %s", never, said)
				}
			}
			ix.breaks(nil)
			build{dir: dir}.must(t)
		})
	}
}

// TestHermeticBuildScript has a build script try to reach a server, which it does
// elsewhere.
func TestHermeticBuildScript(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "alpha", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy())
	host, port, _ := strings.Cut(ix.address(), ":")
	files := hermeticFiles(t, ix, fmt.Sprintf("import socket\nsocket.create_connection((%q, %s), 5)\n", host, port))
	files["pylock.toml"], files["shop/__main__.py"] = ix.pylock(t, dist{name: "alpha", version: "1.0"}), "import alpha\n"
	dir := pinned(t, files)
	build{dir: dir}.fails(t, "ConnectionRefusedError")
	replace(t, filepath.Join(dir, "pybuild.toml"), "hermetic = true\nrequires = \"pylock.build.toml\"\n", "env = { UV_DEFAULT_INDEX = \""+ix.simple()+"\" }\n")
	build{dir: dir}.must(t)
}

// TestNotHermetic refuses, before anything is built, each input that has no hash.
func TestNotHermetic(t *testing.T) {
	t.Parallel()
	ix := newIndex(t, dist{name: "alpha", version: "1.0"}, dist{name: "helper", version: "1.0"}, needy())
	for name, c := range map[string]struct {
		files    map[string]string
		unpinned bool
		said     []string
	}{
		"images": {nil, true, []string{"pybuild.toml:1:10: a hermetic build: the image python:3.13-slim has no digest [PB603]", "the image astral/uv:0.13.9 has no digest"}},
		"requirements without hashes": {map[string]string{"pylock.toml": "", "requirements.txt": "alpha==1.0\n"}, false,
			[]string{"requirements.txt:1:1: a hermetic build: alpha==1.0 has no hash [PB603]"}},
		"hashes without addresses": {map[string]string{"pylock.toml": "", "requirements.txt": "alpha==1.0 --hash=" + ix.hash("alpha-1.0-py3-none-any.whl") + "\n"}, false,
			[]string{"requirements.txt has hashes and no addresses, so an index would be asked for them [PB604]"}},
		"a lock without a hash": {map[string]string{"pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"alpha\"\nversion = \"1.0\"\nwheels = [{ url = \"" + ix.URL + "/files/alpha/alpha-1.0-py3-none-any.whl\", hashes = { md5 = \"" + strings.Repeat("0", 32) + "\" } }]\n"}, false,
			[]string{"pylock.toml:4:8: a hermetic build: alpha 1.0 has no file with a SHA-256 in pylock.toml [PB603]"}},
		"a repository": {map[string]string{"pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"alpha\"\nversion = \"1.0\"\nvcs = { type = \"git\", url = \"" + ix.URL + "\", commit-id = \"" + strings.Repeat("a", 40) + "\" }\n"}, false,
			[]string{"pylock.toml:4:8: a hermetic build: alpha comes from a repository, and a commit is no hash of its files [PB603]"}},
		"what an archive is built with": {map[string]string{"pybuild.toml": "python = \"3.13\"\n[build]\nhermetic = true\nproject = \"copy\"\n[serve]\nmodule = \"shop\"\n", "pylock.build.toml": ""}, false,
			[]string{"needy has no wheel for linux/amd64, and nothing locks what it is built with [PB603]", "pylock.build.toml"}},
		"what the project is built with": {map[string]string{"pylock.build.toml": ix.pylock(t, dist{name: "alpha", version: "1.0"})}, false,
			[]string{"pyproject.toml:5:1: a hermetic build: the project is built with helper, which no lock pins [PB603]"}},
		"no lock of that": {map[string]string{"pylock.build.toml": ""}, false, []string{"pybuild.toml:4:12: the build context has no pylock.build.toml [PB113]"}},
		"packages of the day": {map[string]string{"pybuild.toml": "python = \"3.13\"\n[build]\nhermetic = true\nrequires = \"pylock.build.toml\"\n[runtime]\npackages = [\"tini\"]\n[serve]\nmodule = \"shop\"\n"}, false,
			[]string{"pybuild.toml:6:12: a hermetic build: the step \"[runtime] install tini\" installs what the distribution has on the day [PB605]", "{archive}/20260101T000000Z"}},
		"a CA": {map[string]string{"pybuild.toml": "python = \"3.13\"\n[build]\nhermetic = true\nca = true\nrequires = \"pylock.build.toml\"\n[serve]\nmodule = \"shop\"\n"}, false,
			[]string{"the step \"[packages] fetch alpha\" needs a network [PB604]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := hermeticFiles(t, ix, "")
			for file, text := range c.files {
				if files[file] = text; text == "" {
					delete(files, file)
				}
			}
			var dir string
			if c.unpinned || files["pylock.build.toml"] == "" && name == "no lock of that" {
				dir = project(t, files)
			} else {
				dir = pinned(t, files)
			}
			b := build{dir: dir}
			b.fails(t, c.said...)
			for step := range b.run(t).cached {
				if strings.HasPrefix(step, "[builder] build") || strings.HasPrefix(step, "[packages]") || strings.HasPrefix(step, "[runtime]") {
					t.Errorf("%s ran", step)
				}
			}
		})
	}
}

// TestHermeticWheelhouse has the files of the locks in the context.
func TestHermeticWheelhouse(t *testing.T) {
	t.Parallel()
	// New to the engine, which keeps verified files by their sums.
	alpha, helper := dist{name: "alpha", version: "1.0"}, dist{name: "helper", version: "1.0", files: map[string]string{"helper.py": "# " + t.TempDir() + "\n"}}
	ix := newIndex(t, alpha, helper, needy())
	files := hermeticFiles(t, ix, "")
	files["pylock.build.toml"] = ix.pylock(t, helper)
	ix.Close()
	files["pybuild.toml"] = strings.Replace(files["pybuild.toml"], "hermetic = true\n", "hermetic = true\nwheelhouse = \"wheels\"\n", 1)
	for _, d := range []dist{alpha, needy(), {name: "helper", version: "1.0", files: map[string]string{"helper.py": "evil"}}} {
		files["wheels/"+d.file()] = string(d.bytes(t))
	}
	dir := pinned(t, files)
	build{dir: dir}.fails(t, helper.file()+" has the SHA-256")
	write(t, filepath.Join(dir, "wheels", helper.file()), string(helper.bytes(t)))
	build{dir: dir, read: []string{sitePackages + "needy.py", sitePackages + "alpha.py"}}.must(t)
}

// TestSnapshot installs Debian's packages of one moment. The server here answers with
// those of the day.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	engine(t)
	var snapshot atomic.Int32
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		archive, rest, ok := strings.Cut(strings.TrimPrefix(r.In.URL.Path, "/archive/"), "/20260101T000000Z/")
		if ok {
			snapshot.Add(1)
		}
		r.Out.URL.Path = "/" + archive + "/" + rest
		r.SetURL(&url.URL{Scheme: "http", Host: debianArchive(t)})
	}})
	t.Cleanup(server.Close)
	dir := pinned(t, map[string]string{
		"pybuild.toml": job + "[build]\nhermetic = true\napt-mirror = \"" + server.URL + "/archive/{archive}/20260101T000000Z\"\n[runtime]\npackages = [\"tini\"]\n", "job.py": "",
	})
	b := build{dir: dir, read: []string{"usr/bin/tini"}}
	b.must(t)
	if snapshot.Load() == 0 {
		t.Error("nothing asked the mirror")
	}
}
