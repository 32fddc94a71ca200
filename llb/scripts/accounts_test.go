package scripts_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"
)

// driver answers lines with a passwd file with what rootfs.py writes for it, or with what it
// says against it. The files are in memory, read and written as open does it.
const driver = `
import base64, io, os, sys, traceback, types
import rootfs, failure
class Refused(Exception):
    pass
def end(*words):
    raise Refused(words)
failure.end = end
files = {}
class Written(io.BytesIO):
    def close(self):
        files["/out"] = self.getvalue()
        super().close()
def open(path, mode="r", **how):
    return io.TextIOWrapper(io.BytesIO(files["/base"]) if mode == "r" else Written(), **how)
rootfs.open = open
rootfs.os = types.SimpleNamespace(makedirs=lambda *_, **__: None, chmod=lambda *_: None)
for line in sys.stdin.buffer:
    files = {"/base": base64.b64decode(line)}
    try:
        rootfs.add("passwd", "app", "1001", "app:x:1001:1001::/nonexistent:/usr/sbin/nologin")
        answer = b"+" + base64.b64encode(files["/out"])
    except Refused:
        answer = b"-"
    except Exception:
        answer = b"!" + base64.b64encode(traceback.format_exc().encode())
    os.write(1, answer + b"\n")
`

// FuzzAccounts adds the account to the passwd files of strange bases: what is there stays
// there byte by byte, and the account is there once.
func FuzzAccounts(f *testing.F) {
	process := python(f, driver)
	process.Stderr = os.Stderr
	in, errIn := process.StdinPipe()
	out, errOut := process.StdoutPipe()
	if err := process.Start(); err != nil || errIn != nil || errOut != nil {
		f.Fatal(err, errIn, errOut)
	}
	f.Cleanup(func() { _ = in.Close(); _ = process.Wait() })
	answers := bufio.NewReader(out)
	for _, seed := range []string{
		"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", "", "root\n", "# comment\n\napp:x:1000:1000::/:\n", "app:x:1001:5::/:/x\n", "app\n", "+::::::\n", "\xff\xfe:x:1:1::/:\n", "a:x:1001\r\n", "a:b\x85c:1001\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, passwd []byte) {
		if _, err := in.Write([]byte(base64.StdEncoding.EncodeToString(passwd) + "\n")); err != nil {
			t.Fatal(err)
		}
		answer, err := answers.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(answer[1:]))
		if err != nil {
			t.Fatal(err)
		}
		switch answer[0] {
		case '!':
			t.Fatalf("%s", text)
		case '-':
			return
		}
		var kept [][]byte
		numbered := 0
		for _, line := range bytes.Split(passwd, []byte("\n")) {
			if len(line) > 0 {
				kept = append(kept, line)
			}
		}
		lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		for i, line := range lines {
			if fields := bytes.Split(line, []byte(":")); len(fields) > 2 && string(fields[2]) == "1001" {
				numbered++
			}
			if i < len(kept) && !bytes.Equal(line, kept[i]) {
				t.Errorf("%q is %q", kept[i], line)
			}
		}
		if numbered == 0 || len(lines) < len(kept) || len(lines) > len(kept)+1 {
			t.Errorf("%q of %q", text, passwd)
		}
	})
}
