package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/pybuild/pybuild/frontend"
)

// archive is an exported image: its small blobs, and its index.
type archive struct {
	blobs map[string][]byte
	index ocispecs.Index
}

// export builds into an OCI archive. look, if any, sees the result before.
func export(t *testing.T, dir string, attrs, exports map[string]string, look func(context.Context, gateway.Client, *gateway.Result) error) archive {
	t.Helper()
	return exporting(t, dir, attrs, exports, nil, look)
}

// exporting is export by a client that offers secrets.
func exporting(t *testing.T, dir string, attrs, exports map[string]string, offers []session.Attachable, look func(context.Context, gateway.Client, *gateway.Result) error) archive {
	t.Helper()
	c := engine(t)
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	opt := client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": "pybuild.toml"},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Session:       offers,
		Exports: []client.ExportEntry{{Type: client.ExporterOCI, Attrs: exports, Output: func(map[string]string) (io.WriteCloser, error) {
			return os.Create(file)
		}}},
	}
	for k, v := range attrs {
		opt.FrontendAttrs[k] = v
	}
	_, err = c.Build(context.Background(), opt, "", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		res, err := frontend.Build(ctx, g)
		if err == nil && look != nil {
			err = look(ctx, g, res)
		}
		return res, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := archive{blobs: smallFiles(t, file)}
	a.read(t, "index.json", &a.index)
	for len(a.index.Manifests) == 1 && a.index.Manifests[0].MediaType == ocispecs.MediaTypeImageIndex {
		next := a.index.Manifests[0].Digest
		a.index = ocispecs.Index{}
		a.read(t, blobName(next), &a.index)
	}
	return a
}

func blobName(d digest.Digest) string { return path.Join("blobs", string(d.Algorithm()), d.Encoded()) }

func (a archive) read(t *testing.T, name string, into any) {
	t.Helper()
	if a.blobs[name] == nil {
		t.Fatalf("the archive has no small %s", name)
	}
	if err := json.Unmarshal(a.blobs[name], into); err != nil {
		t.Fatal(err)
	}
}

// statements are the predicates of the attestations for a platform, by their types.
func (a archive) statements(t *testing.T, platform string) map[string]json.RawMessage {
	t.Helper()
	found := map[string]json.RawMessage{}
	var image digest.Digest
	for _, m := range a.index.Manifests {
		if m.Platform != nil && m.Platform.OS+"/"+m.Platform.Architecture == platform {
			image = m.Digest
		}
	}
	for _, m := range a.index.Manifests {
		if m.Annotations["vnd.docker.reference.digest"] != image.String() {
			continue
		}
		var manifest ocispecs.Manifest
		a.read(t, blobName(m.Digest), &manifest)
		for _, layer := range manifest.Layers {
			var statement struct {
				Predicate json.RawMessage `json:"predicate"`
				Type      string          `json:"predicateType"`
			}
			a.read(t, blobName(layer.Digest), &statement)
			found[statement.Type] = statement.Predicate
		}
	}
	return found
}

// spdx is what tests read of a bill of materials.
type spdx struct {
	Packages []struct {
		ID               string `json:"SPDXID"`
		Name             string
		Version          string `json:"versionInfo"`
		DownloadLocation string
		Checksums        []struct{ ChecksumValue string }
		LicenseDeclared  string
		ExternalRefs     []struct{ ReferenceLocator string }
	}
	Files []struct {
		Name    string `json:"fileName"`
		Comment string
	}
	Relationships []struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
}

// bill is the bill of materials for a platform, valid by the schema and the tools of SPDX.
func (a archive) bill(t *testing.T, platform string) (spdx, []byte) {
	t.Helper()
	doc := a.statements(t, platform)["https://spdx.dev/Document"]
	if doc == nil {
		t.Fatalf("no bill of materials for %s among %v", platform, a.index.Manifests)
	}
	return readBill(t, doc), doc
}

// named are NAME=VERSION of the packages whose identifier begins so.
func (s spdx) named(kind string) []string {
	var all []string
	for _, p := range s.Packages {
		if strings.HasPrefix(p.ID, "SPDXRef-"+kind+"-") {
			all = append(all, p.Name+"="+p.Version)
		}
	}
	slices.Sort(all)
	return all
}

func (s spdx) has(from, kind, to string) bool {
	return slices.ContainsFunc(s.Relationships, func(r struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}) bool {
		return r.From == "SPDXRef-"+from && r.Type == kind && r.To == "SPDXRef-"+to
	})
}

// TestBillOfMaterials compares what is attached with what the image says that it has,
// and looks for what only the lock knows.
func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	alpha, beta := dist{name: "alpha", version: "1.0", requires: []string{"beta", "gamma; sys_platform == 'win32'"}}, dist{name: "beta", version: "2.0"}
	source := dist{name: "quarry", version: "1.0", sdist: true}
	ix := newIndex(t, alpha, beta, source)
	dir := project(t, map[string]string{
		"pybuild.toml": job + "[runtime]\npackages = [\"tini\"]\n", "job.py": "", "pylock.toml": ix.pylock(t, alpha, beta, source),
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"4.0\"\ndependencies = [\"alpha\"]\n",
	})
	var holds string
	attrs := map[string]string{"attest:sbom": "", "build-arg:SOURCE_DATE_EPOCH": "1700000000"}
	image := export(t, dir, attrs, nil, func(ctx context.Context, g gateway.Client, res *gateway.Result) error {
		ref, err := res.SingleRef()
		if err != nil {
			return err
		}
		st, err := ref.ToState()
		if err != nil {
			return err
		}
		const ask = "import importlib.metadata as m, subprocess\nopen('/out/python', 'w').write('\\n'.join(sorted(d.name + '=' + d.version for d in m.distributions())))\n" +
			"open('/out/debian', 'w').write(subprocess.check_output(['dpkg-query', '-W', '-f', '${db:Status-Status} ${Package}=${Version}\\n'], text=True))\n" +
			"import platform\nopen('/out/version', 'w').write(platform.python_version())\n"
		def, err := st.Run(bk.Args([]string{"/usr/local/bin/python3", "-c", ask}), bk.Network(bk.NetModeNone)).AddMount("/out", bk.Scratch()).Marshal(ctx)
		if err != nil {
			return err
		}
		said, err := g.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
		if err != nil {
			return err
		}
		out, err := said.SingleRef()
		if err != nil {
			return err
		}
		for _, name := range []string{"python", "debian", "version"} {
			data, err := out.ReadFile(ctx, gateway.ReadRequest{Filename: name})
			if err != nil {
				return err
			}
			holds += string(data) + "\n---\n"
		}
		return nil
	})
	bill, doc := image.bill(t, "linux/amd64")
	said := strings.Split(holds, "\n---\n")
	if diff := cmp.Diff(strings.Split(said[0], "\n"), bill.named("Python")); diff != "" {
		t.Errorf("Python packages (-image +bill):\n%s", diff)
	}
	var debian []string
	for line := range strings.Lines(said[1]) {
		if rest, ok := strings.CutPrefix(line, "installed "); ok {
			debian = append(debian, strings.TrimSpace(rest))
		}
	}
	slices.Sort(debian)
	if diff := cmp.Diff(debian, bill.named("Debian")); diff != "" || !slices.ContainsFunc(debian, func(p string) bool { return strings.HasPrefix(p, "tini=") }) {
		t.Errorf("Debian packages (-image +bill):\n%s", diff)
	}
	if got := bill.named("Interpreter"); !slices.Equal(got, []string{"python=" + said[2]}) {
		t.Errorf("the interpreter is %v, the image has %s", got, said[2])
	}
	for _, p := range bill.Packages {
		d, ok := map[string]dist{"alpha": alpha, "beta": beta, "quarry": source}[p.Name]
		if !ok {
			continue
		}
		if want := ix.URL + "/files/" + d.name + "/" + d.file(); p.DownloadLocation != want || len(p.Checksums) != 1 || "sha256:"+p.Checksums[0].ChecksumValue != ix.hash(d.file()) {
			t.Errorf("%s is from %s with %v, want %s", p.Name, p.DownloadLocation, p.Checksums, want)
		}
		if got := p.ExternalRefs[0].ReferenceLocator; got != "pkg:pypi/"+d.name+"@"+d.version {
			t.Errorf("the package URL of %s is %s", d.name, got)
		}
	}
	if !bill.has("Python-alpha", "DEPENDS_ON", "Python-beta") || !bill.has("Project-shop", "DEPENDS_ON", "Python-alpha") ||
		!bill.has("Debian-tini", "DEPENDS_ON", "Debian-libc6") || !bill.has("Image", "CONTAINS", "Python-quarry") {
		t.Error("relations are missing")
	}
	layers := 0
	for _, f := range bill.Files {
		if strings.HasPrefix(f.Comment, "layerID: sha256:") {
			layers++
		}
	}
	if layers != len(bill.Files) || layers < 10 {
		t.Errorf("%d of %d files have a layer", layers, len(bill.Files))
	}
	if !strings.Contains(string(doc), "2023-11-14T22:13:20Z") {
		t.Error("the document is not dated by SOURCE_DATE_EPOCH")
	}
}

// TestBillOfStrangers lists packages that say of themselves what they like, and one that says
// nothing, in a document that SPDX's own tools take.
func TestBillOfStrangers(t *testing.T) {
	t.Parallel()
	says := map[string]string{
		"line": "Name: a\n b\r\nVersion: 1\x00\x1b[2J\nHome-page: https://a.example/\"<x> y?q=a b#c d\n", "long": "Name: " + strings.Repeat("x", 1<<17) + "\nVersion: 1\n",
		"alike": "Name: \u0430lpha\u202e\nVersion: 1\nLicense: ()AND \\\"\n", "bytes": "Name: by\xff\xfetes\nVersion: \xed\xa0\x80\nAuthor: (\xc3\n", "quote": "Name: a'\"$(id)`\nVersion: ';--\nLicense-Expression: LicenseRef-x OR MIT\n",
		"special": "Name: SPDXRef-DOCUMENT\nVersion: 1 @?#%2f\nRequires-Dist: a-2; extra == '\n", "twice": "Name: line\n", "line-2": "Name: line-2\n", "line-again": "Name: line\n", "silent": "", "header": "\n\nName: body\n",
	}
	files := map[string]string{"pybuild.toml": job, "job.py": ""}
	for name, text := range says {
		files["vendored/"+name+"-7.dist-info/METADATA"] = "Metadata-Version: 2.1\n" + text
		files["vendored/"+name+"-7.dist-info/licenses/LICENSE"] = text + strings.Repeat("\x00\xffMIT ", 200)
	}
	files["vendored/line-7.dist-info/direct_url.json"] = `{"url": "https://a.example/\"?q#f", "vcs_info": {"vcs": "git ssh", "commit_id": "x\ny"}, "subdirectory": "../ \u0000", "archive_info": {"hashes": {"sha256": "zz"}}}`
	files["vendored/alike-7.dist-info/direct_url.json"] = "[" + strings.Repeat("[", 5000)
	bill := readBill(t, attached(t, project(t, files), map[string]string{"attest:sbom": ""})["linux/amd64"])
	found := map[string]bool{}
	for _, p := range bill.Packages {
		found[p.Name] = true
		if strings.ContainsAny(p.Name, "\n\r\x00\x1b\u202e") || len(p.Name) > 600 {
			t.Errorf("a package is called %.100q", p.Name)
		}
	}
	for _, name := range []string{"silent", "header", "line", "line-2", "SPDXRef-DOCUMENT", "\u0430lpha\\u202e", "a'\"$(id)`", "by\ufffd\ufffdtes"} {
		if !found[name] {
			t.Errorf("the bill does not list %q, but %q", name, sorted(found))
		}
	}
}

// TestBillsOfPlatforms has one for each, of an image that nothing here can run.
func TestBillsOfPlatforms(t *testing.T) {
	t.Parallel()
	attrs := map[string]string{
		"attest:sbom": "", "platform": "linux/amd64,linux/arm64", "context:python:3.13-slim::linux/arm64": "docker-image://" + foreignBase(t),
	}
	first, second := attached(t, example(t, "flask"), attrs), attached(t, example(t, "flask"), attrs)
	for platform, doc := range first {
		if !bytes.Equal(doc, second[platform]) {
			t.Errorf("a second look has another document for %s", platform)
		}
	}
	check := newSPDXChecker(t)
	amd, arm := check.read(t, first["linux/amd64"]), check.read(t, first["linux/arm64"])
	if len(amd.named("Debian")) < 20 || len(arm.named("Debian")) != 0 {
		t.Errorf("Debian's packages are %d and %d", len(amd.named("Debian")), len(arm.named("Debian")))
	}
	sums := map[string]string{}
	for _, bill := range []spdx{amd, arm} {
		for _, p := range bill.Packages {
			if strings.EqualFold(p.Name, "markupsafe") {
				sums[p.Checksums[0].ChecksumValue] = p.DownloadLocation
			}
		}
	}
	if len(sums) != 2 || !strings.Contains(strings.Join(slices.Collect(maps.Values(sums)), " "), "aarch64") {
		t.Errorf("the wheels of markupsafe are %v", sums)
	}
	// What the tree of the image has.
	out := t.TempDir()
	delete(attrs, "attest:sbom")
	attrs["platform"] = "linux/arm64"
	build{dir: example(t, "flask"), out: out, attrs: attrs}.must(t)
	found, err := filepath.Glob(filepath.Join(out, sitePackages, "*.dist-info"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range found {
		names = append(names, strings.Replace(strings.TrimSuffix(strings.ToLower(filepath.Base(p)), ".dist-info"), "-", "=", 1))
	}
	slices.Sort(names)
	var listed []string
	for _, p := range arm.named("Python") {
		listed = append(listed, strings.ToLower(strings.ReplaceAll(p, "-", "_")))
	}
	slices.Sort(listed)
	if diff := cmp.Diff(names, listed); diff != "" {
		t.Errorf("packages for arm64 (-image +bill):\n%s", diff)
	}
}

// attached are the documents of a build, made anew, by platforms, as the frontend
// attaches them.
func attached(t *testing.T, dir string, attrs map[string]string) map[string][]byte {
	t.Helper()
	docs := map[string][]byte{}
	b := build{dir: dir, attrs: map[string]string{"no-cache": "runtime"}, look: func(ctx context.Context, _ gateway.Client, res *gateway.Result) error {
		for platform, all := range res.Attestations {
			for _, a := range all {
				data, err := a.Ref.ReadFile(ctx, gateway.ReadRequest{Filename: a.Path})
				if err != nil {
					return err
				}
				docs[platform] = data
			}
		}
		return nil
	}}
	maps.Copy(b.attrs, attrs)
	b.must(t)
	return docs
}

// TestPlainImage builds without --sbom, as `docker build` does: there is one manifest and
// nothing beside it, in contrast to a build with.
func TestPlainImage(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pybuild.toml": job, "job.py": ""})
	for sbom, want := range map[string]int{"without": 0, "with": 1} {
		attrs := map[string]string{}
		if sbom == "with" {
			attrs["attest:sbom"] = ""
		}
		image := export(t, dir, attrs, nil, nil)
		images, attached := 0, 0
		for _, m := range image.index.Manifests {
			var manifest ocispecs.Manifest
			image.read(t, blobName(m.Digest), &manifest)
			for _, layer := range manifest.Layers {
				if strings.Contains(layer.MediaType, "in-toto") {
					attached++
				}
			}
			if m.Annotations["vnd.docker.reference.type"] == "" && manifest.Config.MediaType == ocispecs.MediaTypeImageConfig {
				images++
			}
		}
		if images != 1 || attached != want || len(image.index.Manifests) != 1+want {
			t.Errorf("%s a bill of materials: %d of %d manifests are images, %d documents are attached", sbom, images, len(image.index.Manifests), attached)
		}
	}
}

// TestClassicLoad has engines that know neither an index nor an attestation load what the
// newest one exports, and run it.
func TestClassicLoad(t *testing.T) {
	dir, name := project(t, map[string]string{"pybuild.toml": job, "job.py": "print('loaded by a classic engine')\n"}), imageName(t)
	local, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	_, err = engine(t).Build(context.Background(), client.SolveOpt{
		FrontendAttrs: map[string]string{"filename": "pybuild.toml"},
		LocalMounts:   map[string]fsutil.FS{"context": local, "dockerfile": local},
		Exports: []client.ExportEntry{{Type: client.ExporterDocker, Attrs: map[string]string{"name": name}, Output: func(map[string]string) (io.WriteCloser, error) {
			return os.Create(file)
		}}},
	}, "", frontend.Build, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range compatEngines() {
		if !e.classic {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			cli := e.start(t)
			driver, err := cli.docker("info", "--format", "{{.Driver}}")
			if err != nil || strings.TrimSpace(driver) != "overlay2" {
				t.Fatalf("the store is %s, which is not the classic one: %v", driver, err)
			}
			if out, err := cli.docker("load", "--input", file); err != nil || !strings.Contains(out, name) {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := cli.docker("run", "--rm", "--network=host", name); err != nil || strings.TrimSpace(out) != "loaded by a classic engine" {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
