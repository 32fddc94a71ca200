package planner_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pybuild/pybuild/frontend/project"
)

// TestHostileFiles writes every hostile text to what a stranger's files say: names,
// versions, URLs, markers, commands, paths. A file is refused with an error that can be read,
// or what is made of it is inert.
func TestHostileFiles(t *testing.T) {
	sum := strings.Repeat("0", 64)
	const main = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n"
	const app = "[serve]\napp = \"main:app\"\n"
	type files map[string]string
	manifest := func(text string) files { return files{"pyproject.toml": text} }
	pdm := func(more string) files {
		return files{"pyproject.toml": main + "dependencies = [\"a\"]\n", "requirements.txt": "", "pdm.lock": "[metadata]\nlock_version = \"4.5.0\"\nstrategy = [\"inherit_metadata\"]\n[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"default\"]\nfiles = [{hash = \"sha256:" + sum + "\"}]\n" + more}
	}
	poetry := func(more string) files {
		return files{"pyproject.toml": main + "dependencies = [\"a\"]\n", "requirements.txt": "", "poetry.lock": "[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"main\"]\nfiles = [{file = \"a-1.whl\", hash = \"sha256:" + sum + "\"}]\n" + more +
			"[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.12\"\n"}
	}
	pipfile := func(key, more string) files {
		return files{"pyproject.toml": "", "requirements.txt": "", "Pipfile.lock": `{"_meta": {"pipfile-spec": 6}, "default": {` + key + `: {"version": "==1", "hashes": ["sha256:` + sum + `"]` + more + "}}}"}
	}
	uv := func(name, more string) files {
		return files{"requirements.txt": "", "pyproject.toml": main + "dependencies = [\"a\"]\n", "uv.lock": "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"a\" }]\n" +
			"[package.metadata]\nrequires-dist = [{ name = \"a\" }]\n[[package]]\nname = " + name + "\n" + more}
	}
	quoted := func(text string) string { // as JSON
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\u0000`, "\x1b", `\u001b`, "\x07", `\u0007`).Replace(text) + `"`
	}
	cases := map[string]func(text string) (config, lock string, f files){
		"project name": func(s string) (string, string, files) {
			return app, honest(), manifest("[project]\nname = " + toml(s) + "\nversion = \"1\"\n")
		},
		"project version": func(s string) (string, string, files) {
			return app, honest(), manifest("[project]\nname = \"shop\"\nversion = " + toml(s) + "\n[build-system]\nrequires = [\"hatchling\"]\n")
		},
		"requires-python": func(s string) (string, string, files) {
			return app, honest(), manifest("[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = " + toml(s) + "\n")
		},
		"script name": func(s string) (string, string, files) {
			return "", honest(), manifest(main + "[project.scripts]\n" + toml(s) + " = \"m:f\"\n[build-system]\nrequires = []\n")
		},
		"script target": func(s string) (string, string, files) {
			return "", honest(), manifest(main + "[project.scripts]\nx = " + toml(s) + "\n[build-system]\nrequires = []\n")
		},
		"dependency": func(s string) (string, string, files) {
			return app, honest(), files{"requirements.txt": "", "pyproject.toml": main + "dependencies = [" + toml(s) + "]\n"}
		},
		"dependency marker": func(s string) (string, string, files) {
			return app, honest(), manifest(main + "dependencies = [" + toml("a ; os_name == '"+s+"'") + "]\n")
		},
		"build requirement": func(s string) (string, string, files) {
			return app, honest(), manifest(main + "[build-system]\nrequires = [" + toml(s) + "]\nbuild-backend = " + toml(s) + "\n")
		},
		"index": func(s string) (string, string, files) {
			return app, honest(), manifest(main + "[[tool.uv.index]]\nname = " + toml(s) + "\nurl = " + toml("https://h.example/"+s) + "\n")
		},
		"index URL": func(s string) (string, string, files) {
			return app, honest(), manifest(main + "[[tool.uv.index]]\nname = \"x\"\nurl = " + toml(s) + "\n")
		},
		"source path": func(s string) (string, string, files) {
			return app, honest(), manifest(main + "dependencies = [\"a\"]\n[tool.uv.sources]\na = { path = " + toml(s) + " }\n")
		},
		"source git": func(s string) (string, string, files) {
			return app, honest(), manifest(main + "dependencies = [\"a\"]\n[tool.uv.sources]\na = { git = " + toml(s) + ", rev = " + toml(s) + " }\n")
		},
		"requirement": func(s string) (string, string, files) { return app, honest(), files{"requirements.txt": s + "\n"} },
		"required version": func(s string) (string, string, files) {
			return app, honest(), files{"requirements.txt": "a==" + s + " --hash=sha256:" + sum + "\n"}
		},
		"required URL": func(s string) (string, string, files) {
			return app, honest(), files{"requirements.txt": "a @ https://h.example/" + s + "\n"}
		},
		"required path": func(s string) (string, string, files) {
			return app, honest(), files{"requirements.txt": "./" + s + "\n", s + "/setup.py": ""}
		},
		"required index": func(s string) (string, string, files) {
			return app, honest(), files{"requirements.txt": "-i " + s + "\na\n"}
		},
		"required file": func(s string) (string, string, files) {
			return app, honest(), files{"requirements.txt": "-r " + s + ".txt\n", s + ".txt": "a\n"}
		},
		"Procfile command": func(s string) (string, string, files) { return "", honest(), files{"Procfile": "web: " + s + "\n"} },
		"Procfile name":    func(s string) (string, string, files) { return "", honest(), files{"Procfile": s + ": gunicorn x\n"} },
		"FLASK_APP": func(s string) (string, string, files) {
			return "", honest(), files{".flaskenv": "FLASK_APP=" + s + "\n"}
		},
		"FastAPI": func(s string) (string, string, files) {
			return "", honest(), manifest(main + "[tool.fastapi]\nentrypoint = " + toml(s) + "\n")
		},
		"Python version": func(s string) (string, string, files) { return app, honest(), files{".python-version": s + "\n"} },
		"tool versions": func(s string) (string, string, files) {
			return app, honest(), files{".tool-versions": "python " + s + "\n"}
		},
		"directory": func(s string) (string, string, files) {
			return "", honest(), files{"main.py": "", s + "/app.py": "from fastapi import FastAPI\napp = FastAPI()\n"}
		},
		"module": func(s string) (string, string, files) {
			return "", honest(), files{"main.py": "", s + ".py": "from fastapi import FastAPI\napp = FastAPI()\n"}
		},
		"program": func(s string) (string, string, files) {
			return "", honest(), files{"main.py": "", s + ".py": "if __name__ == '__main__':\n    print(1)\n"}
		},
		"settings": func(s string) (string, string, files) {
			return "", honest(), files{"main.py": "", "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', " + quoted(s) + ")\n"}
		},
		"locked URL": func(s string) (string, string, files) { return app, lockOf(s, "fastapi-1-py3-none-any.whl", "1"), nil },
		"locked host": func(s string) (string, string, files) {
			return app, lockOf("https://h.example/"+s, "fastapi-1-py3-none-any.whl", "1"), nil
		},
		"locked file": func(s string) (string, string, files) { return app, lockOf("https://h.example/", s, "1"), nil },
		"locked wheel": func(s string) (string, string, files) {
			return app, lockOf("https://h.example/", "fastapi-1-"+s+"-py3-none-any.whl", "1"), nil
		},
		"locked build tag": func(s string) (string, string, files) {
			return app, lockOf("https://h.example/", "fastapi-1-1"+s+"-py3-none-any.whl", "1"), nil
		},
		"locked version": func(s string) (string, string, files) {
			return app, lockOf("https://h.example/", "fastapi-1-py3-none-any.whl", s), nil
		},
		"name in uv.lock": func(s string) (string, string, files) {
			return app, honest(), uv(toml(s), "version = \"1\"\nsource = { registry = \"https://h.example\" }\n")
		},
		"version in uv.lock": func(s string) (string, string, files) {
			return app, honest(), uv(`"a"`, "version = "+toml(s)+"\nsource = { registry = \"https://h.example\" }\n")
		},
		"source in uv.lock": func(s string) (string, string, files) {
			return app, honest(), uv(`"a"`, "version = \"1\"\nsource = { registry = "+toml(s)+" }\n")
		},
		"path in uv.lock": func(s string) (string, string, files) {
			return app, honest(), uv(`"a"`, "version = \"1\"\nsource = { directory = "+toml(s)+" }\n")
		},
		"git in uv.lock": func(s string) (string, string, files) {
			return app, honest(), uv(`"a"`, "version = \"1\"\nsource = { git = "+toml(s)+" }\n")
		},
		"marker of PDM": func(s string) (string, string, files) {
			return app, honest(), pdm("marker = " + toml("os_name == '"+s+"'") + "\n")
		},
		"URL of PDM": func(s string) (string, string, files) {
			return app, honest(), pdm("url = " + toml("https://h.example/"+s) + "\n")
		},
		"path of PDM": func(s string) (string, string, files) { return app, honest(), pdm("path = " + toml(s) + "\n") },
		"git of PDM": func(s string) (string, string, files) {
			return app, honest(), pdm("git = " + toml(s) + "\nrevision = " + toml(s) + "\n")
		},
		"extra of PDM": func(s string) (string, string, files) { return app, honest(), pdm("extras = [" + toml(s) + "]\n") },
		"markers of Poetry": func(s string) (string, string, files) {
			return app, honest(), poetry("markers = " + toml("os_name == '"+s+"'") + "\n")
		},
		"source of Poetry": func(s string) (string, string, files) {
			return app, honest(), poetry("[package.source]\ntype = \"url\"\nurl = " + toml("https://h.example/"+s) + "\n")
		},
		"index of Poetry": func(s string) (string, string, files) {
			return app, honest(), poetry("[package.source]\ntype = \"legacy\"\nurl = " + toml(s) + "\nreference = " + toml(s) + "\n")
		},
		"name of Pipenv": func(s string) (string, string, files) { return app, honest(), pipfile(quoted(s), "") },
		"marker of Pipenv": func(s string) (string, string, files) {
			return app, honest(), pipfile(`"a"`, `, "markers": `+quoted("os_name == '"+s+"'"))
		},
		"file of Pipenv": func(s string) (string, string, files) {
			return app, honest(), pipfile(`"a"`, `, "file": `+quoted("https://h.example/"+s))
		},
		"extras of Pipenv": func(s string) (string, string, files) {
			return app, honest(), pipfile(`"a"`, `, "extras": [`+quoted(s)+"]")
		},
		"pinned image": func(s string) (string, string, files) {
			return app, honest(), files{"pybuild.lock": "version = 1\n[images]\n" + toml(s) + " = \"sha256:" + sum + "\"\n"}
		},
		"pinned digest": func(s string) (string, string, files) {
			return app, honest(), files{"pybuild.lock": "version = 1\n[images]\n\"python:3.13-slim\" = " + toml(s) + "\n"}
		},
		"inline metadata": func(s string) (string, string, files) {
			return "[serve]\nscript = \"main.py\"\n", honest(), files{"pyproject.toml": "", "requirements.txt": "", "main.py": "# /// script\n# dependencies = [" + strings.NewReplacer("\n", "", "\r", "").Replace(toml(s)) + "]\n# ///\n"}
		},
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plans := 0
			texts := hostile()
			if name == "dependency" || name == "requirement" {
				texts = append(texts, long()...)
			}
			for _, text := range texts {
				config, lock, more := make(text)
				fsys, texts := hostileProject(), map[string]string{"pybuild.toml": config}
				for file, data := range more {
					if strings.Contains(file, "\x00") {
						continue // no file system has it
					}
					if delete(fsys, file); data != "" && fs.ValidPath(file) {
						fsys[file] = &fstest.MapFile{Data: []byte(data)}
					}
				}
				for file, data := range fsys {
					texts[file] = string(data.Data)
				}
				texts["pylock.toml"] = lock
				p, o, err := planned(config, lock, fsys)
				if err != nil {
					checkSaid(t, err, texts)
				} else {
					plans++
					checkEmitted(t, p, o)
				}
				if t.Failed() {
					t.Fatalf("of %.300q", text)
				}
			}
			t.Logf("%d of %d are accepted", plans, len(texts))
		})
	}
	if project.PinsFile != "pybuild.lock" {
		t.Error("another name of the lock of images")
	}
}
