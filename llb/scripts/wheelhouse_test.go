package scripts_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// laidOut lays out the wheels of a directory.
const laidOut = `
import sys
import wheelhouse
wheelhouse.OUT = sys.argv.pop(1)
wheelhouse.main()
`

// TestWheelhouseTimes wants a wheel that is another one to have another time, though it is as
// large: by these two alone engines tell what of a context they have already.
func TestWheelhouseTimes(t *testing.T) {
	t.Parallel()
	times := func(text string) map[string]time.Time {
		from, out := t.TempDir(), t.TempDir()
		if err := os.WriteFile(filepath.Join(from, "needy-1.0-py3-none-any.whl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, err := python(t, laidOut, out, "linux/amd64", from, "--").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		found := map[string]time.Time{}
		for _, name := range []string{"needy-1.0-py3-none-any.whl", "requirements.txt"} {
			info, err := os.Stat(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			found[name] = info.ModTime()
		}
		return found
	}
	one, same, other := times("one"), times("one"), times("two")
	for name := range one {
		if !one[name].Equal(same[name]) || one[name].Equal(other[name]) {
			t.Errorf("%s has the times %v and %v, and another one %v", name, one[name], same[name], other[name])
		}
		if year := one[name].UTC().Year(); year < 1980 || year > 2020 {
			t.Errorf("%s is of the year %d", name, year)
		}
	}
}
