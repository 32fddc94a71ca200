package migrate

import (
	"errors"
	"path"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

var yamlLine = regexp.MustCompile(`line (\d+)`)

// mopy reads a file of mopy, whose keys are those of its README and its JSON Schema.
func (f *found) mopy() error {
	var document yaml.Node
	err := yaml.Unmarshal(f.data, &document)
	if err == nil && (len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode) {
		err = errors.New("it has no keys")
	}
	if err != nil {
		at := f.line(1, 1, 1)
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			line, _ := strconv.Atoi(m[1])
			at = f.line(max(line, 1), 1, 1)
		}
		return &diag.Error{Code: "PB410", At: at, Source: diag.Mask(f.data), Message: diag.MaskText(f.file + " is no file of mopy: " + strings.TrimPrefix(err.Error(), "yaml: ")), Hint: "name a file that mopy takes", Err: err}
	}
	f.layout = layout{root: "/app", cwd: "."}
	f.cmdText = ""
	f.fallback = func() { f.set("serve", "command", []string{"python"}, f.line(1, 1, 1)) } // an image of packages alone
	root := document.Content[0]
	f.leave(f.line(1, 1, 1), "mopy's image", "it is distroless or slim; pybuild's is python:<version>-slim, and base names another")
	for i := 0; i+1 < len(root.Content); i += 2 {
		if err := f.mopyKey(root.Content[i], root.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// node is the place of a node.
func (f *found) node(n *yaml.Node) plan.Location { return f.line(n.Line, n.Column, len(n.Value)) }

func (f *found) mopyKey(key, value *yaml.Node) error {
	at := f.node(value)
	switch key.Value {
	case "apiVersion":
		if value.Value != "v1" {
			return f.refuse(at, "only v1 is known", "%s is another version of mopy's files", value.Value)
		}
		f.leave(at, "apiVersion", "nothing says which version of pybuild.toml it is")
	case "python":
		if err := f.pythonOf(&stage{at: at}, inTag, value.Value); err != nil {
			return err
		}
		if f.get("", "python") == nil {
			f.ask(at, "python "+value.Value, "write the minor version as well, as in python = \"3.13\"")
		}
	case "build-deps":
		for _, n := range value.Content {
			f.mopySystem(n)
		}
	case "envs":
		for i := 0; i+1 < len(value.Content); i += 2 {
			name, text := value.Content[i].Value, value.Content[i+1].Value
			where := f.node(value.Content[i])
			if diag.HasCredential(text) || secretName.MatchString(name) && text != "" {
				f.ask(where, name, "whoever pulls the image reads it, so it is not carried over: pass it when the container starts, as with docker run --env %s, and change it, since it was in a file", name)
				continue
			}
			f.set("runtime.env", name, text, where)
		}
	case "indices":
		for _, n := range value.Content {
			f.mopyIndex(n)
		}
	case "pip":
		f.deps.uses = append(f.deps.uses, use{text: "pip", at: at})
		for _, n := range value.Content {
			f.mopyPip(n)
		}
	case "sbom":
		f.leave(at, "sbom", "a bill of materials is no label, but an attestation of the build: docker buildx build --attest type=sbom")
	case "labels":
		for i := 0; i+1 < len(value.Content); i += 2 {
			name, text, where := value.Content[i].Value, value.Content[i+1].Value, f.node(value.Content[i])
			if strings.HasPrefix(text, "${mopy.") {
				f.ask(where, name, "%s is mopy's own: the bill of materials is an attestation, docker buildx build --attest type=sbom", text)
				continue
			}
			f.set("runtime.labels", name, text, where)
		}
	case "project":
		f.mopyProject(value)
	default:
		f.ask(f.node(key), key.Value, "mopy's README has no such key")
	}
	return nil
}

// mopySystem is a package of the builder.
func (f *found) mopySystem(n *yaml.Node) {
	switch {
	case byItself.MatchString(n.Value):
		f.leave(f.node(n), n.Value, "the compiler and Python's headers come where a package has no wheel")
	case !debName.MatchString(n.Value):
		f.ask(f.node(n), n.Value, "this is no plain name of a package: write it to packages in [build]")
	default:
		f.add("build", "packages", n.Value, f.node(n))
	}
}

// mopyIndex is an index, whose login no file should have.
func (f *found) mopyIndex(n *yaml.Node) {
	var index struct {
		URL, Username, Password string
		Trust                   bool
	}
	if err := n.Decode(&index); err != nil || index.URL == "" {
		f.ask(f.node(n), "indices", "an index has a url")
		return
	}
	url := index.URL
	if scheme, rest, ok := strings.Cut(url, "://"); ok && index.Username != "" {
		// As mopy does; it is masked wherever it is shown.
		url = scheme + "://" + index.Username + ":" + or(index.Password, index.Username) + "@" + rest
	}
	f.deps.indexes = append(f.deps.indexes, use{text: url, at: f.node(n)})
	if index.Trust {
		f.ask(f.node(n), "trust", "certificates are always checked: pass the one of your CA as the secret ca, with ca = true in [build]")
	}
}

// mopyPip is what pip is told to install.
func (f *found) mopyPip(n *yaml.Node) {
	at, text := f.node(n), n.Value
	local, ok := strings.CutPrefix(text, "./")
	local = path.Clean(local)
	switch {
	case ok && strings.HasSuffix(local, "requirements.txt") && f.exists(local):
		f.deps.files = append(f.deps.files, use{text: local, at: at})
	case ok && !f.exists(local):
		f.ask(at, text, "the context has no %s", local)
	case ok && local == ".":
		f.deps.project = use{text: ".", at: at}
	case ok:
		f.deps.requirements = append(f.deps.requirements, use{text: "./" + local, at: at})
	default:
		if strings.HasPrefix(text, "git+ssh://") {
			f.leave(at, text, "it is cloned with the agent of docker build --ssh default")
		}
		f.deps.requirements = append(f.deps.requirements, use{text: text, at: at})
	}
}

// mopyProject is the program that the image starts.
func (f *found) mopyProject(n *yaml.Node) {
	at, in := f.node(n), path.Clean(strings.TrimPrefix(n.Value, "./"))
	script, pattern := in, in
	if !strings.HasSuffix(in, ".py") {
		script, pattern = path.Join(in, "main.py"), in+"/**"
		f.leave(at, "project "+n.Value, "commands start in /app, and not in the directory of %s", script)
	}
	if !f.exists(script) {
		f.ask(at, "project "+n.Value, "the context has no %s", script)
		return
	}
	f.fallback = nil
	f.maybe("serve", "script", script, at)
	if in != "." {
		f.add("runtime", "include", pattern, at)
	}
}
