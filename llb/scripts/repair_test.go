package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repairs runs a command as install.py does, below a directory and over a cache that is kept.
const repairs = `
import os, sys
import arguments, cache, install, uv
install.ROOT, kept, command = sys.argv[1], sys.argv[2], ["sh", "-c", sys.argv[3], "sh", *sys.argv[1:3]]
cache.kept = lambda env: kept
options = arguments.Options([], [])
sys.exit(uv.run(command, dict(os.environ), options).returncode or install.repair(command, dict(os.environ), options))
`

// TestRepair installs again what differs from its RECORD, once, and sees whether that helped.
func TestRepair(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, again string // what the first install leaves of the package, and the next
		runs         int
		ok           bool
	}{
		"nothing damaged":  {"good good", "", 1, true},
		"a module damaged": {"good bad", "good good", 2, true},
		"a module lost":    {"good -", "good good", 2, true},
		// Nobody but who made the wheel is to blame.
		"a wheel that has it so": {"good bad", "good bad", 2, true},
		"a wheel that lacks it":  {"- good", "- good", 2, true},
		"damaged again":          {"good bad", "bad good", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, kept := t.TempDir(), t.TempDir()
			runs := filepath.Join(kept, "runs")
			command := `echo >> "$2/runs"; test "$(wc -l < "$2/runs")" = 1 && set -- "$1" ` + c.first + ` || set -- "$1" ` + c.again + `
site="$1/lib/python3/site-packages"; mkdir -p "$site/demo-1.0.dist-info" "$site/demo/_vendor/inner-1.0.dist-info"
printf 'a.py,sha256=dw5gdiTWiSZcpsRIhNCAfZsFTSPEc8EGxyvp3gi3N2w,4\nb.py,sha256=dw5gdiTWiSZcpsRIhNCAfZsFTSPEc8EGxyvp3gi3N2w,4\ndemo-1.0.dist-info/RECORD,,\n' > "$site/demo-1.0.dist-info/RECORD"
printf 'nobody-has-it.py,,\ninner-1.0.dist-info/RECORD,,\n' > "$site/demo/_vendor/inner-1.0.dist-info/RECORD"
test "$2" = - || printf "$2" > "$site/a.py"
test "$3" = - || printf "$3" > "$site/b.py"`
			out, err := python(t, repairs, root, kept, command).CombinedOutput()
			if (err == nil) != c.ok || (c.runs > 1) != strings.Contains(string(out), "other files of demo-1.0 than their RECORD lists") ||
				c.ok == strings.Contains(string(out), "demo-1.0 is damaged again") {
				t.Errorf("it says %s, %v", out, err)
			}
			if data, err := os.ReadFile(runs); err != nil || len(data) != c.runs {
				t.Errorf("it installed %d times, %v", len(data), err)
			}
		})
	}
}
