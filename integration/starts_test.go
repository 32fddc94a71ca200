package integration

import (
	"strings"
	"testing"
)

// TestStartCompiles has what starts compiled before there is an image of it.
func TestStartCompiles(t *testing.T) {
	t.Parallel()
	engine(t)
	const broken = "print(1)\n\ndef x(:\n    pass\n"
	for name, c := range map[string]struct {
		config string
		files  map[string]string
		says   []string
	}{
		"a script":    {job, map[string]string{"job.py": broken}, []string{"job.py:3:7: Python 3.13", "cannot compile this: invalid syntax [PB311]"}},
		"a module":    {"python = \"3.13\"\n[serve]\nmodule = \"shop.jobs\"\n", map[string]string{"shop/__init__.py": "", "shop/jobs.py": broken}, []string{"shop/jobs.py:3:7: ", "[PB311]"}},
		"its package": {"python = \"3.13\"\n[serve]\nmodule = \"shop.jobs\"\n", map[string]string{"shop/__init__.py": broken, "shop/jobs.py": ""}, []string{"shop/__init__.py:3:7: ", "[PB311]"}},
		"a program":   {"python = \"3.13\"\n", map[string]string{"main.py": broken}, []string{"main.py:3:7: ", "[PB311]"}},
		"a framework": {job, map[string]string{"job.py": "import os\nfrom flask import Flask\n"}, []string{"job.py:2:1: job.py imports flask, and no package brings it [PB312]", "a line flask in a new requirements.txt"}},
		"a null byte": {job, map[string]string{"job.py": "a = 1\x00\n"}, []string{"null bytes [PB311]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.files["pybuild.toml"] = c.config
			build{dir: project(t, c.files)}.fails(t, c.says...)
		})
	}
	t.Run("other files", func(t *testing.T) {
		t.Parallel()
		tr := build{dir: project(t, map[string]string{"pybuild.toml": job, "job.py": "# " + t.TempDir() + "\n", "old/two.py": "print 'two'\n"})}.must(t)
		if said := tr.logs; !strings.Contains(said, "old/two.py:1: does not compile: Missing parentheses") || !strings.Contains(said, "compiled 1 module\n") {
			t.Error(said)
		}
	})
	t.Run("a developer's", func(t *testing.T) {
		t.Parallel()
		build{dir: project(t, map[string]string{"pybuild.toml": job, "job.py": broken}), attrs: map[string]string{"target": "dev"}}.must(t)
	})
}
