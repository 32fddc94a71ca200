package planner

import (
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// aptScript installs the packages in "$@" that are not there yet. It is a
// constant: what a user wrote is an argument and never text of the shell.
// The base's docker-clean empties apt's cache after each install; -c is read
// after it and lets the mounted cache keep what it fetched. What apt and dpkg
// log differs on every build.
const aptScript = `set -eu
missing=
for package in "$@"; do
  dpkg-query -W -f '${Status}' "${package%%=*}" 2>/dev/null | grep -q 'ok installed' && [ "${package%%=*}" = "$package" ] || missing=yes
done
[ -n "$missing" ] || exit 0
conf=$(mktemp)
cat >"$conf" <<'APT'
#clear DPkg::Post-Invoke;
#clear APT::Update::Post-Invoke;
Binary::apt::APT::Keep-Downloaded-Packages "true";
APT
export DEBIAN_FRONTEND=noninteractive
apt-get -c "$conf" update -q
apt-get -c "$conf" install -q -y --no-install-recommends -- "$@"
rm -rf "$conf" /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old`

// compilers are what most sdists with native code need beside Python's headers.
func compilers() []string { return []string{"g++", "gcc", "libc6-dev"} }

// apt plans a step that installs Debian packages onto a tree.
func (b *builder) apt(id, stage string, on plan.Ref, packages []string) {
	b.add(plan.Step{
		ID: id, Name: "[" + stage + "] install " + strings.Join(packages, ", "), Stage: stage, On: on,
		Args: append([]string{"/bin/sh", "-c", aptScript, "apt"}, packages...),
		// apt's files are its own while it runs: one step at a time.
		Mounts: []plan.Mount{
			{Kind: plan.Cache, Target: "/var/cache/apt", ID: "/var/cache/apt", Locked: true},
			{Kind: plan.Cache, Target: "/var/lib/apt", ID: "/var/lib/apt", Locked: true},
		},
		At: b.Config.At(stageKey(stage), "packages"),
	})
}

func stageKey(stage string) string {
	if stage == "runtime" {
		return "runtime"
	}
	return "build"
}

// toolchain plans what must be there to build: the compiler only where a
// package has no wheel, and the packages that were asked for.
func (b *builder) toolchain() {
	packages := append([]string{}, b.Config.Build.Packages...)
	if b.Resolved != nil && len(b.Resolved.MustBuild) > 0 {
		b.decide("compiler", "gcc", "no wheel fits "+b.Platform+" for "+names(b.Resolved.MustBuild))
		packages = append(packages, compilers()...)
	}
	if len(packages) > 0 {
		b.apt("toolchain", "builder", b.plan.Root, packages)
	}
}

// on is the tree that building steps run on.
func (b *builder) on() plan.Ref {
	if b.plan.Step("toolchain") != nil {
		return plan.Ref{Step: "toolchain"}
	}
	return plan.Ref{Image: "base"}
}

// runtime plans the Debian packages of the image: the one step that executes
// on the base itself.
func (b *builder) runtime() {
	if packages := b.Config.Runtime.Packages; len(packages) > 0 {
		b.apt("runtime-packages", "runtime", plan.Ref{Image: "base"}, packages)
		b.plan.Root = plan.Ref{Step: "runtime-packages"}
	}
}
