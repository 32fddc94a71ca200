package project

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

func TestParseRequirement(t *testing.T) {
	for text, want := range map[string]Requirement{
		"httpx":                    {Name: "httpx"},
		" Typing_Extensions>=4.0 ": {Name: "typing-extensions", Specifier: ">=4.0"},
		"fastapi [Standard,b_B, standard] >= 0.1 , <1": {Name: "fastapi", Extras: []string{"b-b", "standard"}, Specifier: ">=0.1,<1"},
		"zope.interface (>=5.0)":                       {Name: "zope-interface", Specifier: ">=5.0"},
		"a;python_version<'3.8'":                       {Name: "a", Marker: "python_version<'3.8'"},
		"a[]==1.*":                                     {Name: "a", Specifier: "==1.*"},
		"a===1.0-foo":                                  {Name: "a", Specifier: "===1.0-foo"},
		"a>=1,":                                        {Name: "a", Specifier: ">=1"},
		"a @ https://h.example/a;b.whl":                {Name: "a", URL: "https://h.example/a;b.whl"},
		"a[x]@git+ssh://git@h.example/r.git@v1#egg=a ; os_name == 'nt'": {Name: "a", Extras: []string{"x"}, URL: "git+ssh://git@h.example/r.git@v1#egg=a", Marker: "os_name == 'nt'"},
	} {
		got, err := ParseRequirement(text)
		want.Raw = text
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Errorf("%q: %v\n%s", text, err, d)
		}
	}
	for _, text := range []string{"", "  ", "git+https://h.example/x", "-e .", "a 1.0", "a>1 b", "a @", "a[", "a[x y]", "[x]", "a^1", "ünï", "a=1", "a>"} {
		if r, err := ParseRequirement(text); err == nil {
			t.Errorf("%q: no error, but %+v", text, r)
		}
	}
}

func TestCanonSpecifier(t *testing.T) {
	for _, same := range [][2]string{
		{">=1.0", ">=1"}, {">=1.0.0.0,<2", "<2.0,>=1"}, {"===1.5", "===1.5.0"}, {">=v2020.01.01", ">=2020.1.1"},
		{">=3.0-RC.1", ">=3.0rc1"}, {"==1!2.0", "==1!2"}, {"~=1.4", "~= v1.4"}, {"", ","}, {"==1.0+Local-1", "==1.0+local.1"},
	} {
		if a, b := canonSpecifier(same[0]), canonSpecifier(same[1]); a != b {
			t.Errorf("%q -> %q, but %q -> %q", same[0], a, same[1], b)
		}
	}
	for _, other := range [][2]string{
		{"~=1.4", "~=1.4.0"}, {"==3.*", "==3.0.*"}, {"==1", "===1"}, {">=1", ">1"}, {">=1", ">=1rc1"}, {"==1", "==1+x"}, {"==1!2", "==2"}, {">=1", ""}, {"==10", "==1"},
	} {
		if canonSpecifier(other[0]) == canonSpecifier(other[1]) {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}

func TestMarkerExtras(t *testing.T) {
	got := markerExtras(`(python_version < '3' and extra == 'B_b') or "a" == extra or extra=="a" or my_extra == 'c'`)
	if d := cmp.Diff([]string{"a", "b-b"}, got); d != "" {
		t.Error(d)
	}
}

const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestParseRequirements(t *testing.T) {
	fsys := files(
		"requirements.txt", "\ufeff# top\n"+
			"-r req/base.txt  # base\r\n"+
			"--requirement=req/more.txt\n"+
			"-c constraints.txt\n"+
			"--index-url https://${USER_NAME}:${PASS}@index.example/simple\n"+
			"--extra-index-url=https://other.example/simple --pre\n"+
			"\n"+
			"fastapi [standard] >= 0.1 , <1 ; python_version >= \"3.8\"\n"+
			"uvicorn==0.30 \\\n"+
			"    --hash=sha256:"+sum+" \\\n"+
			"    --hash sha256:"+strings.ToUpper(sum)+"\n"+
			"-e ./libs/one[x]\n"+
			"./wheels/two-1.0-py3-none-any.whl\n"+
			"three @ https://h.example/three-1.tar.gz#sha256="+sum+"\n"+
			"git+ssh://git@git.example/team/four.git@v1#egg=Four&subdirectory=x\n"+
			"https://h.example/my-five-1.0.zip ; os_name == 'posix'\n"+
			"six @ file:./libs/one\n"+
			"--editable=git+https://${TOKEN}@git.example/seven@0123456789abcdef0123456789abcdef01234567#egg=seven\n"+
			"eight==8#not a comment\n",
		"req/base.txt", "-r ../requirements.txt\n-r more.txt\nidna\n",
		"req/more.txt", "certifi # comment\n",
		"constraints.txt", "idna==3.4 --hash=sha256:"+sum+"\n-r req/more.txt",
		"libs/one/pyproject.toml", "", "wheels/two-1.0-py3-none-any.whl", "",
	)
	// pip and uv would refuse the last line; it is here for the comment's sake.
	r, err := ParseRequirements(fsys, "requirements.txt")
	if err == nil || len(diag.All(err)) != 1 || !strings.HasPrefix(err.Error(), "requirements.txt:19:1: not a valid requirement") {
		// "8#not" and "a" and "comment" are one specifier with spaces.
		t.Errorf("errors: %v", err)
	}
	type entry struct {
		Text, Marker   string
		Hashes         int
		Local          string
		Edit, VCS, URL bool
		File           string
		Line, End      int
	}
	flat := func(entries []RequirementLine) []entry {
		var out []entry
		for _, e := range entries {
			out = append(out, entry{e.Requirement.String(), e.Requirement.Marker, len(e.Hashes), e.LocalPath, e.Editable, e.VCS, e.URL,
				e.Location.File, e.Location.Start.Line, e.Location.End.Line})
		}
		return out
	}
	want := []entry{
		{Text: "certifi", File: "req/more.txt", Line: 1, End: 1},
		{Text: "idna", File: "req/base.txt", Line: 3, End: 3},
		{Text: "fastapi[standard]>=0.1,<1", Marker: `python_version >= "3.8"`, File: "requirements.txt", Line: 8, End: 8},
		{Text: "uvicorn==0.30", Hashes: 2, File: "requirements.txt", Line: 9, End: 11},
		{Local: "libs/one", Edit: true, File: "requirements.txt", Line: 12, End: 12},
		{Text: "two", Local: "wheels/two-1.0-py3-none-any.whl", File: "requirements.txt", Line: 13, End: 13},
		{Text: "three @ https://h.example/three-1.tar.gz#sha256=" + sum, Hashes: 1, URL: true, File: "requirements.txt", Line: 14, End: 14},
		{Text: "four @ git+ssh://git@git.example/team/four.git@v1#egg=Four&subdirectory=x", VCS: true, File: "requirements.txt", Line: 15, End: 15},
		{Text: "my-five @ https://h.example/my-five-1.0.zip", Marker: "os_name == 'posix'", URL: true, File: "requirements.txt", Line: 16, End: 16},
		{Text: "six @ file:./libs/one", Local: "libs/one", File: "requirements.txt", Line: 17, End: 17},
		{Text: "seven @ git+https://${TOKEN}@git.example/seven@0123456789abcdef0123456789abcdef01234567#egg=seven", Edit: true, VCS: true, File: "requirements.txt", Line: 18, End: 18},
	}
	if d := cmp.Diff(want, flat(r.Entries)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]entry{{Text: "idna==3.4", Hashes: 1, File: "constraints.txt", Line: 1, End: 1}, {Text: "certifi", File: "req/more.txt", Line: 1, End: 1}}, flat(r.ConstraintEntries)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"constraints.txt", "req/base.txt", "req/more.txt", "requirements.txt"}, r.Files()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"PASS", "TOKEN", "USER_NAME"}, r.EnvVars); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"https://${USER_NAME}:${PASS}@index.example/simple"}, r.Option("index-url")); d != "" {
		t.Error(d)
	}
	if len(r.Option("pre")) != 1 || len(r.Option("extra-index-url")) != 1 || r.AllHashed() || r.Pinned() {
		t.Error(r.Options, r.AllHashed(), r.Pinned())
	}
}

func TestRequirementsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"-r missing.txt":                       "requirements.txt:1:1: cannot read the requirements file missing.txt",
		"a\n  -c missing.txt":                  "requirements.txt:2:3: cannot read the constraints file missing.txt",
		"-r ../up.txt":                         "the requirements file ../up.txt is not in the build context",
		"-r /etc/passwd":                       "is not in the build context",
		"-r https://h.example/r.txt":           "cannot be included",
		"-r":                                   "is not in the build context",
		"-e ../lib":                            "the path ../lib leads out of the build context",
		"./nowhere":                            "nowhere is not in the build context",
		"--bogus x":                            "pip knows no option --bogus",
		"a --hash=md5:00":                      `"md5:00" is not a hash that pip takes`,
		"--hash=sha256:00":                     "--hash belongs to a requirement",
		"a 1.0":                                `"1.0" should start with an operator, such as ==1.0`,
		"a==1 --hash=sha256:" + sum + "\nb==2": "requirements.txt:2:1: other requirements have hashes, but b==2 has none",
		"--require-hashes\nb==2":               "requirements.txt:2:1: other requirements have hashes, but b==2 has none",
		"a==1 --hash=sha256:" + sum + "\nb @ git+https://h.example/b": "a repository cannot have one",
	} {
		_, err := Read(files("requirements.txt", text), Choice{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
		for _, e := range diag.All(err) {
			if e.At.Start.Line == 0 || e.Source == nil || e.Hint == "" {
				t.Errorf("%q: lacks a place, source or hint: %+v", text, e)
			}
		}
	}
}

func TestRequirementsHashedAndPinned(t *testing.T) {
	for _, c := range []struct {
		text           string
		hashed, pinned bool
	}{
		{"a==1 --hash=sha256:" + sum + "\n./lib", true, true},
		{"a==1\nb===2", false, true},
		{"a==1.*", false, false},
		{"a==1,<2", false, false},
		{"a>=1 --hash=sha256:" + sum, true, false},
		{"a\n-c c.txt", true, true},
		{"b @ git+https://h.example/b@0123456789abcdef0123456789abcdef01234567", false, true},
		{"b @ git+https://h.example/b@main", false, false},
		{"", false, false},
	} {
		r, err := ParseRequirements(files("requirements.txt", c.text, "lib/x", "", "c.txt", "a==1 --hash=sha256:"+sum), "requirements.txt")
		if err != nil || r.AllHashed() != c.hashed || r.Pinned() != c.pinned {
			t.Errorf("%q: hashed %v, pinned %v, %v", c.text, r.AllHashed(), r.Pinned(), err)
		}
	}
}

func TestReqLines(t *testing.T) {
	got := reqLines([]byte("a\\\n  b # c \\\nd \\\n# in between\n e\\"))
	want := []reqLine{{"a  b", 1, 4, 1, 13}, {"e", 5, 5, 2, 4}} // as pip: the comment goes on
	if d := cmp.Diff(want, got, cmp.AllowUnexported(reqLine{})); d != "" {
		t.Error(d)
	}
}

func FuzzRequirements(f *testing.F) {
	for _, seed := range []string{
		"a==1 --hash=sha256:" + sum + " \\\n --hash=sha512:" + sum + sum + "\n-e .[x]\n-r requirements.txt\n-c sub/r.txt",
		"name [x] @ git+ssh://git@h.example/r@v#egg=q ; extra == 'x'", "--index-url https://a:b@h\n${X}", "-rsub/r.txt\n-", "a\\", "'\"\n\\",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		watch(t)
		fsys := files("requirements.txt", string(data), "sub/r.txt", string(data))
		r, err := ParseRequirements(fsys, "requirements.txt")
		lines := strings.Count(string(data), "\n") + 1
		for _, e := range r.Entries {
			if e.Location.Start.Line < 1 || e.Location.End.Line > lines || e.Location.End.Line < e.Location.Start.Line {
				t.Errorf("place out of the file: %v", e.Location)
			}
			if diag.HasCredential(e.Requirement.String()) {
				t.Error("a credential is shown")
			}
		}
		for _, e := range diag.All(err) {
			if e.At == (plan.Location{}) || diag.HasCredential(e.Error()) || diag.HasCredential(string(e.Source)) {
				t.Errorf("no place, or a credential: %v", e)
			}
		}
		_, _, _ = r.AllHashed(), r.Pinned(), r.checkHashes()
	})
}
