package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// variable is one export of env, in the order it is printed.
type variable struct{ name, value string }

// environment points docker, buildctl and the tests at the bed. On the user's
// own engine DOCKER_HOST and DOCKER_CONFIG stay the user's.
func (st bedState) environment(p paths, path string) []variable {
	var vars []variable
	if st.Mode == ownEngines {
		vars = append(vars, variable{"DOCKER_HOST", st.Docker}, variable{"DOCKER_CONFIG", p.dockerConfig()},
			// What containerd's own ctr reads; dockerd keeps its images in "moby".
			variable{"CONTAINERD_ADDRESS", p.socket("containerd")}, variable{"CONTAINERD_NAMESPACE", "moby"})
	}
	vars = append(vars, variable{"BUILDKIT_HOST", st.Buildkit}, variable{"PYBUILD_REGISTRY", st.Registry})
	if ref := golangPinned(p.repo); st.Mode == ownEngines && ref != "" {
		// The argument of --build-context with which the Dockerfile builds here.
		vars = append(vars, variable{"PYBUILD_GOLANG", ref + "=" + golangHere})
	}
	if st.Image != "" {
		vars = append(vars, variable{"PYBUILD_IMAGE", st.Image})
	}
	return append(vars, variable{"PATH", prepend(st.Bin, path)})
}

// prepend keeps PATH from growing when env is sourced again.
func prepend(dir, path string) string {
	sep := string(os.PathListSeparator)
	kept := []string{dir}
	for _, elem := range strings.Split(path, sep) {
		if elem != dir {
			kept = append(kept, elem)
		}
	}
	return strings.Join(kept, sep)
}

func printEnv(w io.Writer, p paths, asJSON bool) error {
	st, err := loadState(p)
	if err != nil {
		return err
	}
	if st.Buildkit == "" {
		return errors.New("the bed is not up: the last `go run ./integration/bed up` did not finish, run it again")
	}
	if st.Mode == ownEngines {
		for _, name := range ownServices {
			if r, ok := readRecord(p, name); !ok || !r.alive() {
				return fmt.Errorf("the bed is not up: %s does not run; run `go run ./integration/bed up`", name)
			}
		}
	}
	vars := st.environment(p, os.Getenv("PATH"))
	if asJSON {
		object := make(map[string]string, len(vars))
		for _, v := range vars {
			object[v.name] = v.value
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(object)
	}
	for _, v := range vars {
		if _, err := fmt.Fprintf(w, "export %s=%s\n", v.name, shellQuote(v.value)); err != nil {
			return err
		}
	}
	return nil
}

// shellQuote makes one word of s for any POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
