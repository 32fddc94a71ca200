package integration

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// tektonTask is what the recipe uses of a Task of Tekton's API v1. Its schema is in no
// package that could check the file, so the fields and rules of the reference stand here.
type tektonTask struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Description         string
		Params              []struct{ Name, Type, Description, Default string }
		Workspaces, Results []struct{ Name, Description string }
		Steps               []struct {
			Name, Image, Script string
			WorkingDir          string `yaml:"workingDir"`
			Env                 []struct{ Name, Value string }
		}
	}
}

var (
	tektonName     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	tektonVariable = regexp.MustCompile(`\$\(([^)]*)\)`)
)

// checkTekton tells what is wrong with a task: unknown fields, names that Kubernetes does not
// take, and variables that nothing declares, or declarations that nothing uses.
func checkTekton(text string) error {
	var task tektonTask
	reader := yaml.NewDecoder(strings.NewReader(text))
	reader.KnownFields(true)
	if err := reader.Decode(&task); err != nil {
		return err
	}
	names, declared := []string{task.Metadata.Name}, []string{}
	for _, p := range task.Spec.Params {
		if !slices.Contains([]string{"string", "array", "object"}, p.Type) {
			return fmt.Errorf("the parameter %s has the type %q", p.Name, p.Type)
		}
		names, declared = append(names, p.Name), append(declared, "params."+p.Name)
	}
	for _, w := range task.Spec.Workspaces {
		names, declared = append(names, w.Name), append(declared, "workspaces."+w.Name+".path")
	}
	for _, r := range task.Spec.Results {
		names, declared = append(names, r.Name), append(declared, "results."+r.Name+".path")
	}
	used := map[string]bool{}
	for _, s := range task.Spec.Steps {
		if names = append(names, s.Name); s.Image == "" || !strings.HasPrefix(s.Script, "#!") {
			return fmt.Errorf("the step %s has no image, or no interpreter for its script", s.Name)
		}
		all := s.Image + s.Script + s.WorkingDir
		for _, e := range s.Env {
			all += e.Value
		}
		for _, m := range tektonVariable.FindAllStringSubmatch(all, -1) {
			used[m[1]] = true
		}
	}
	for _, name := range names {
		if !tektonName.MatchString(name) {
			return fmt.Errorf("%q is not a name", name)
		}
	}
	slices.Sort(declared)
	if task.APIVersion != "tekton.dev/v1" || task.Kind != "Task" || !slices.Equal(declared, sorted(used)) {
		return fmt.Errorf("a %s of %s declares %v and uses %v", task.Kind, task.APIVersion, declared, sorted(used))
	}
	return nil
}

// TestTekton holds the task of docs/ci.md against what Tekton takes.
func TestTekton(t *testing.T) {
	text := sections(t, "ci.md")["Tekton"].files["tekton.yaml"]
	if err := checkTekton(text); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][2]string{
		{"workingDir:", "workDir:"}, {"$(params.tag)", "$(params.tags)"}, {"tekton.dev/v1", "tekton.dev/v1beta1"}, {"type: string", "type: text"},
		{"image: moby", "args: moby"}, {"name: source", "name: the source"}, {"#!/bin/sh", "set -x"}, {"- name: digest", "- name: digests"},
	} {
		if changed := strings.Replace(text, wrong[0], wrong[1], 1); changed == text || checkTekton(changed) == nil {
			t.Errorf("%q instead of %q is taken", wrong[1], wrong[0])
		}
	}
}
