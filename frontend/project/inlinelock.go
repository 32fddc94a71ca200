package project

import (
	"errors"

	"github.com/pybuild/pybuild/frontend/diag"
)

// CheckStale compares the script's lock, which `uv lock --script NAME.py`
// writes to NAME.py.lock in the format of uv.lock, with the block.
func (s *InlineScript) CheckStale(lock *UVLock) error {
	facts := &Facts{Lock: lock, Pyproject: s.table}
	c := comparison{facts: facts, pyproject: s.table}
	var wanted, locked []entry
	for _, r := range s.Dependencies {
		wanted = append(wanted, wantedEntry(r, "dependencies", ""))
	}
	for i, r := range lock.Manifest.Requirements {
		e := lockedEntry(r, lock.line("manifest", "requirements", itoa(i)))
		e.list, e.at = "dependencies", s.File.KeyAt("dependencies")
		locked = append(locked, e)
	}
	errs := []error{c.compareIn(wanted, locked, lock.line("manifest", "requirements")), facts.checkManifest()}
	if s.RequiresPython != "" && lock.RequiresPython != "" {
		have, errHave := parsePythonRange(lock.RequiresPython)
		want, errWant := parsePythonRange(s.RequiresPython)
		if errHave == nil && errWant == nil && !samePythons(want, have) {
			errs = append(errs, stale(s.table, s.File.At("requires-python"), "requires-python %q differs from %s, which was made for %q",
				s.RequiresPython, lock.line("requires-python"), lock.RequiresPython))
		}
	}
	err := errors.Join(errs...)
	for _, e := range diag.All(err) {
		e.Source, e.Hint = s.Data, "run `uv lock --script "+s.Name+"` and commit "+lock.File.Name
	}
	return err
}
