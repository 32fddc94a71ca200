package migrate

import (
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/pybuild/pybuild/llb/plan"
)

// health remembers the last HEALTHCHECK.
func (s *stage) health(c *instructions.HealthCheckCommand, at plan.Location, text string) {
	s.check, s.checkAt, s.checkText = c, at, text
}

var (
	// asked finds the URL of the app itself.
	asked = regexp.MustCompile(`http://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+|\$\{?[A-Z_]+(?::-(\d+))?\}?|\{[^}]*\}))?(/[^\s'"|;)&\]]*)?`)
	asker = regexp.MustCompile(`\b(curl|wget|python[0-9.]*|http|httpie)\b`)
)

// checked carries the health check over: one that asks a path becomes the path, which
// Python asks for.
func (f *found) checked(image *stage) {
	c := f.check
	if c == nil {
		return
	}
	test := c.Health.Test
	if len(test) == 1 && test[0] == "NONE" {
		f.maybe("serve", "healthcheck", raw("false"), f.checkAt)
		return
	}
	times := f.times(c)
	text := strings.Join(test[1:], " ")
	m := asked.FindStringSubmatch(text)
	program := asker.FindString(text)
	port := "8000"
	if v, ok := f.get("serve", "port").(raw); ok {
		port = string(v)
	}
	if m != nil && program != "" && (m[1] == "" || strings.ContainsAny(m[1], "${") || m[1] == port) {
		asks := or(m[3], "/")
		if !times {
			f.set("serve", "healthcheck", asks, f.checkAt)
		} else {
			f.set("serve.healthcheck", "path", asks, f.checkAt)
		}
		for _, tool := range []string{"curl", "wget"} {
			if program == tool && slices.Contains(f.list("runtime", "packages"), tool) {
				f.leave(f.placeOf("runtime", "packages", tool), tool, "the health check is Python's own; write it to packages in [runtime] where the app calls it")
				f.remove("runtime", "packages", tool)
			}
		}
		return
	}
	words := image.inAppAll(test[1:])
	if test[0] == "CMD-SHELL" {
		words = []string{"sh", "-c", text}
	}
	f.set("serve.healthcheck", "command", words, f.checkAt)
}

// times writes those that are not the default; false if there is none.
func (f *found) times(c *instructions.HealthCheckCommand) bool {
	any := false
	for _, t := range []struct{ name, value, own string }{
		{"interval", c.Health.Interval.String(), "30s"}, {"timeout", c.Health.Timeout.String(), "5s"},
		{"start-period", c.Health.StartPeriod.String(), "30s"}, {"start-interval", c.Health.StartInterval.String(), "1s"},
	} {
		if t.value != "0s" && t.value != t.own {
			f.set("serve.healthcheck", t.name, brief(t.value), f.checkAt)
			any = true
		}
	}
	if n := c.Health.Retries; n > 0 && n != 3 {
		f.set("serve.healthcheck", "retries", n, f.checkAt)
		any = true
	}
	return any
}

// brief is a duration as people write it: Go's 1m0s is 1m.
func brief(d string) string {
	if rest, ok := strings.CutSuffix(d, "m0s"); ok {
		return rest + "m"
	}
	return d
}
