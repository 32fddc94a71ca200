package project

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestLargeClosure follows the edges of a lock that is larger than any.
func TestLargeClosure(t *testing.T) {
	const n = 20000
	var b strings.Builder
	b.WriteString("version = 1\nrequires-python = \">=3.12\"\n")
	for i := range n {
		source := `{ registry = "https://index.example/simple" }`
		if i == 0 {
			source = `{ virtual = "." }`
		}
		fmt.Fprintf(&b, "[[package]]\nname = \"p%d\"\nversion = \"1\"\nsource = %s\n", i, source)
		if i+2 < n {
			fmt.Fprintf(&b, "dependencies = [{ name = \"p%d\" }, { name = \"p%d\" }]\n", i+1, i+2)
		}
	}
	lock, err := ParseUVLock("uv.lock", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(lock.Closure("p0", nil, nil)); got != n {
		t.Errorf("the closure has %d packages of %d", got, n)
	}
}

// TestLargeSource leaves out what is no code that starts an app.
func TestLargeSource(t *testing.T) {
	app := "from fastapi import FastAPI\napp = FastAPI()\n"
	apps, err := ReadApps(fstest.MapFS{
		"main.py": {Data: []byte(app)}, "data.py": {Data: []byte(app + "x = '" + strings.Repeat("a", maxAppFile) + "'\n")},
	}, Layout{})
	if err != nil {
		t.Fatal(err)
	}
	if len(apps.Web) != 1 || apps.Web[0].File != "main.py" {
		t.Errorf("found %+v", apps.Web)
	}
}
