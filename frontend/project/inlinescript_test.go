package project

import (
	"os"
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

func TestInlineScript(t *testing.T) {
	data, err := os.ReadFile("testdata/otherlocks/script/job.py")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseInlineScript("job.py", data)
	if err != nil {
		t.Fatal(err)
	}
	if s.RequiresPython != ">=3.11" || len(s.Dependencies) != 2 || s.Dependencies[1].Name != "idna" {
		t.Errorf("%+v", s)
	}
	if got := s.At.String() + " " + s.Dependencies[1].At.String() + " " + s.File.At("requires-python").String(); got != "job.py:8:1 job.py:12:5 job.py:9:21" {
		t.Errorf("places %s", got)
	}
	if v, _ := s.File.Value("tool", "uv", "exclude-newer"); v != "2026-06-01T00:00:00Z" {
		t.Errorf("[tool.uv] %v", v)
	}
	for _, c := range []struct{ text, want string }{
		{"print(1)\n", "nil"},
		{"# /// other\n# dependencies = 1\n# ///\n", "nil"},
		{"# /// script\n# ///", "0"},
		{"# /// script\r\n# dependencies = ['a']\r\n# ///\r\n", "1"},
		{"# /// script\n#\n# dependencies = ['a']\n# ///", "1"},
		{" # /// script\n# ///\n", "nil"},
		{"#/// script\n# ///\n", "nil"},
		{"# /// script \n# ///\n", "nil"},
		// The PEP's expression takes all up to the last line that closes.
		{"# /// script\n# dependencies = []\n# ///\n# a = '''\n# ///\n", "s.py:3:"},
		{"# /// script\n# dependencies = ['a']\nprint()\n# ///\n", "s.py:1:1: the block of metadata does not end"},
		{"# /// script\n# ///\n\n# /// script\n# ///\n", "s.py:4:1: there is a second block of metadata"},
		{"x = 1\n# /// script\n# dependencies = [1]\n# ///\n", "s.py:3:19: dependencies[0] should be a string"},
		{"# /// script\n# dependencies = ['>=1']\n# ///\n", "s.py:2:19: not a valid requirement"},
		{"# /// script\n# requires-python = '3.12'\n# ///\n", "s.py:2:21: requires-python: "},
		{"# /// script\n#dependencies = []\n# ///\n", "nil"},
		{"# /// script\n# a = \n# ///\n", "s.py:2:"},
	} {
		s, err := ParseInlineScript("s.py", []byte(c.text))
		got := "nil"
		if s != nil {
			got = string(rune('0' + len(s.Dependencies)))
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		for _, e := range diag.All(err) {
			if string(e.Source) != c.text || e.Hint == "" && !strings.Contains(c.text, "a = ") && !strings.Contains(c.text, "[1]") {
				t.Errorf("%q: %+v", c.text, e)
			}
		}
	}
}

func TestScriptLock(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile("testdata/otherlocks/script/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	lock, err := ParseUVLock("job.py.lock", read("job.py.lock"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"idna",  # no version`, `"idna"`, ""},
		{`>=0.27,<0.28`, `<0.28, >=0.27.0`, ""},
		{`>=0.27,<0.28`, `>=0.28`, `job.py:11:5: "httpx>=0.28" in dependencies differs from job.py.lock:10, which was made for "httpx>=0.27,<0.28"`},
		{`"idna",`, `"idna", "rich",`, `"rich" is in dependencies, but not in job.py.lock:9`},
		{`"idna",`, ``, `was made for "idna", which is not in dependencies any more`},
		{`">=3.11"`, `">=3.12"`, `job.py:9:21: requires-python ">=3.12" differs from job.py.lock:3, which was made for ">=3.11"`},
		{`anyio<5`, `anyio<4`, `"anyio<4" in tool.uv.constraint-dependencies differs`},
	} {
		text := strings.Replace(string(read("job.py")), c.old, c.new, 1)
		s, err := ParseInlineScript("job.py", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = s.CheckStale(lock)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %s", c.new, err, c.want)
		}
		for _, e := range diag.All(err) {
			if e.Hint != "run `uv lock --script job.py` and commit job.py.lock" || string(e.Source) != text {
				t.Errorf("%q: %s", c.new, e.Hint)
			}
		}
	}
}
