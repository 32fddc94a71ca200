package frontend

import "testing"

// TestWithoutLogin takes what nobody shall read out of the URL of a repository, also out of
// one that is none to Go.
func TestWithoutLogin(t *testing.T) {
	for text, want := range map[string]string{
		"https://corp.example/shop":           "https://corp.example/shop",
		"https://token@corp.example/shop.git": "https://corp.example/shop.git",
		"https://u:p@corp.example/a@b":        "https://corp.example/a@b",
		"https://u:p%zz@corp.example/shop":    "https://corp.example/shop",
		"https://u:p@@corp.example:port/shop": "https://corp.example:port/shop",
		"ssh://git@corp.example/shop":         "ssh://git@corp.example/shop",
		"ssh://git:p@corp.example/shop":       "ssh://corp.example/shop",
		"git@corp.example:shop.git":           "git@corp.example:shop.git",
	} {
		if got := withoutLogin(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
