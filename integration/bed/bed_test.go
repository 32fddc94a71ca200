package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestShellQuote(t *testing.T) {
	for _, value := range []string{"", "plain", "two words", "it's", `$HOME "x" \n`, "a\nb"} {
		got, err := exec.Command("sh", "-c", "printf %s "+shellQuote(value)).Output()
		if err != nil || string(got) != value {
			t.Errorf("sh reads shellQuote(%q) as %q, %v", value, got, err)
		}
	}
}

func TestPrepend(t *testing.T) {
	for _, tc := range []struct{ path, want string }{
		{"/usr/bin:/bin", "/bed:/usr/bin:/bin"},
		{"/bed:/usr/bin", "/bed:/usr/bin"},
		{"/usr/bin:/bed:/bin", "/bed:/usr/bin:/bin"},
	} {
		if got := prepend("/bed", tc.path); got != tc.want {
			t.Errorf("prepend(%q) = %q, want %q", tc.path, got, tc.want)
		}
	}
}

func TestVersionKey(t *testing.T) {
	base := versionKey("a", "b")
	if len(base) != 16 || base != versionKey("a", "b") {
		t.Errorf("versionKey is not stable: %q", base)
	}
	for _, other := range [][]string{{"a"}, {"ab"}, {"b", "a"}, {"a", "b", ""}, {"", "ab"}} {
		if versionKey(other...) == base {
			t.Errorf("versionKey(%q) is that of [a b]", other)
		}
	}
}

// TestPins requires a pin of every program that the bed builds, and one directory for each
// set of pins.
func TestPins(t *testing.T) {
	p, err := locate()
	if err != nil {
		t.Fatal(err)
	}
	all, files, bins := slices.Concat(registryTools, buildTools, engines), map[string]bool{}, map[string]string{}
	for _, plugin := range plugins() {
		all = append(all, plugin.engine)
	}
	for _, e := range all {
		pins, err := os.ReadFile(filepath.Join(p.repo, "integration/bed", e.module(), "go.mod"))
		if err != nil || !regexp.MustCompile(`(?m)^(tool |\t)`+regexp.QuoteMeta(e.pkg)+`$`).Match(pins) {
			t.Errorf("%s/go.mod has no tool %s: %v", e.module(), e.pkg, err)
		}
		if files[e.file()] {
			t.Errorf("two programs are called %s", e.file())
		}
		files[e.file()] = true
		if bins[e.module()], err = binaries(p, e.module()); err != nil {
			t.Error(err)
		}
	}
	if !files["docker-compose"] || !files["buildx"] || len(bins) != 2 || bins["engines"] == bins["compose"] {
		t.Errorf("the programs are %v in %v", files, bins)
	}
}

func TestParseStartTime(t *testing.T) {
	rest := " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"
	for _, tc := range []struct{ name, stat, want string }{
		{"plain", "7 (runc) S" + rest, "4711"},
		{"parentheses in the name", "7 (a) b (c) S" + rest, "4711"},
		{"ended, not yet collected", "7 (runc) Z" + rest, ""},
		{"cut short", "7 (runc) S 1 2", ""},
	} {
		if got, err := parseStartTime(tc.stat); got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%s: parseStartTime = %q, %v", tc.name, got, err)
		}
	}
}

func TestRecordAlive(t *testing.T) {
	start, err := startTime(os.Getpid())
	if err != nil {
		t.Skip("no /proc here")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	self := record{PID: os.Getpid(), Start: start, Boot: bootID(), Exe: exe}
	if !self.alive() {
		t.Fatalf("%+v is this process, and not alive", self)
	}
	for name, change := range map[string]func(*record){
		"a recycled pid":       func(r *record) { r.Start = "1" },
		"another boot":         func(r *record) { r.Boot = "another" },
		"another program":      func(r *record) { r.Exe = "/bin/other" },
		"no such process":      func(r *record) { r.PID = 1 << 30 },
		"a record without pid": func(r *record) { r.PID = 0 },
	} {
		other := self
		change(&other)
		if other.alive() {
			t.Errorf("%s passes for this process", name)
		}
	}
}

func TestRelocated(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"'BINDIR': '/opt/py/3.12.1/bin',", "'BINDIR': '/usr/local/bin',"},
		{"-L/opt/py/3.12.1/lib -Wl,-rpath,/opt/py/3.12.1/lib", "-L/usr/local/lib -Wl,-rpath,/usr/local/lib"},
		{"prefix=/opt/py/3.12.1", "prefix=/usr/local"},
		{"prefix=/opt/py/3.12.1\n", "prefix=/usr/local\n"},
		{"/opt/py/3.12.10/bin", "/opt/py/3.12.10/bin"},
		{"/opt/py/3.12.1-debug/bin", "/opt/py/3.12.1-debug/bin"},
		{"/opt/py/3x12.1/bin", "/opt/py/3x12.1/bin"},
	} {
		if got := string(relocated([]byte(tc.in), "/opt/py/3.12.1")); got != tc.want {
			t.Errorf("relocated(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestLinkedLibraries(t *testing.T) {
	const ldd = `/p/lib-dynload/_ssl.so:
	linux-vdso.so.1 (0x00007f)
	libssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
	libgone.so.1 => not found
/p/lib-dynload/zlib.so:
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
	/lib64/ld-linux-x86-64.so.2 (0x00007f)
`
	want := []string{"/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libssl.so.3"}
	if got := linkedLibraries(ldd); !reflect.DeepEqual(got, want) {
		t.Errorf("linkedLibraries = %q, want %q", got, want)
	}
}

func TestOSRelease(t *testing.T) {
	const text = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_CODENAME=\"bookworm\"\n"
	for key, want := range map[string]string{"ID": "debian", "VERSION_CODENAME": "bookworm", "NAME": "", "MISSING": ""} {
		if got := osRelease(text, key); got != want {
			t.Errorf("osRelease(%s) = %q, want %q", key, got, want)
		}
	}
}

func TestFreeGateway(t *testing.T) {
	taken := func(prefixes ...string) (addrs []net.Addr) {
		for _, prefix := range prefixes {
			ip, subnet, err := net.ParseCIDR(prefix)
			if err != nil {
				t.Fatal(err)
			}
			addrs = append(addrs, &net.IPNet{IP: ip, Mask: subnet.Mask})
		}
		return addrs
	}
	for _, tc := range []struct {
		taken []net.Addr
		want  string
	}{
		{taken("192.0.2.2/24", "fd00::2/64"), "172.30.77.1/24"},
		{taken("172.30.77.1/24"), "172.30.78.1/24"},
		{taken("172.30.64.9/20"), "172.30.80.1/24"},
		{taken("172.30.0.1/16"), ""},
	} {
		if got, err := freeGateway(tc.taken); got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("freeGateway(%v) = %q, %v, want %q", tc.taken, got, err, tc.want)
		}
	}
}

func TestRulesNaming(t *testing.T) {
	const saved = `*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 172.30.77.0/24 ! -o pybuild0 -j MASQUERADE
-A POSTROUTING -s 172.30.78.0/24 ! -o pybuild0-x -j MASQUERADE
COMMIT
`
	got := rulesNaming(saved, "pybuild0")
	if len(got) != 1 || strings.Join(got[0], " ") != "-D POSTROUTING -s 172.30.77.0/24 ! -o pybuild0 -j MASQUERADE" {
		t.Errorf("rulesNaming = %q", got)
	}
}

func TestMountsBelow(t *testing.T) {
	const mountinfo = `1 0 8:1 / / rw - ext4 /dev/sda rw
2 1 0:1 / /bed/state/a rw - overlay overlay rw
3 2 0:1 / /bed/state/a/b\040c rw - proc proc rw
4 1 0:1 / /bed/statement rw - tmpfs tmpfs rw
5 1 0:1 / /run/bed/netns rw - nsfs nsfs rw
`
	want := []string{"/run/bed/netns", "/bed/state/a/b c", "/bed/state/a"}
	if got := mountsBelow(mountinfo, "/bed/state", "/run/bed"); !reflect.DeepEqual(got, want) {
		t.Errorf("mountsBelow = %q, want %q", got, want)
	}
}
