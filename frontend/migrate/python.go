package migrate

import (
	"path"
	"regexp"
	"slices"
)

// runsPython reads what is run by Python itself.
func (r *running) runsPython(c call) {
	args := c.words[1:]
	for len(args) > 0 && slices.Contains([]string{"-u", "-B", "-O", "-I", "-s", "-E"}, args[0]) {
		args = args[1:]
	}
	switch {
	case len(args) > 1 && args[0] == "-m":
		module, rest := args[1], args[2:]
		switch module {
		case "pip", "uv", "poetry", "pdm", "pipenv":
			c.words = append([]string{module}, rest...)
			r.do(c)
		case "venv", "ensurepip", "virtualenv", "compileall", "pipx", "build":
			r.leave(c.at, c.text, "environments and bytecode are pybuild's own to make")
		case "spacy", "nltk.downloader", "nltk":
			r.ask(c.at, c.text, "pybuild downloads nothing but packages: add the model to the project's requirements by the URL of its wheel, or put its files into the context")
		case "playwright":
			r.ask(c.at, c.text, "browsers are in no package of Python: name an image that has them as base")
		case "django":
			r.django(c, rest)
		default:
			r.ask(c.at, c.text, "pybuild runs no program of the project's in the build: run it before, and put what it makes into the context")
		}
	case len(args) > 1 && path.Base(args[0]) == "manage.py":
		r.django(c, args[1:])
	case len(args) > 1 && path.Base(args[0]) == "setup.py":
		r.installs = true
		r.deps.uses = append(r.deps.uses, use{text: c.text, at: c.at})
		r.deps.project = use{text: ".", at: c.at}
		r.leave(c.at, c.text, "the project is built as a wheel, and installed")
	case len(args) > 0 && (args[0] == "--version" || args[0] == "-V"):
		r.leave(c.at, c.text, "it leaves nothing in the image")
	case installer.MatchString(c.text), len(args) > 0 && path.Base(args[0]) == "get-pip.py":
		r.leave(c.at, c.text, "pybuild brings what installs packages")
	case downloads.MatchString(c.text):
		r.ask(c.at, c.text, "pybuild downloads nothing but packages: put the data into the context, or mount it when the container starts")
	default:
		r.ask(c.at, c.text, "pybuild runs no program of the project's in the build: run it before, and put what it makes into the context")
	}
}

// downloads are programs that fetch models and the like.
var downloads = regexp.MustCompile(`nltk|spacy|huggingface|hf_hub|snapshot_download|from_pretrained|SentenceTransformer|load_model|easyocr|whisper`)

// django reads the commands of a manage.py.
func (r *running) django(c call, args []string) {
	switch args[0] {
	case "collectstatic":
		r.static = &c
		for name, value := range c.vars {
			r.set("build.env", name, value, c.at)
		}
	case "migrate":
		r.ask(c.at, c.text, "a build has no database: docker build --target migrate makes an image that does it, to be run when you release")
	default:
		r.ask(c.at, c.text, "pybuild runs no other command of Django's than collectstatic in the build: run it before, and put what it makes into the context")
	}
}
