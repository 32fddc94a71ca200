package main

import (
	"fmt"
	"strings"
)

// app is what is built, by every variant.
type app struct {
	name string
	// base, added and upgraded are the dependencies before and after a change.
	base, added, upgraded []string
}

func findApp(name string) (app, error) {
	small := []string{"fastapi==0.165.0", "uvicorn==0.54.0"}
	switch name {
	case "small":
		return app{name, append(small, "httpx", "uvloop==0.22.1"), []string{"humanize==4.12.0"}, []string{"uvloop"}}, nil
	case "heavy":
		return app{name, append(small, "httpx", "sqlalchemy", "boto3", "pandas<3", "scikit-learn", "matplotlib==3.10.*"),
			[]string{"humanize==4.12.0"}, []string{"matplotlib"}}, nil
	}
	return app{}, fmt.Errorf("no app %q: there are small and heavy", name)
}

// manifest is the pyproject.toml with some dependencies.
func manifest(dependencies []string) string {
	quoted := make([]string, 0, len(dependencies))
	for _, d := range dependencies {
		quoted = append(quoted, fmt.Sprintf("%q", d))
	}
	return "[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \"==3.13.*\"\ndependencies = [" + strings.Join(quoted, ", ") + "]\n"
}

// upgradedList is the base with other versions of what is upgraded.
func (a app) upgradedList() []string {
	var list []string
	for _, d := range a.base {
		for _, u := range a.upgraded {
			if strings.HasPrefix(d, u+"=") {
				d = u
			}
		}
		list = append(list, d)
	}
	return list
}

const code = `from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root():
    return {"ok": True}
`
