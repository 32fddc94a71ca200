package frontend

import "testing"

// TestHintWithoutLock leaves out of a step's hint what only a project with a lock can do.
func TestHintWithoutLock(t *testing.T) {
	for hint, want := range map[string]string{
		"ask for a version that is published, and lock again":                              "ask for a version that is published",
		"choose another one with the key python; or change requires-python and lock again": "choose another one with the key python; or change requires-python",
		"check its name": "check its name",
	} {
		if got := withoutLock(hint); got != want {
			t.Errorf("%q becomes %q", hint, got)
		}
	}
}
