package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// compatFeatures are the columns of the table, each with the words under it and the
// question to the engine.
func compatFeatures() []compatFeature {
	return []compatFeature{
		{"example", "examples/fastapi is built, runs and answers", exampleRuns},
		{"layers", "how layers are put on the base", layersArePlaced},
		{"secrets", "a secret as a file, --network=none, --ulimit", secretsArrive},
		{"warnings", "where warnings are shown", warningsShow},
		{"errors", "what an error shows", errorsShow},
		{"check", "docker build --check", checkAnswers},
		{"explain", "docker build --call=explain", explainAnswers},
		{"named contexts", "--build-context for a base image", namedContexts},
		{"git context", "a repository as the context", gitContext},
		{"attestations", "--provenance in the result", attestations},
	}
}

type compatFeature struct {
	name, means string
	ask         func(t *testing.T, e engineCLI) string
}

// failed is a cell of what does not work, with the last line that the user sees.
func failed(t *testing.T, log string, err error) string {
	t.Helper()
	t.Logf("%v\n%s", err, log)
	return "no"
}

// compatProbe is a project whose build tells what it saw, and that is worth a warning.
func compatProbe(t *testing.T) string {
	t.Helper()
	return project(t, map[string]string{
		"pybuild.toml": "# syntax=org/pybuild\npython = \"3.13\"\n[runtime]\nuser = \"root\"\n" +
			"[build]\nsecrets = [\"UV_INDEX_CORP_PASSWORD\", { id = \"token\", target = \"/run/probe/token\" }]\n[serve]\nmodule = \"probe\"\n",
		"pyproject.toml": probeManifest, "backend.py": backend, "unique.txt": t.TempDir(),
	})
}

func layersArePlaced(t *testing.T, e engineCLI) string {
	log, err := e.build(compatProbe(t), "--output", "type=tar,dest="+filepath.Join(t.TempDir(), "x.tar"))
	switch {
	case err != nil:
		return failed(t, log, err)
	case strings.Contains(log, "[runtime] put the layers together"):
		return "merge"
	case strings.Contains(log, "[runtime] copy layer 1 of"):
		return "copy"
	}
	return failed(t, log, nil)
}

func secretsArrive(t *testing.T, e engineCLI) string {
	secret, tarball := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "x.tar")
	write(t, secret, "planted-5d1f0a")
	log, err := e.build(compatProbe(t), "--output", "type=tar,dest="+tarball, "--network=none", "--ulimit", "nofile=321:321",
		"--secret", "id=token,src="+secret, "--secret", "id=UV_INDEX_CORP_PASSWORD,src="+secret)
	if err != nil {
		return failed(t, log, err)
	}
	var f facts
	if err := json.Unmarshal(inTar(t, tarball, "usr/local/lib/python3.13/site-packages/probe.json"), &f); err != nil {
		t.Fatal(err)
	}
	var holds []string
	for name, ok := range map[string]bool{
		"file":    f.Secret == "planted-5d1f0a",
		"network": slices.Equal(f.Devices, []string{"lo"}), "ulimit": f.Files == 321,
	} {
		if ok {
			holds = append(holds, name)
		}
	}
	slices.Sort(holds)
	return strings.Join(holds, ", ")
}

func warningsShow(t *testing.T, e engineCLI) string {
	log, err := e.build(compatProbe(t), "--output", "type=cacheonly")
	if err != nil {
		// Engines before BuildKit 0.8 have no such output.
		log, err = e.build(compatProbe(t), "--output", "type=tar,dest="+filepath.Join(t.TempDir(), "x.tar"))
	}
	switch {
	case err != nil || !strings.Contains(log, "RootUser"):
		return failed(t, log, err)
	case strings.Contains(log, "[warning] pybuild.toml:4:8: RootUser"):
		return "as a step"
	}
	return "as warnings"
}

func errorsShow(t *testing.T, e engineCLI) string {
	log, err := e.build(project(t, map[string]string{"pybuild.toml": job + "prot = 1\n", "job.py": "print(1)\n"}), "--output", "type=cacheonly")
	switch {
	case err == nil || !strings.Contains(log, "pybuild.toml:5:1: unknown key \"prot\""):
		return failed(t, log, err)
	case strings.Contains(log, ">>>"):
		return "line and excerpt"
	}
	return "line"
}

func checkAnswers(t *testing.T, e engineCLI) string {
	log, err := e.build(compatProbe(t), "--check")
	if !strings.Contains(log, "WARNING: RootUser") {
		return failed(t, log, err)
	}
	return "yes"
}

func explainAnswers(t *testing.T, e engineCLI) string {
	log, err := e.build(compatProbe(t), "--call=explain")
	if err != nil || !strings.Contains(log, "runtime for linux/") {
		return failed(t, log, err)
	}
	return "yes"
}

func namedContexts(t *testing.T, e engineCLI) string {
	other := os.Getenv("PYBUILD_REGISTRY") + "/library/python:3.13-slim"
	log, err := e.build(project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"}),
		"--output", "type=cacheonly", "--build-context", "python:3.13-slim=docker-image://"+other)
	if err != nil || !strings.Contains(log, other) {
		return failed(t, log, err)
	}
	return "yes"
}

func gitContext(t *testing.T, e engineCLI) string {
	dir := project(t, map[string]string{
		"pybuild.toml": job, "job.py": "print(1)\n", ".env": "x", "notes.txt": "x", ".dockerignore": "notes.txt\n", "unique.txt": t.TempDir(),
	})
	useSyntax(t, filepath.Join(dir, "pybuild.toml"), frontendImage(t))
	git(t, dir, "init", "--quiet", "--initial-branch", "main")
	git(t, dir, "add", "--all", "--force")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "--quiet", "--message", "all")
	tarball := filepath.Join(t.TempDir(), "x.tar")
	log, err := e.docker("buildx", "build", "--builder", e.builder, "--progress", "plain", "-f", "pybuild.toml",
		"--output", "type=tar,dest="+tarball, gitServer(t, dir)+"#main")
	if err != nil {
		if strings.Contains(log, "PB802") {
			return "refused"
		}
		return failed(t, log, err)
	}
	names := tarNames(t, tarball)
	if !names["app/job.py"] || names["app/.env"] || names["app/notes.txt"] {
		return failed(t, fmt.Sprint("ignored files are in the image: ", names["app/.env"], names["app/notes.txt"]), nil)
	}
	return "yes"
}

func attestations(t *testing.T, e engineCLI) string {
	tarball := filepath.Join(t.TempDir(), "x.tar")
	log, err := e.build(project(t, map[string]string{"pybuild.toml": job, "job.py": "print(1)\n"}),
		"--output", "type=oci,dest="+tarball, "--provenance=mode=max")
	if err != nil {
		return failed(t, log, err)
	}
	for name := range tarNames(t, tarball) {
		if strings.HasPrefix(name, "blobs/sha256/") && strings.Contains(string(inTar(t, tarball, name)), "attestation-manifest") {
			return "yes"
		}
	}
	return failed(t, log, nil)
}
