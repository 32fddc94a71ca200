package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// cpython is an interpreter of this machine that becomes python:X.Y-slim.
type cpython struct {
	minor   string // 3.12
	version string // 3.12.1
	prefix  string // where it is installed
}

// findCPython looks for an X.Y that was installed by itself into a prefix, and
// has pyenv build one where there is none.
func findCPython(ctx context.Context, minor string) (cpython, error) {
	if py, ok := installedCPython(minor); ok {
		return py, nil
	}
	missing := fmt.Errorf("python:%s-slim is assembled from a CPython %s, and none is in pyenv's versions or /usr/local: install one with `pyenv install %s`, or start a Docker engine that can pull", minor, minor, minor)
	if !onPath("pyenv")() {
		return cpython{}, missing
	}
	if err := step("build CPython "+minor+" with pyenv", func() error {
		return command{}.run(ctx, "pyenv", "install", "--skip-existing", minor)
	}); err != nil {
		return cpython{}, fmt.Errorf("%w: %w", missing, err)
	}
	if py, ok := installedCPython(minor); ok {
		return py, nil
	}
	return cpython{}, missing
}

// installedCPython leaves out Debian's own in /usr: it is patched and spread out.
func installedCPython(minor string) (cpython, bool) {
	home, _ := os.UserHomeDir()
	prefixes, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions", minor+".*"))
	if root := os.Getenv("PYENV_ROOT"); root != "" {
		found, _ := filepath.Glob(filepath.Join(root, "versions", minor+".*"))
		prefixes = append(prefixes, found...)
	}
	for _, prefix := range append(prefixes, "/usr/local") {
		py := filepath.Join(prefix, "bin", "python"+minor)
		version, err := output(py, "-c", "import platform; print(platform.python_version())")
		if err == nil {
			return cpython{minor: minor, version: version, prefix: prefix}, true
		}
	}
	return cpython{}, false
}

// libraries are the Debian packages that the interpreter and its extension
// modules load, asked from this machine: their names change with the release.
func (py cpython) libraries() ([]string, error) {
	modules, err := filepath.Glob(filepath.Join(py.prefix, "lib/python"+py.minor, "lib-dynload/*.so"))
	if err != nil {
		return nil, err
	}
	// The slim image has no Tk.
	modules = slices.DeleteFunc(modules, func(m string) bool { return strings.Contains(m, "_tkinter") })
	linked, err := output("ldd", append(modules, filepath.Join(py.prefix, "bin/python"+py.minor))...)
	if err != nil {
		return nil, err
	}
	patterns := []string{"--search"}
	for _, lib := range linkedLibraries(linked) {
		if !strings.HasPrefix(lib, py.prefix+"/") {
			// dpkg knows a file by the path its package was built with, /lib or /usr/lib.
			patterns = append(patterns, "*/"+filepath.Base(filepath.Dir(lib))+"/"+filepath.Base(lib))
		}
	}
	owners, err := output("dpkg-query", patterns...)
	if err != nil {
		return nil, err
	}
	var packages []string
	for line := range strings.Lines(owners) {
		name, _, _ := strings.Cut(line, ":")
		packages = append(packages, name)
	}
	slices.Sort(packages)
	return slices.Compact(packages), nil
}

// linkedLibraries are the files in the output of ldd.
func linkedLibraries(ldd string) []string {
	var libs []string
	for line := range strings.Lines(ldd) {
		fields := strings.Fields(line)
		if len(fields) > 2 && fields[1] == "=>" && strings.HasPrefix(fields[2], "/") {
			libs = append(libs, fields[2])
		}
	}
	slices.Sort(libs)
	return slices.Compact(libs)
}

func pythonImage(root rootfs, py cpython) baseImage {
	return baseImage{
		repo: "library/python",
		tags: []string{py.minor + "-slim"},
		key:  versionKey(cpythonRecipe, root.key, py.version, py.prefix),
		layers: func(ctx context.Context, work string) ([]string, error) {
			debian, err := root.layer(ctx)
			if err != nil {
				return nil, err
			}
			layer := filepath.Join(work, "python.tar.gz")
			return []string{debian, layer}, py.layer(ctx, root, debian, filepath.Join(work, "root"), layer)
		},
		config: append([]string{
			"--env", "PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"--env", "LANG=C.UTF-8",
			"--env", "PYTHON_VERSION=" + py.version,
			"--cmd", "python3",
		}, root.env()...),
	}
}

// layer installs the interpreter below /usr/local of an unpacked Debian, as
// the official image has it, and packs what was added.
func (py cpython) layer(ctx context.Context, root rootfs, debian, dir, layer string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var c command
	if err := c.run(ctx, "tar", "--extract", "--file", debian, "--directory", dir); err != nil {
		return err
	}
	local := filepath.Join(dir, "usr/local")
	if err := c.run(ctx, "sh", "-c", `tar --create --directory "$1" --exclude=__pycache__ --exclude='*.a' --exclude=site-packages --exclude=test --exclude=tests --exclude=idle_test \
		"bin/python$3" "bin/python$3-config" lib include | tar --extract --directory "$2" --no-same-owner`,
		"sh", py.prefix, local, py.minor); err != nil {
		return err
	}
	if err := py.relocate(local); err != nil {
		return err
	}
	for link, target := range map[string]string{
		"python": "python3", "python3": "python" + py.minor, "python3-config": "python" + py.minor + "-config",
	} {
		if err := os.Symlink(target, filepath.Join(local, "bin", link)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(local, "lib/python"+py.minor, "site-packages"), 0o755); err != nil {
		return err
	}
	if err := py.strip(ctx, local); err != nil {
		return err
	}
	if err := c.run(ctx, "ldconfig", "-r", dir); err != nil {
		return err
	}
	packed := []string{"usr/local", "etc/ld.so.cache"}
	if root.bundle != "" {
		// pip before 24.2 does not read SSL_CERT_FILE.
		if err := os.WriteFile(filepath.Join(dir, "etc/pip.conf"), []byte("[global]\ncert = "+imageBundle+"\n"), 0o644); err != nil {
			return err
		}
		packed = append(packed, "etc/pip.conf")
	}
	if err := py.check(ctx, dir); err != nil {
		return err
	}
	return packLayer(ctx, dir, layer, packed...)
}

// relocate rewrites the prefix that the build configuration remembers, so that
// extensions compile against /usr/local; the interpreter finds its own prefix.
func (py cpython) relocate(local string) error {
	lib := filepath.Join(local, "lib/python"+py.minor)
	var files []string
	for _, pattern := range []string{
		filepath.Join(lib, "_sysconfigdata_*.py"),
		filepath.Join(lib, "config-*", "*"),
		filepath.Join(local, "lib/pkgconfig/*.pc"),
		filepath.Join(local, "bin/*-config"),
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	for _, file := range files {
		info, err := os.Lstat(file)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if moved := relocated(data, py.prefix); !bytes.Equal(moved, data) {
			if err := os.WriteFile(file, moved, info.Mode()); err != nil {
				return err
			}
		}
	}
	return nil
}

// relocated replaces a prefix by /usr/local, but not a longer name that begins with it.
func relocated(data []byte, prefix string) []byte {
	if prefix == "/usr/local" {
		return data
	}
	return regexp.MustCompile(regexp.QuoteMeta(prefix)+`([^\w.-]|$)`).ReplaceAll(data, []byte("/usr/local$1"))
}

// strip drops debug symbols, two thirds of a pyenv build's size.
func (py cpython) strip(ctx context.Context, local string) error {
	if !onPath("strip")() {
		return nil
	}
	files := []string{filepath.Join(local, "bin/python"+py.minor)}
	for _, pattern := range []string{"lib/libpython*.so.*", "lib/python*/lib-dynload/*.so"} {
		found, err := filepath.Glob(filepath.Join(local, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	return command{}.run(ctx, "strip", append([]string{"--strip-unneeded"}, files...)...)
}

// check adds pip, proves the interpreter inside the Debian, and then removes
// all bytecode: official images ship none, and that is what users meet.
func (py cpython) check(ctx context.Context, dir string) error {
	inside := command{env: []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root", "PIP_CONFIG_FILE=/dev/null"}}
	for _, args := range [][]string{
		{"-m", "ensurepip", "--default-pip"},
		{"-c", "import ssl, sqlite3, ctypes, zlib, lzma, bz2, sysconfig; assert sysconfig.get_config_var('INCLUDEPY').startswith('/usr/local/include/')"},
	} {
		// env, because the host's PIP_* variables are not the image's.
		args = append([]string{dir, "/usr/bin/env", "-i", inside.env[0], inside.env[1], inside.env[2], inside.env[3], "/usr/local/bin/python3"}, args...)
		if err := inside.run(ctx, "chroot", args...); err != nil {
			return fmt.Errorf("the assembled python %s does not work: %w", py.version, err)
		}
	}
	return filepath.WalkDir(filepath.Join(dir, "usr/local"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "__pycache__" {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			return fs.SkipDir
		}
		return nil
	})
}

// wheelPlatform is this machine's name in the tags of static wheels.
func wheelPlatform() string {
	if runtime.GOARCH == "arm64" {
		return "musllinux_1_1_aarch64"
	}
	return "musllinux_1_1_x86_64"
}
