package integration

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCommandLine runs the frontend image as a command, and builds with what it wrote.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	dir := example(t, "flask")
	if err := os.Remove(filepath.Join(dir, "pybuild.toml")); err != nil {
		t.Fatal(err)
	}
	said := docker(t, "run", "--rm", "--volume", dir+":/src", frontendImage(t), "init")
	if !strings.Contains(said, "wrote pybuild.toml") {
		t.Errorf("init says %s", said)
	}
	if said := docker(t, "run", "--rm", "--volume", dir+":/src", frontendImage(t), "check"); said != "no mistakes found" {
		t.Errorf("check says %s", said)
	}
	dockerBuild(t, dir)
}

// TestCommands runs all commands in the container that people run them in: what they print
// and where, their exit codes, and whose files they leave.
func TestCommands(t *testing.T) {
	t.Parallel()
	image := frontendImage(t)
	// An engine runs the image that it has of that name, and the registry may have a newer one.
	_, _ = tryDocker("pull", "--quiet", image)
	plain := map[string]string{"main.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask==3.1.2\ngunicorn==23.0.0\n"}
	run := func(flags, args []string) (out, log string, code int) {
		t.Helper()
		cmd := exec.Command("docker", append(append(append([]string{"run", "--rm"}, flags...), image), args...)...)
		var o, l strings.Builder
		cmd.Stdout, cmd.Stderr = &o, &l
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return o.String(), l.String(), cmd.ProcessState.ExitCode()
	}
	for _, c := range []struct {
		name     string
		files    map[string]string
		flags    []string // of docker run
		args     string
		code     int
		out, log string // what each has
	}{
		{"no arguments", nil, nil, "", 2, "", "docker run --rm -v \"$PWD:/src\" org/pybuild COMMAND"},
		{"help", nil, nil, "--help", 0, "init      write a commented pybuild.toml", ""},
		{"version", nil, nil, "version", 0, "pybuild ", ""},
		{"schema", nil, nil, "schema", 0, `"title": "pybuild.toml"`, ""},
		{"no command", nil, nil, "chekc", 2, "", "pybuild has no command \"chekc\""},
		{"no flag", plain, nil, "check --fast", 2, "", "flag provided but not defined: -fast"},
		{"no mount", nil, nil, "check", 1, "", "there is no directory /src [PB405]\n  mount the project: docker run --rm -v"},
		{"explain", plain, nil, "explain", 0, "runtime for linux/amd64\n", ""},
		{"explain as JSON", plain, nil, "explain --json", 0, `"keys": {`, ""},
		{"explain as a graph", plain, nil, "explain --dot", 0, "digraph pybuild {", ""},
		{"explain as a picture", plain, nil, "explain --svg", 0, "<svg xmlns=", ""},
		{"explain of no target", plain, nil, "explain --target worker", 1, "", `no target "worker" [PB401]`},
		{"a mistake", with(plain, "pybuild.toml", "[serve]\nprot = 1\n"), nil, "check", 1, "",
			"pybuild.toml:2:1: unknown key \"prot\" in [serve] [PB004]\n  did you mean \"port\"?\nsee https://github.com/pybuild/pybuild/blob/main/docs/errors/configuration.md#pb004\n"},
		{"a warning", with(plain, "pybuild.toml", "[runtime]\nuser = \"root\"\n"), nil, "check", 0, "no mistakes found\n", "warning: pybuild.toml:2:8: RootUser: "},
		{"a warning, strictly", with(plain, "pybuild.toml", "[runtime]\nuser = \"root\"\n"), nil, "check --strict", 1, "", "1 warning [PB404]"},
		{"a check that is skipped", with(plain, "pybuild.toml", "# syntax=org/pybuild\n# check=skip=RootUser\n[runtime]\nuser = \"root\"\n"), nil, "check --strict", 0, "no mistakes found\n", ""},
		{"a warning that is an error", with(plain, "pybuild.toml", "# syntax=org/pybuild\n# check=error=true\n[runtime]\nuser = \"root\"\n"), nil, "check", 1, "", "pybuild.toml:4:8: RootUser: "},
		{"another directory", plain, nil, "check -C /none", 1, "", "there is no directory /none [PB405]"},
		{"init of what cannot be written", plain, []string{"ro"}, "init", 1, "", "pybuild.toml cannot be written into /src: read-only file system [PB407]\n  mount the directory without :ro"},
		{"eject of what cannot be written", plain, []string{"ro"}, "eject", 1, "", "Dockerfile cannot be written into /src: read-only file system [PB407]"},
		{"init, printed", plain, []string{"ro"}, "init --print", 0, "# syntax=org/pybuild\n", "without --print a .dockerignore is written as well"},
		{"eject, printed", plain, []string{"ro"}, "eject --print", 0, "\nCMD [", ""},
		{"check of what can only be read", plain, []string{"ro"}, "check", 0, "no mistakes found\n", ""},
		{"by another user", plain, []string{"--user=4711:4712"}, "init", 1, "", "requirements.txt: cannot read requirements.txt: permission denied [PB101]\n  let the user of the container read it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			flags := c.flags
			if c.files != nil {
				mount := project(t, c.files) + ":/src"
				if len(flags) == 1 && flags[0] == "ro" {
					mount, flags = mount+":"+flags[0], nil
				}
				flags = append(flags, "--volume", mount)
			}
			out, log, code := run(flags, strings.Fields(c.args))
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(log, c.log) || (c.out == "") != (out == "") || (c.log == "") != (log == "") {
				t.Errorf("pybuild %s ends with %d, says\n%s\nand beside it\n%s", c.args, code, out, log)
			}
			if strings.Contains(c.args, "json") || c.args == "schema" {
				if err := json.Unmarshal([]byte(out), new(any)); err != nil {
					t.Error(err)
				}
			}
		})
	}

	// What is written belongs to whom the directory belongs, whoever runs the container.
	for name, flags := range map[string][]string{"as root": nil, "as its owner": {"--user", "4711:4712"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, plain)
			for _, path := range []string{dir, filepath.Join(dir, "main.py"), filepath.Join(dir, "requirements.txt")} {
				if err := os.Chown(path, 4711, 4712); err != nil {
					t.Skip("only root can give files away")
				}
			}
			for _, command := range []string{"init", "eject"} {
				if out, log, code := run(append(flags, "--volume", dir+":/src"), []string{command}); code != 0 {
					t.Fatalf("%s ends with %d, says %s%s", command, code, out, log)
				}
			}
			for _, file := range []string{"pybuild.toml", ".dockerignore", "Dockerfile", "Dockerfile.dockerignore"} {
				info, err := os.Stat(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if owner, ok := info.Sys().(*syscall.Stat_t); !ok || owner.Uid != 4711 || owner.Gid != 4712 || info.Mode().Perm() != 0o644 {
					t.Errorf("%s belongs to %d:%d, with %v", file, owner.Uid, owner.Gid, info.Mode())
				}
			}
		})
	}
}

// with is a project with one more file.
func with(files map[string]string, name, text string) map[string]string {
	all := map[string]string{name: text}
	for name, text := range files {
		all[name] = text
	}
	return all
}
