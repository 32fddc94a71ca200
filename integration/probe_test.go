package integration

import (
	"encoding/json"
	"testing"
)

// backend is a build backend (PEP 517) in a project's own tree, which needs no
// package and no network. The wheel that it makes holds what the building
// process saw.
const backend = `import base64, hashlib, json, os, resource, socket, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    def read(path):
        try:
            with open(path) as file:
                return file.read().strip()
        except OSError:
            return ""
    shm = os.statvfs("/dev/shm")
    facts = {
        "env": {k: v for k, v in os.environ.items() if k.startswith(("PROBE_", "UV_INDEX_", "SSH_", "http", "HTTP"))},
        "hosts": read("/etc/hosts"), "hostname": os.uname().nodename, "secret": read("/run/probe/token"),
        "ssh": os.path.exists(os.environ.get("SSH_AUTH_SOCK", "/none")),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "shm": shm.f_frsize * shm.f_blocks,
        "devices": sorted(name for _, name in socket.if_nameindex()), "cgroup": read("/proc/self/cgroup"),
    }
    name = "probe-1-py3-none-any.whl"
    files = {
        "probe.py": "FACTS = " + repr(json.dumps(facts)) + "\n",
        "probe-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: probe\nVersion: 1\n",
        "probe-1.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: probe\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "probe.json": json.dumps(facts),
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files["probe-1.dist-info/RECORD"] = record + "probe-1.dist-info/RECORD,,\n"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
`

const probeManifest = `[project]
name = "probe"
version = "1"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
`

// facts are what a step of the build saw.
type facts struct {
	Env      map[string]string `json:"env"`
	Hosts    string            `json:"hosts"`
	Hostname string            `json:"hostname"`
	Secret   string            `json:"secret"`
	SSH      bool              `json:"ssh"`
	Files    int               `json:"files"`
	Shm      int               `json:"shm"`
	Devices  []string          `json:"devices"`
	Cgroup   string            `json:"cgroup"`
}

// probe builds a project whose build tells what it saw. The files and the
// build's attributes are the case.
func probe(t *testing.T, b build, config string) (facts, *trace) {
	t.Helper()
	b.dir = project(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\npython = \"3.13\"\n" + config + "\n[serve]\nmodule = \"probe\"\n", "pyproject.toml": probeManifest, "backend.py": backend,
		// What is no part of a cache key, as a proxy, shows in a new build only.
		"unique.txt": t.TempDir(),
	})
	const found = "usr/local/lib/python3.13/site-packages/probe.json"
	b.read = []string{found}
	tr := b.must(t)
	var f facts
	if err := json.Unmarshal([]byte(tr.files[found]), &f); err != nil {
		t.Fatal(err)
	}
	return f, tr
}
