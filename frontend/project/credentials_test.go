package project

import (
	"strings"
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

func TestCredential(t *testing.T) {
	for url, want := range map[string]string{
		"https://user:s3cret@index.example/":              "https://user:******@index.example/",
		"https://user:p@ss@index.example/":                "https://user:****@index.example/",
		"git+https://ghp_abc@git.example/x":               "git+https://*******@git.example/x",
		"https://__token__:${TOKEN}@index.example/":       "",
		"https://${USER}:${TOKEN}@index.example/":         "",
		"https://user@index.example/":                     "",
		"https://user:@index.example/":                    "",
		"https://user:****@index.example/":                "",
		"git+ssh://git@git.example/x":                     "",
		"https://index.example/?mail=a:b@c.example":       "",
		"https://index.example/a:b@c":                     "",
		"name @ git+https://git.example/x@v1":             "",
		"https://oauth2accesstoken@index.example/simple/": "",
	} {
		if want == "" {
			want = url
		}
		if got := maskURL(url); got != want || hasCredential(url) != (url != want) {
			t.Errorf("%q: got %q, want %q", url, got, want)
		}
	}
}

// Credentials are mistakes wherever uv would use them, and never shown, not
// even by another mistake next to them.
func TestCredentialsAreNotShown(t *testing.T) {
	const secret = "hunter2secret"
	const url = "https://me:" + secret + "@index.example/"
	for name, c := range map[string][]string{
		"requirement":     {PyprojectFile, aProject + "dependencies = [\"b @ " + url + "b.whl\"]\n"},
		"group":           {PyprojectFile, aProject + "[dependency-groups]\ndev = [\"b @ " + url + "b.whl\"]\n"},
		"source":          {PyprojectFile, aProject + "[tool.uv.sources]\nb = {url = \"" + url + "\"}\n"},
		"index":           {PyprojectFile, aProject + "[[tool.uv.index]]\nurl = \"" + url + "\"\n"},
		"index-url":       {PyprojectFile, aProject + "[tool.uv]\nindex-url = \"" + url + "\"\n"},
		"invalid TOML":    {PyprojectFile, aProject + "[[tool.uv.index]]\nurl = \"" + url + "\n"},
		"bad requirement": {PyprojectFile, aProject + "dependencies = [\"b ^ " + url + "\"]\n"},
		"lock":            {PyprojectFile, aProject, UVLockFile, aLock + "[[package]]\nname = \"b\"\nsource = { registry = \"" + url + "\" }\n"},
		"lock and stale":  {PyprojectFile, aProject + "dependencies = [\"b @ " + url + "\"]\n", UVLockFile, aLock},
		"uv.toml":         {PyprojectFile, aProject, UVConfigFile, "[[index]]\nname = \"corp\"\nurl = \"" + url + "\"\n"},
		"pylock":          {"pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"b\"\nversion = \"1\"\nindex = \"" + url + "\"\n"},
		"file":            {RequirementsFile, "b @ " + url + "b.whl\nc ^ 1"},
		"file's index":    {RequirementsFile, "--index-url=" + url},
		"file's include":  {RequirementsFile, "-r x.txt", "x.txt", "-e git+" + url},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(files(c...), Choice{})
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("shown: %v", err)
			}
			for _, e := range diag.All(err) {
				if strings.Contains(string(e.Source), secret) || (e.Err != nil && strings.Contains(e.Err.Error(), secret)) {
					t.Errorf("in the source or cause: %v", e)
				}
			}
			if all := diag.All(err); !strings.HasPrefix(name, "invalid") && !strings.HasPrefix(name, "bad") {
				found := false
				for _, e := range all {
					found = found || (strings.Contains(e.Message, "holds a credential") && e.At.Start.Line > 0)
				}
				if !found {
					t.Error(err)
				}
			}
		})
	}
	// Credentials of other tools are not ours.
	if _, err := Read(files(PyprojectFile, aProject+"[tool.x]\nurl = \"postgres://a:b@localhost/\"\n"), Choice{}); err != nil {
		t.Error(err)
	}
}
