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
	tektonResult   = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
	tektonVariable = regexp.MustCompile(`\$\((\w+\.[^)]*)\)`)
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
		if declared = append(declared, "results."+r.Name+".path"); !tektonResult.MatchString(r.Name) {
			return fmt.Errorf("%q is not the name of a result", r.Name)
		}
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
		{"image: moby", "args: moby"}, {"name: source", "name: the source"}, {"#!/bin/sh", "set -x"}, {"- name: IMAGE_URL", "- name: URL"},
		{"- name: IMAGE_DIGEST", "- name: IMAGE DIGEST"},
	} {
		if changed := strings.Replace(text, wrong[0], wrong[1], 1); changed == text || checkTekton(changed) == nil {
			t.Errorf("%q instead of %q is taken", wrong[1], wrong[0])
		}
	}
}

// tektonRun is what the recipe uses of a TaskRun.
type tektonRun struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		GenerateName string `yaml:"generateName"`
		Namespace    string
	}
	Spec struct {
		ServiceAccountName string                `yaml:"serviceAccountName"`
		TaskRef            struct{ Name string } `yaml:"taskRef"`
		Params             []struct{ Name, Value string }
		Workspaces         []struct {
			Name   string
			Secret struct {
				SecretName string `yaml:"secretName"`
				Items      []struct{ Key, Path string }
			}
			PersistentVolumeClaim struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
		}
	}
}

// TestTektonRun holds the run of docs/ci.md to its task, and to the certificates of docs/scaling.md.
func TestTektonRun(t *testing.T) {
	files := sections(t, "ci.md")["Tekton"].files
	var task tektonTask
	decode(t, files["tekton.yaml"], &task)
	var run tektonRun
	reader := yaml.NewDecoder(strings.NewReader(files["taskrun.yaml"]))
	reader.KnownFields(true)
	if err := reader.Decode(&run); err != nil {
		t.Fatal(err)
	}
	if run.APIVersion != "tekton.dev/v1" || run.Kind != "TaskRun" || run.Spec.TaskRef.Name != task.Metadata.Name {
		t.Errorf("the run is a %s of %s, of the task %q", run.Kind, run.APIVersion, run.Spec.TaskRef.Name)
	}
	var wanted, given []string
	for _, p := range task.Spec.Params {
		if p.Default == "" {
			wanted = append(wanted, p.Name)
		}
		if p.Name == "builders" && p.Default != fmt.Sprint(builders(t)) {
			t.Errorf("the task chooses of %s builders, and the cluster has %d", p.Default, builders(t))
		}
	}
	for _, p := range run.Spec.Params {
		given = append(given, p.Name)
	}
	for _, w := range task.Spec.Workspaces {
		wanted = append(wanted, w.Name)
	}
	for _, w := range run.Spec.Workspaces {
		given = append(given, w.Name)
		if secret := clusterCertificates(t)[w.Secret.SecretName]; w.Name == "certificates" && secret.Metadata.Namespace != run.Metadata.Namespace {
			t.Errorf("the Secret %s is in the namespace %q, the run in %q", w.Secret.SecretName, secret.Metadata.Namespace, run.Metadata.Namespace)
		}
	}
	addresses := regexp.MustCompile(`tcp://[^"\s]+`).FindAllString(task.Spec.Steps[0].Script, -1)
	if len(addresses) != 1 {
		t.Errorf("the task asks %v", addresses)
	}
	for _, address := range addresses {
		fits(t, strings.Replace(address, "$number", "49", 1), clusterNames(t))
	}
	if !slices.Equal(wanted, given) {
		t.Errorf("the task wants %v, the run gives %v", wanted, given)
	}
}
