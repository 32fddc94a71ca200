package integration

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestVulnerabilities has `make vuln` fail where CI is set and no database answers, and where one
// does, with what the check says.
func TestVulnerabilities(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make")
	}
	database := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/index/db.json" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer database.Close()
	nowhere := httptest.NewServer(http.NotFoundHandler())
	defer nowhere.Close()
	for _, c := range []struct {
		name, ci, database, says string
		fails                    bool
	}{
		{"at home without a database", "", nowhere.URL, "NOT RUN", false},
		{"in CI without a database", "true", nowhere.URL, "NOT RUN", true},
		// What is run in the place of govulncheck is no program.
		{"with a database", "", database.URL, "no-such-check", true},
	} {
		cmd := exec.Command("make", "vuln", "GOVULNDB="+c.database, "GOVULNCHECK=./no-such-check") //nolint:gosec // what this test names
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "CI="+c.ci, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
		out, err := cmd.CombinedOutput()
		if (err != nil) != c.fails || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
}
