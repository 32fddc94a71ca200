package planner

import (
	"github.com/pybuild/pybuild/frontend/diag"
)

// openDjango looks in Django's settings for what startproject writes for a developer's own machine,
// where they say it outright.
func openDjango(in Input) []diag.Warning {
	d := servedDjango(in)
	if d == nil || developing(in.Target) {
		return nil
	}
	var all []diag.Warning
	if !d.DebugAt.IsZero() {
		all = append(all, diag.Warning{Rule: "DebugServer", At: d.DebugAt, Message: "DEBUG = True shows the app's inner life to everybody",
			Hint: "write DEBUG = os.environ.get(\"DEBUG\") == \"1\", and set it where you debug: docker run --env DEBUG=1"})
	}
	if !d.KeyAt.IsZero() {
		all = append(all, diag.Warning{Rule: "SecretInSettings", At: d.KeyAt, Message: "SECRET_KEY is in the image, for everybody who can pull it, and in the repository",
			Hint: "write SECRET_KEY = os.environ[\"SECRET_KEY\"], make another one, and pass it when the container starts: docker run --env SECRET_KEY"})
	}
	collects := in.Config.Build.CollectStatic == nil || *in.Config.Build.CollectStatic
	if d.StaticFiles && !d.StaticRoot && !d.ServesStatic && collects {
		all = append(all, diag.Warning{Rule: "UnservedStatic", At: d.StaticFilesAt, Message: "nothing serves the static files: the server of the image does not, as runserver does",
			Hint: "set STATIC_ROOT = BASE_DIR / \"staticfiles\", and add whitenoise and its middleware; collectstatic = false in [build] where another server has them"})
	}
	return all
}
