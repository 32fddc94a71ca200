package integration

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"
)

// TestCIRecipes runs what docs/ci.md has a CI do, as far as no service is needed for it:
// the commands on the bed's engine, with nothing logged in to or signed.
func TestCIRecipes(t *testing.T) {
	t.Parallel()
	engine(t)
	all, ix := sections(t, "ci.md"), newIndex(t, large("big", "1.0"), dist{name: "small", version: "1.0"})
	for name, try := range map[string]func(*runner, section){
		"A bake file": func(r *runner, s section) {
			r.sh(strings.ReplaceAll(s.script, "registry.example.com/shop", r.repo), map[string]string{"BUILDX_BUILDER": "ci"})
			r.signs(r.published("dev"))
		},
		"Tests": func(r *runner, s section) {
			var flow map[string]struct {
				Variables, Artifacts any
				Script               []string
				Stage, Image         string
				Services             []string
			}
			decode(r.t, s.files[".gitlab-ci.yml"], &flow)
			tests := strings.Replace(job, "org/pybuild", frontendImage(r.t), 1) + "[target.test]\ncommand = [\"python\", \"tests.py\"]\n"
			write(r.t, filepath.Join(r.dir, "pybuild.toml"), tests)
			for _, status := range []string{"3", "0"} {
				write(r.t, filepath.Join(r.dir, "tests.py"), "open('/out/junit.xml', 'w').write('<testsuites/>')\nraise SystemExit("+status+")\n")
				for _, script := range []string{s.script, strings.Join(flow["test"].Script, "\n"), jenkinsfile(s.files["Jenkinsfile"])} {
					r.sh("rm -rf reports; set +e\n(set -e\n"+script+"\n)\nstatus=$?\ntest $status = "+status+" -a -e reports/junit.xml", nil)
				}
			}
		},
		"GitHub Actions": func(r *runner, s section) {
			var flow struct {
				Jobs map[string]struct {
					Steps []struct {
						Uses, Run string
						With      map[string]string
					}
				}
			}
			decode(r.t, s.files[".github/workflows/image.yml"], &flow)
			for _, step := range append(flow.Jobs["check"].Steps, flow.Jobs["image"].Steps...) {
				switch {
				case strings.HasPrefix(step.Uses, "docker/build-push-action@"):
					r.sh(buildPush(r, step.With), nil)
				case step.Run != "":
					// GitHub's names may have capital letters, and its shell is bash.
					cmd := strings.ReplaceAll(strings.ReplaceAll(step.Run, "ghcr.io/", ""), "'", `'"'"'`)
					r.sh("exec bash -e -c '"+cmd+"'", map[string]string{"GITHUB_REPOSITORY": strings.ToUpper(r.repo), "DIGEST": imageIndex(r.t, r.repo+":1.2.3").digest})
				}
			}
			if builds := r.called("docker buildx build"); len(builds) != 2 || strings.Contains(builds[0], "push") || strings.Contains(builds[0], "cache-to") {
				r.t.Errorf("a pull request, and then the branch, build %q", builds)
			}
			r.signs(r.published("1.2.3"))
		},
		"GitLab CI": func(r *runner, s section) {
			var flow map[string]struct {
				Variables    map[string]string
				BeforeScript []string `yaml:"before_script"`
				Script       []string
				Stage, Image string
				Services     []string
				IDTokens     any `yaml:"id_tokens"`
				Rules        any
			}
			decode(r.t, s.files[".gitlab-ci.yml"], &flow)
			host, _, _ := strings.Cut(r.repo, "/")
			vars := map[string]string{"CI_REGISTRY": host, "CI_REGISTRY_IMAGE": r.repo, "CI_COMMIT_SHORT_SHA": "abc123", "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "p"}
			for name, value := range flow["publish"].Variables {
				vars[name] = os.Expand(value, func(v string) string { return vars[v] })
			}
			r.sh(strings.Join(append(flow["publish"].BeforeScript, flow["publish"].Script...), "\n"), vars)
			r.logsIn()
			r.signs(r.published("abc123"))
		},
		"Jenkins": func(r *runner, s section) {
			r.sh(jenkinsfile(s.files["Jenkinsfile"]), map[string]string{"IMAGE": r.repo, "BUILD_NUMBER": "7", "REGISTRY_USER": "u", "REGISTRY_PASSWORD": "p", "COSIGN_KEY": "key"})
			r.logsIn()
			r.signs(r.published("7"))
		},
		"Buildkite": func(r *runner, s section) {
			var flow struct {
				Env   map[string]string
				Steps []struct {
					Label, Key, If string
					Command        []string
					Retry          any
				}
			}
			decode(r.t, s.files[".buildkite/pipeline.yml"], &flow)
			for _, step := range flow.Steps {
				// What the server does not expand, the agent's shell does.
				r.sh(strings.ReplaceAll(strings.Join(step.Command, "\n"), "$$", "$"), map[string]string{"IMAGE": r.repo, "REGISTRY_USER": flow.Env["REGISTRY_USER"], "BUILDKITE_BUILD_NUMBER": "8"})
			}
			r.logsIn()
			r.signs(r.published("8"))
		},
		"Tekton": func(r *runner, s section) {
			var task tektonTask
			decode(r.t, s.files["tekton.yaml"], &task)
			given := []string{"$(params.image)", r.repo, "$(params.tag)", "9", "$(workspaces.certificates.path)", r.dir, "$(workspaces.registry.path)", dockerConfig(r.t),
				"/tmp/image.json", filepath.Join(r.dir, "image.json"), "org/pybuild", frontendImage(r.t)}
			for _, p := range task.Spec.Params {
				given = append(given, "$(params."+p.Name+")", p.Default)
			}
			for _, found := range task.Spec.Results {
				given = append(given, "$(results."+found.Name+".path)", filepath.Join(r.dir, found.Name))
			}
			step, env := task.Spec.Steps[0], map[string]string{}
			for _, v := range step.Env {
				env[v.Name] = strings.NewReplacer(given...).Replace(v.Value)
			}
			r.sh(strings.NewReplacer(given...).Replace(step.Script), env)
			image := r.published("9")
			// What Chains signs.
			url, err := os.ReadFile(filepath.Join(r.dir, "IMAGE_URL"))
			digest, err2 := os.ReadFile(filepath.Join(r.dir, "IMAGE_DIGEST"))
			if got := string(url) + "@" + string(digest); got != image {
				r.t.Errorf("the results name %s and not %s: %v %v", got, image, err, err2)
			}
			if calls := r.called("cosign"); len(calls) > 0 {
				r.t.Errorf("the page says that the task does not sign: %q", calls)
			}
			_, address, _ := strings.Cut(r.called("buildctl")[0], "--addr ")
			address, _, _ = strings.Cut(address, " ")
			fits(r.t, address, clusterNames(r.t))
		},
		"Where the cache goes": nil, // TestFleetCaches
	} {
		s, ok := all[name]
		if !ok {
			t.Errorf("docs/ci.md has no section %q", name)
			continue
		}
		delete(all, name)
		if try != nil {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				try(newRunner(t, ix, s.files), s)
			})
		}
	}
	for _, name := range sorted(all) {
		t.Errorf("nobody tries what docs/ci.md says of %s", name)
	}
}

// jenkinsfile is the script of all shell steps of a pipeline.
func jenkinsfile(pipeline string) string {
	script := ""
	for _, m := range regexp.MustCompile(`(?s)\bsh ('''(.*?)'''|'((?:\\.|[^'\\])*)')`).FindAllStringSubmatch(pipeline, -1) {
		script += m[2] + strings.ReplaceAll(m[3], `\'`, `'`) + "\n"
	}
	return script
}

// buildPush is what docker/build-push-action does with its inputs. GitHub's cache is
// a directory here.
func buildPush(r *runner, with map[string]string) string {
	with = maps.Clone(with)
	args := "docker buildx build --builder ci"
	for _, name := range sorted(with) {
		value := strings.NewReplacer("${{ steps.meta.outputs.tags }}", r.repo+":1.2.3", "${{ steps.meta.outputs.labels }}", "a=b").Replace(with[name])
		switch name {
		case "context":
		case "cache-from":
			args += " --cache-from " + strings.Replace(value, "type=gha,scope=", "type=local,src="+r.dir+"/../cache-", 1)
		case "cache-to":
			args += " --cache-to " + strings.Replace(value, "type=gha,scope=", "type=local,dest="+r.dir+"/../cache-", 1)
		case "platforms", "tags", "labels", "outputs":
			args += " --" + strings.TrimSuffix(name, "s") + " " + value
		default:
			args += " --" + name + "=" + value
		}
	}
	return args + " " + with["context"]
}

// decode reads what a test needs of a YAML file. What belongs into one, its service's schema
// says: see TestSchemas.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestWorkflows lints the workflows of the project and of docs/ci.md, and holds that each step of the
// project's is a target of the Makefile and each action has a full version, or the commit of one:
// those of the project run beside the registry's token and the identity that signs.
func TestWorkflows(t *testing.T) {
	paths, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	hosted := sections(t, "scaling.md")["Hosted builders"].files
	texts := map[string]string{
		"docs/ci.md":             sections(t, "ci.md")["GitHub Actions"].files[".github/workflows/image.yml"],
		"docs/scaling.md, cloud": hosted[".github/workflows/cloud.yml"], "docs/scaling.md, Depot": hosted[".github/workflows/depot.yml"],
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(data)
		for line := range strings.Lines(texts[path]) {
			_, action, ok := strings.Cut(strings.TrimSpace(line), "uses: ")
			if ok && !strings.HasPrefix(action, "./") && !regexp.MustCompile(`^[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).MatchString(action) {
				t.Errorf("%s: %s is no commit with its version", path, action)
			}
		}
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	// Without a project: its own repository's workflows are not called from here.
	for _, path := range sorted(texts) {
		lint, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{Shellcheck: "", Pyflakes: ""})
		if err != nil {
			t.Fatal(err)
		}
		found, err := lint.Lint(path, []byte(texts[path]), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Error(f)
		}
		var flow struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Permissions map[string]string
				Strategy    struct{ Matrix map[string][]string }
				Steps       []struct{ Uses, Run string }
			}
		}
		decode(t, texts[path], &flow)
		if len(flow.Permissions) != 1 || flow.Permissions["contents"] != "read" {
			t.Errorf("%s: the permissions are %v", path, flow.Permissions)
		}
		for name, job := range flow.Jobs {
			for _, step := range job.Steps {
				// Depot's are those of its own documentation, and nobody can try them here.
				if step.Uses != "" && !strings.HasPrefix(step.Uses, "depot/") && !regexp.MustCompile(`^[\w-]+/[\w/-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$`).MatchString(step.Uses) {
					t.Errorf("%s: %s has no full version", path, step.Uses)
				}
				_, target, ok := strings.Cut(step.Run, "make ")
				targets := []string{target}
				if strings.HasPrefix(target, "${{ matrix.") {
					targets = job.Strategy.Matrix[strings.TrimSuffix(strings.TrimPrefix(target, "${{ matrix."), " }}")]
				}
				for _, target := range targets {
					if ok && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).Match(makefile) {
						t.Errorf("%s: the job %s makes %q, which is no target of the Makefile", path, name, target)
					}
				}
			}
		}
	}
}

// TestReleaseTags asks bake what a version of the frontend is published as.
func TestReleaseTags(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	for version, want := range map[string][]string{
		"dev":         {"org/pybuild:dev"},
		"v1.2.3":      {"org/pybuild:v1.2.3", "org/pybuild:v1.2", "org/pybuild:v1", "org/pybuild:latest"},
		"v1.2.3-rc.1": {"org/pybuild:v1.2.3-rc.1"},
		"1.2.3":       nil,
	} {
		cmd := exec.Command("docker", "buildx", "bake", "--print", "--push", "release")
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "VERSION="+version)
		out, err := cmd.Output()
		if want == nil {
			if err == nil {
				t.Errorf("the version %s is published: %s", version, out)
			}
			continue
		}
		var plan struct {
			Target map[string]struct {
				Tags, Platforms []string
				Output, Attest  []map[string]string
				Args            map[string]string
			}
		}
		if err == nil {
			err = yaml.Unmarshal(out, &plan) // JSON is YAML
		}
		release := plan.Target["release"]
		if err != nil || !slices.Equal(release.Tags, want) {
			t.Errorf("%s: tags %v, %v", version, release.Tags, err)
		}
		if got := fmt.Sprint(release.Platforms, release.Output, release.Attest, release.Args); got !=
			"[linux/amd64 linux/arm64] [map[push:true rewrite-timestamp:true type:image]] [map[type:sbom] map[mode:max type:provenance]] map[VERSION:"+version+"]" {
			t.Errorf("%s: %s", version, got)
		}
	}
}
