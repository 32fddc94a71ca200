package migrate

import (
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/project"
)

// indexes says where other packages are from than the public index.
func (f *found) indexes(p *proposed, writes bool) (options []string) {
	known := map[string]bool{}
	for _, i := range p.in.Facts.Indexes() {
		known[strings.TrimSuffix(i.URL, "/")] = true
	}
	if r := p.in.Facts.Requirements; r != nil {
		for _, name := range []string{"index-url", "extra-index-url"} {
			for _, url := range r.Option(name) {
				known[strings.TrimSuffix(withoutUser(url), "/")] = true
			}
		}
	}
	for _, u := range f.deps.indexes {
		url := withoutUser(u.text)
		login := url != u.text
		switch {
		case known[strings.TrimSuffix(url, "/")]:
			f.leave(u.at, "index "+url, "the project's files name it")
			continue
		case !strings.Contains(url, "://"):
			f.ask(u.at, "index "+url, "name it in [[tool.uv.index]] of pyproject.toml, or as --extra-index-url in requirements.txt")
			continue
		}
		known[strings.TrimSuffix(url, "/")] = true
		option := "--extra-index-url "
		if u.only {
			option = "--index-url "
		}
		if writes && !login {
			options = append(options, option+url)
			f.leave(u.at, "index "+url, "it stands in the requirements.txt that is written")
			continue
		}
		do := "name it in pyproject.toml: [[tool.uv.index]] with name = \"corp\" and url = \"" + url + "\""
		if u.only {
			do += ", and default = true"
		}
		if p.in.Facts.Input == project.InputRequirements || writes {
			do = "write the line " + option + url + " into " + or(p.in.Facts.InputFile, project.RequirementsFile)
		}
		if login {
			if diag.HasCredential(u.text) {
				do += "; the credential is not carried over: revoke it, since it was in a file, and"
			} else {
				do += "; its login is not carried over:"
			}
			do += " pass one as the secret netrc, or for an index with a name as UV_INDEX_CORP_USERNAME and UV_INDEX_CORP_PASSWORD"
		}
		f.ask(u.at, "index "+url, "%s", do)
	}
	return options
}

// withoutUser takes the user out of a URL, whatever it is written with.
func withoutUser(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		return scheme + "://" + rest[i+1:]
	}
	return url
}
