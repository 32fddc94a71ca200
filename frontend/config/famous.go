package config

import "strings"

// famous returns what to write in place of a key that other tools have.
func famous(name string) (hint string, ok bool) {
	for _, f := range famousKeys() {
		for _, known := range strings.Fields(f.names) {
			if known == name {
				return f.hint, true
			}
		}
	}
	return "", false
}

type famousKey struct{ names, hint string }

// famousKeys is what people bring along from Dockerfiles, Compose, buildpacks
// and other builders of Python images.
func famousKeys() []famousKey {
	return []famousKey{
		{"python-version pythonversion requires-python python-full-version", `write python = "3.12"`},
		{"image from base-image baseimage docker-image", `write base = "python:3.12-slim"`},
		{"builder-image build-image", "the builder follows from base; Debian packages for it are packages in [build]"},
		{"dependencies requirements python-packages python-requirements pip pip-packages install-requires", "Python dependencies stay where they are: pyproject.toml and its lock file, or requirements.txt"},
		{"apt apt-packages aptpkgs apt-pkgs system system-packages systempackages debian-packages apk", "Debian packages are packages in [build] or [runtime]"},
		{"optional-dependencies optional features", "name optional dependencies in extras of [build]"},
		{"dependency-groups dependency-group with dev", "name dependency groups in groups of [build]"},
		{"run steps commands pre-install post-install prebuild postbuild build-command build-commands", "there are no free build steps: a step that needs more belongs in the project's build backend, or in the base image"},
		{"environment envs variables vars environment-variables", "variables are env in [runtime], or in [build] for the build alone"},
		{"build-args buildargs arg", "build arguments are args in [build]"},
		{"index index-url extra-index-url indexes find-links", "indexes are [[tool.uv.index]] in pyproject.toml, or UV_INDEX in env of [build]; passwords are secrets of [build]"},
		{"uv-version installer", `write uv = "0.13.9" in [build]`},
		{"cmd start start-command entry-command procfile", `write command = ["program", "argument"] in [serve]`},
		{"entry-point entrypoints", "an installed entry point is script in [serve]; the ENTRYPOINT is entrypoint there"},
		{"main file", `a file of the app is script = "main.py" in [serve]`},
		{"asgi wsgi application predict handler", `write app = "shop.main:app" in [serve]`},
		{"uvicorn gunicorn", "choose it with server in [serve]"},
		{"framework", "the framework does not matter; name the application with app in [serve]"},
		{"threads worker-class concurrency", "write the whole command in [serve], or set GUNICORN_CMD_ARGS in env of [runtime]"},
		{"expose ports http-port", "write port = 8000 in [serve]"},
		{"host bind", "the server listens on every address; the port is port in [serve]"},
		{"health health-check healthcheck-path health-path", `write healthcheck = "/health" in [serve]`},
		{"stopsignal signal", `write stop-signal = "SIGTERM" in [serve]`},
		{"cwd work-dir working-dir working-directory directory app-dir", `write workdir = "/app" in [runtime]`},
		{"files copy source sources add assets", "the files of the app are include and exclude in [runtime]"},
		{"ignore excludes dockerignore", "files to leave out are exclude in [runtime], or lines of .dockerignore"},
		{"username run-as run-as-user nonroot", "the account is user, group, uid and gid in [runtime]"},
		{"chown", `write owner = "user" in [runtime]`},
		{"annotations label", "labels are labels in [runtime]; annotations are passed to docker build --annotation"},
		{"tag tags name image-name", "the name of the image is passed to docker build: --tag"},
		{"platform platforms arch architecture", "platforms are passed to docker build: --platform"},
		{"cache cache-from cache-to", "caches are passed to docker build: --cache-from and --cache-to"},
		{"volume mounts writable data-dir", `write volumes = ["/data"] in [runtime], and pass the volume to docker run: --volume`},
		{"secret", "secrets are secrets in [build]"},
		{"gpu cuda", "name an image that has CUDA with base"},
		{"tool", "keys of a pybuild.toml stand at the top level, without [tool.pybuild]"},
		{"project build-system", "it belongs in pyproject.toml"},
		{"web process processes", "what the container runs is [serve]"},
		{"system-deps run-packages runtime-packages", "write packages in [runtime]"},
		{"build-packages", "write packages in [build]"},
		{"log-level", "write LOG_LEVEL in env of [runtime]"},
		{"restart restart-policy", "it is passed to docker run: --restart"},
	}
}
