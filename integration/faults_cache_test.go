package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// TestCacheDamaged damages the cache mounts of builds, and has the next build go over
// them: its image has what the packages have.
func TestCacheDamaged(t *testing.T) {
	t.Parallel()
	engine(t)
	for name, damage := range map[string]string{
		"half of each file": `n = os.path.getsize(f) // 2; os.truncate(f, n)`,
		"other contents":    `d = open(f, "rb").read(); open(f, "wb").write(bytes(b ^ 255 for b in d))`,
		"files lost":        `os.unlink(f)`,
		// uv itself fails over none of these.
		"modules lost": `"/archive-v" in f and f.endswith(".py") and os.unlink(f)`,
		"scripts cut":  `"/scripts/" in f and os.truncate(f, os.path.getsize(f) - 4)`,
		"emptied":      `shutil.rmtree(b) if b != "/cache" and os.path.exists(b) else b == "/cache" and os.unlink(f)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != "half of each file" && name != "modules lost" && name != "scripts cut" {
				heavy(t)
			}
			tag := fmt.Sprint(rand.Uint32())
			namespace := map[string]string{"build-arg:BUILDKIT_CACHE_MOUNT_NS": tag}
			wheel, source, locked := dist{name: "wheel" + tag, version: "1.0"}, dist{name: "source" + tag, version: "1.0", sdist: true}, dist{name: "locked" + tag, version: "1.0"}
			wheel.files = map[string]string{
				wheel.name + ".py": "print(1)\n", wheel.name + "-1.0.data/scripts/python" + tag: "#!python\nprint(2)\n", wheel.name + "-1.0.data/scripts/binary" + tag: "\x7fELF 3\n",
			}
			more := dist{name: "more" + tag, version: "1.0"}
			ix := newIndex(t, wheel, source, locked, more)
			ix.immutable = true
			ofWheel, ofSource := []string{sitePackages + wheel.name + ".py", "usr/local/bin/python" + tag, "usr/local/bin/binary" + tag}, sitePackages+source.name+".py"
			unlocked := build{attrs: namespace, read: append(ofWheel, ofSource), dir: project(t, map[string]string{
				// Else the engine downloads wheels, and they are not in uv's cache.
				"pybuild.toml": job + "[build]\nwheels = \"cache\"\n", "job.py": "print(1)\n", "pylock.toml": ix.pylock(t, wheel, source),
			})}
			whole := unlocked.must(t).files
			if text := whole[ofWheel[1]]; !strings.HasPrefix(text, "#!/usr/local/bin/python3") || !strings.HasSuffix(text, "\nprint(2)\n") {
				t.Errorf("the script is %q", text)
			}

			// A download that the engine loses is a step's, which keeps it.
			step := build{attrs: namespace, read: []string{sitePackages + locked.name + ".py"}, dir: project(t, map[string]string{
				"pybuild.toml": job, "job.py": "print(1)\n", "pylock.toml": ix.pylock(t, locked),
			})}
			ix.breaks(answers(500).times(1, "/files/"))
			kept := step.must(t).files

			script := "import os, shutil\nfor b, _, fs in list(os.walk('/cache')):\n for f in fs:\n  f = os.path.join(b, f); " + damage + "\n"
			inCache(t, tag+"//root/.cache/uv", script)
			inCache(t, tag+"//root/.cache/pybuild/wheels", script)

			// A lock with more has its packages installed again. With no-cache, BuildKit empties the mounts.
			write(t, filepath.Join(unlocked.dir, "pylock.toml"), ix.pylock(t, wheel, source, more))
			write(t, filepath.Join(step.dir, "pylock.toml"), ix.pylock(t, locked, more))
			tr := unlocked.must(t)
			// Where uv finds nothing, or nothing that it understands, it downloads again.
			seen := strings.Contains(tr.logs, "uv's cache has other files of ") || strings.Contains(tr.logs, "uv's cache had damaged files of ")
			if notices := name == "half of each file" || name == "modules lost" || name == "scripts cut"; seen != notices {
				t.Errorf("the damage was seen: %t\n%s", seen, tr.logs)
			}
			for _, path := range ofWheel {
				if tr.files[path] != whole[path] || tr.files[path] == "" {
					t.Errorf("the image has %q as %s, and had %q", tr.files[path], path, whole[path])
				}
			}
			// That of the source tells what its build saw, which is not the same twice.
			if text := tr.files[ofSource]; !strings.HasPrefix(text, "FACTS = '{") || !strings.HasSuffix(text, "}'\n") {
				t.Errorf("the image has %q", text)
			}
			ix.breaks(answers(500).times(1, "/files/"))
			if tr := step.must(t); fmt.Sprint(tr.files) != fmt.Sprint(kept) || len(kept) != 1 {
				t.Errorf("the image has %q, and had %q", tr.files, kept)
			}
		})
	}
}

// inCache runs a Python script over a cache mount, at /cache. It is another step each time: for one
// that ignores the cache of steps BuildKit empties the mount.
func inCache(t *testing.T, id, script string) {
	t.Helper()
	_, err := engine(t).Build(context.Background(), client.SolveOpt{}, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		run := llb.Image("docker.io/library/python:3.13-slim").Run(llb.Args([]string{"python3", "-c", script, fmt.Sprint(rand.Uint32())}),
			llb.AddMount("/cache", llb.Scratch(), llb.AsPersistentCacheDir(id, llb.CacheMountShared)))
		def, err := run.Marshal(ctx)
		if err != nil {
			return nil, err
		}
		return c.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// TestPackageCacheDamaged damages what apt keeps between builds, of which it compares sizes
// alone: the next build installs what the archive has, and so does the one after that.
func TestPackageCacheDamaged(t *testing.T) {
	t.Parallel()
	engine(t)
	for name, damage := range map[string]string{
		"half of each file": `os.truncate(f, os.path.getsize(f) // 2)`,
		"other contents":    `d = open(f, "rb").read(); open(f, "wb").write(bytes(b ^ 255 for b in d))`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "half of each file" { // which apt finds itself
				heavy(t)
			}
			tag := fmt.Sprint(rand.Uint32())
			b := build{attrs: map[string]string{"build-arg:BUILDKIT_CACHE_MOUNT_NS": tag}, read: []string{"usr/share/doc/libsodium23/copyright"}}
			b.dir = project(t, map[string]string{"pybuild.toml": job + "[runtime]\npackages = [\"none" + tag + "|libsodium23\"]\n", "job.py": ""})
			whole := b.must(t).files
			for _, dir := range []string{"cache", "lib"} {
				inCache(t, tag+"//var/"+dir+"/apt", "import os\nfor b, _, fs in list(os.walk('/cache')):\n for f in fs:\n  f = os.path.join(b, f); "+damage+"\n")
			}
			// Another set is another step, which installs the same archive once more.
			for _, more := range []string{"libargon2-1", "libyaml-0-2"} {
				replace(t, filepath.Join(b.dir, "pybuild.toml"), "[\"", "[\""+more+"\", \"")
				if files := b.must(t).files; fmt.Sprint(files) != fmt.Sprint(whole) || len(whole) != 1 {
					t.Errorf("the image has %q, and had %q", files, whole)
				}
			}
		})
	}
}
