package diag_test

import (
	"testing"

	"github.com/pybuild/pybuild/frontend/diag"
)

// TestCredential says what of a URL is secret, and what is not.
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
		if got := diag.MaskText(url); got != want || diag.HasCredential(url) != (url != want) {
			t.Errorf("%q: got %q, want %q", url, got, want)
		}
	}
}
