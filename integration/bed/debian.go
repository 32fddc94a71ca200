package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// rootfs is the Debian layer below the python and golang images: this host's
// release, since the CPythons were linked against its libraries.
type rootfs struct {
	dir     string // where finished layers are kept
	suite   string
	sources string    // the host's own apt sources
	bundle  string    // the host's CA bundle; empty unless SSL_CERT_FILE names one
	pythons []cpython // whose libraries it holds
	key     string
}

func newRootfs(p paths, pythons []cpython) (rootfs, error) {
	r := rootfs{dir: filepath.Join(p.dir, "images"), bundle: os.Getenv("SSL_CERT_FILE"), pythons: pythons}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return r, err
	}
	if r.suite = osRelease(string(release), "VERSION_CODENAME"); r.suite == "" {
		return r, errors.New("base images can be assembled on Debian and Ubuntu only: start a Docker engine that can pull")
	}
	if r.sources, err = aptSources(osRelease(string(release), "ID")); err != nil {
		return r, err
	}
	inputs := []string{debianRecipe, r.suite, runtime.GOARCH}
	for _, py := range pythons {
		inputs = append(inputs, py.version, py.prefix)
	}
	for _, file := range []string{r.sources, r.bundle} {
		if file == "" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return r, err
		}
		inputs = append(inputs, string(data))
	}
	r.key = versionKey(inputs...)
	return r, nil
}

// packages are asked only when a layer is made: the answer takes seconds.
func (r rootfs) packages() ([]string, error) {
	packages := []string{"ca-certificates", "netbase", "tzdata"}
	for _, py := range r.pythons {
		libs, err := py.libraries()
		if err != nil {
			return nil, err
		}
		packages = append(packages, libs...)
	}
	slices.Sort(packages)
	return slices.Compact(packages), nil
}

// osRelease reads one value of /etc/os-release.
func osRelease(text, key string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// aptSources is the file with the distribution's own archives; others that the
// host may have (a browser's, a cloud's) need keys that the image has not.
func aptSources(id string) (string, error) {
	for _, file := range []string{"/etc/apt/sources.list.d/" + id + ".sources", "/etc/apt/sources.list"} {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			return file, nil
		}
	}
	return "", errors.New("found neither apt's " + id + ".sources nor sources.list to take the image's sources from")
}

// dockerClean is what Debian's official images carry, and what makes people
// write rm -f /etc/apt/apt.conf.d/docker-clean before an apt cache mount.
const dockerClean = `DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`

// layer bootstraps the Debian, once per recipe, into a compressed tar.
func (r rootfs) layer(ctx context.Context) (string, error) {
	layer := filepath.Join(r.dir, "debian-"+r.key+".tar.gz")
	if _, err := os.Stat(layer); err == nil {
		return layer, nil
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(r.dir, ".debian-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	clean := filepath.Join(work, "docker-clean")
	if err := os.WriteFile(clean, []byte(dockerClean), 0o644); err != nil {
		return "", err
	}
	packages, err := r.packages()
	if err != nil {
		return "", err
	}
	tmp := filepath.Join(work, "debian.tar.gz")
	args := []string{
		"--mode=root", "--variant=minbase", "--include=" + strings.Join(packages, ","),
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
		"--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-include=/usr/share/doc/*/copyright",
		"--customize-hook=upload " + clean + " /etc/apt/apt.conf.d/docker-clean",
	}
	if proxy, err := output("apt-config", "dump", "--format", "%f %v;%n", "Acquire::http::Proxy"); err == nil && proxy != "" {
		if fields := strings.Fields(strings.TrimRight(proxy, ";")); len(fields) == 2 {
			args = append(args, fmt.Sprintf("--aptopt=%s %q", fields[0], fields[1]))
		}
	}
	if r.bundle != "" {
		args = append(args, "--customize-hook=upload "+r.bundle+" "+imageBundle)
	}
	debootstrap := command{env: []string{"SOURCE_DATE_EPOCH=" + layerTime}}
	err = step("lay out Debian "+r.suite, func() error {
		return debootstrap.run(ctx, "mmdebstrap", append(args, r.suite, tmp, r.sources)...)
	})
	if err != nil {
		return "", err
	}
	return layer, os.Rename(tmp, layer)
}

const (
	imageBundle = "/etc/ssl/certs/ca-certificates.crt"
	layerTime   = "1704067200" // any fixed time later than zip's oldest, 1980
)

// env is what every image above the Debian needs of this host: behind a
// TLS-inspecting proxy, uv and Go trust what SSL_CERT_FILE names.
func (r rootfs) env() []string {
	if r.bundle == "" {
		return nil
	}
	return []string{"--env", "SSL_CERT_FILE=" + imageBundle}
}

// packLayer writes paths below root as a layer whose bytes depend on content only.
func packLayer(ctx context.Context, root, layer string, args ...string) error {
	return command{}.run(ctx, "tar", append([]string{
		"--create", "--file", layer, "--use-compress-program", "gzip -n -3", "--directory", root,
		"--sort=name", "--mtime=@" + layerTime, "--owner=0", "--group=0", "--numeric-owner",
	}, args...)...)
}
