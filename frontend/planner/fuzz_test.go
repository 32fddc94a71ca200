package planner_test

import (
	"testing"
	"testing/fstest"
	"time"
)

// FuzzPlan reads and plans a project, and reads back all that is made of the plan.
func FuzzPlan(f *testing.F) {
	for _, config := range []string{
		"[serve]\napp = \"main:app\"\nworkers = \"auto\"\n", "[serve]\ncommand = [\"a\", \"$b\"]\n[runtime]\nenv = { A = \"b\" }\nlabels = { a = \"b\" }\nworkdir = \"/srv/app\"\n",
		"[build]\nsecrets = [{ id = \"a\", target = \"/a,b\" }]\nargs = { A = \"1\" }\npackages = [\"a|b\"]\n[serve]\nmodule = \"m\"\nargs = [\"x\"]\n",
		"base = \"python:3.12-alpine\"\n[target.worker]\nscript = \"H\"\n", "[runtime]\ninclude = [\"a b/**\"]\nexclude = [\"!x\"]\nuser = \"u\"\nuid = 0\n[serve.healthcheck]\npath = \"/x?y=1\"\n",
	} {
		f.Add([]byte(config), []byte("[project]\nname = \"shop\"\nversion = \"1\"\n[project.scripts]\nH = \"m:f\"\n"), []byte("fastapi\n./libs/a\n"), []byte("from fastapi import FastAPI\napp = FastAPI()\n"), []byte("web: gunicorn x\n"))
	}
	f.Fuzz(func(t *testing.T, config, manifest, requirements, code, procfile []byte) {
		timer := time.AfterFunc(time.Minute, func() { panic("an input takes more than a minute") })
		defer timer.Stop()
		fsys := fstest.MapFS{"libs/a/setup.py": {Data: []byte("ext_modules\n")}}
		texts := map[string]string{"pybuild.toml": string(config)}
		for name, data := range map[string][]byte{"pyproject.toml": manifest, "requirements.txt": requirements, "main.py": code, "Procfile": procfile} {
			if len(data) > 0 {
				fsys[name], texts[name] = &fstest.MapFile{Data: data}, string(data)
			}
		}
		p, o, err := planned(string(config), honest(), fsys)
		if err != nil {
			checkSaid(t, err, texts)
			return
		}
		checkEmitted(t, p, o)
	})
}
