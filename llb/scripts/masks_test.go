package scripts_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// masked passes files as secrets, and prints a text as an output shows it, and the secret
// that a lock with it would hold.
const masked = `
import json, sys
import arguments, masks
options, ((text,),) = arguments.split(sys.argv[1:])
json.dump([masks.of_all(options).hide(text), masks.of_variables(options).held(text)], sys.stdout)
`

// TestMasks looks for secrets in what tools say and write, as they are and as URLs have them.
func TestMasks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	netrc := file("netrc", "machine a.example login me password hunter-two\n")
	options := []string{
		"--secret-env", "TOKEN=" + file("token", "s3cret/ä\n"), "--secret-env", "LONGER=" + file("longer", "s3cret/ä-and-more"),
		"--secret-env", "UV_INDEX_CORP_USERNAME=" + file("user", "builder"), "--secret-env", "PIN=" + file("pin", "1234"),
		"--secret-env", "ABSENT=" + filepath.Join(dir, "absent"), "--secret", netrc, "--secret", dir,
	}
	for text, want := range map[string][2]any{
		"nothing of interest":                            {"nothing of interest", nil},
		"http://x/s3cret/ä":                              {"http://x/${TOKEN}", "TOKEN"},
		"http://x/s3cret%2F%C3%A4?":                      {"http://x/${TOKEN}?", "TOKEN"},
		"http://x/s3cret%2f%c3%a4":                       {"http://x/${TOKEN}", "TOKEN"},
		"s3cret/ä-and-more, s3cret/ä":                    {"${LONGER}, ${TOKEN}", "LONGER"},
		"it quotes machine a.example login me":           {"it quotes machine a.example login me", nil},
		"it has password hunter-two":                     {"it has password <" + netrc + ">", nil},
		"machine a.example login me password hunter-two": {"<" + netrc + ">", nil},
		"a user builder with the PIN 1234":               {"a user builder with the PIN 1234", nil},
	} {
		out, err := python(t, masked, append(options, "--", text)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		var got [2]any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q becomes %q, %v, want %q, %v", text, got[0], got[1], want[0], want[1])
		}
	}
	none, err := python(t, masked, "--", "s3cret").Output()
	if err != nil || string(none) != `["s3cret", null]` {
		t.Errorf("without secrets: %s, %v", none, err)
	}
}
