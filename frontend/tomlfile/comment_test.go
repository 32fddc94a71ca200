package tomlfile_test

import (
	"testing"

	"github.com/pybuild/pybuild/frontend/tomlfile"
)

// TestComment has what stands right above a key or a header, and nothing else.
func TestComment(t *testing.T) {
	f, err := tomlfile.Parse("x.toml", []byte("# syntax=a\n# check=skip=B\nfirst = 1\n# one\n#two  words\nsecond = 2\n\n# apart\n\nthird = 3\n# of t\n[t.u]\nin = { a = 1, b = 2 } # beside\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path []string
		want string
	}{{[]string{"first"}, ""}, {[]string{"second"}, "one two words"}, {[]string{"third"}, ""}, {[]string{"t", "u"}, "of t"}, {[]string{"t", "u", "in", "b"}, ""}} {
		if got := f.Comment(c.path...); got != c.want {
			t.Errorf("above %v is %q, want %q", c.path, got, c.want)
		}
	}
}
