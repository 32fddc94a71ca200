package planner

import (
	"fmt"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

const sourceDir = "/run/pybuild/source"

// project plans the installation of the project itself, where it is a package:
// built as a wheel, installed like any other, its code not in the workdir.
func (b *builder) project() {
	p := b.Facts.Pyproject
	if p == nil || !p.IsPackage() {
		return
	}
	b.decide("project", p.Name, "it is a package (pyproject.toml has a [build-system]), so it is installed and not copied")
	cmd := []string{uvPath, "pip", "install", "--python", b.plan.Python.Executable,
		"--prefix", "/install" + b.plan.Python.Prefix, "--link-mode", "copy", "--no-deps", sourceDir}
	args := append(append(append(b.python("install.py"), b.secretFlags()...), "--"), cmd...)
	mounts := append([]plan.Mount{{
		// Build backends write beside the sources: let them, and keep nothing.
		Kind: plan.Bind, From: plan.Ref{Context: plan.Project}, Target: sourceDir, Scratch: true,
	}}, b.tools("install.py", "tree.py", "uv.py")...)
	b.add(plan.Step{
		ID: "project", Name: "[builder] build and install " + p.Name, Stage: "builder", On: b.on(), Args: args,
		Env: b.uvEnv(), Dir: sourceDir, Output: "/install", At: p.File.At("build-system"),
		Mounts: append(mounts, b.credentials()...),
	})
	b.layer("project")
}

// files plans the app's own files, with their bytecode.
func (b *builder) files() {
	if p := b.Facts.Pyproject; p != nil && p.IsPackage() && len(b.Config.Runtime.Include) == 0 {
		return
	}
	owner := "0:0"
	if b.Config.Runtime.Owner == "user" {
		owner = b.user()
	}
	b.add(plan.Step{
		ID: "app", Name: "[builder] lay out the app in " + b.workdir() + " and compile it", Stage: "builder",
		On: plan.Ref{Image: "base"}, Args: append(b.python("app.py"), b.workdir(), owner),
		Output: "/out", Offline: true, At: b.Config.At("runtime", "include"),
		Mounts: []plan.Mount{
			{Kind: plan.Bind, From: plan.Ref{Context: plan.Files}, Target: "/src"},
			scriptsMount("app.py", "tree.py"),
		},
	})
	b.layer("app")
}

func (b *builder) workdir() string {
	if w := b.Config.Runtime.Workdir; w != "" {
		return w
	}
	return "/app"
}

// account is the user and group of the image, with their numbers.
func (b *builder) account() (user, group string, uid, gid int) {
	r := b.Config.Runtime
	user, group, uid, gid = "appuser", "appgroup", 1001, 1001
	if r.User != "" {
		user = r.User
	}
	if r.Group != "" {
		group = r.Group
	}
	if r.UID != nil {
		uid = *r.UID
	}
	if r.GID != nil {
		gid = *r.GID
	}
	return user, group, uid, gid
}

// user is "uid:gid" of the running process.
func (b *builder) user() string {
	if b.root {
		return "0:0"
	}
	_, _, uid, gid := b.account()
	return fmt.Sprintf("%d:%d", uid, gid)
}

// rootfs plans the files that are neither dependencies nor code: the account,
// the working directory and the launcher. The base is only read, so the step
// runs natively for any platform and does not run again while the base stays.
func (b *builder) rootfs() {
	args := b.python("rootfs.py")
	mounts := []plan.Mount{scriptsMount("rootfs.py", "tree.py")}
	if !b.root {
		user, group, uid, gid := b.account()
		args = append(args, "--account", fmt.Sprintf("%s:%d:%s:%d", user, uid, group, gid))
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Image: "base", Paths: []string{"/etc/group", "/etc/passwd"}}, Target: "/base"})
		b.plan.Config.User = b.user()
	}
	if b.plan.Step("app") == nil {
		args = append(args, "--workdir", b.workdir()+":0:0")
	}
	if b.web {
		launcher := []string{"start.py", "health.py"}
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Scripts: launcher}, Target: "/run/pybuild/launcher"})
		for _, name := range launcher {
			args = append(args, "--file", "/run/pybuild/launcher/"+name+"="+b.launcher(name))
		}
	}
	if len(mounts) == 1 && b.plan.Step("app") != nil {
		return
	}
	b.add(plan.Step{
		ID: "rootfs", Name: "[builder] write the user, the workdir and the launcher", Stage: "builder",
		On: plan.Ref{Image: "base"}, Args: args, Output: "/out", Offline: true, Mounts: mounts,
		At: b.Config.At("runtime", "user"),
	})
	b.layer("rootfs")
	b.plan.Config.Workdir = b.workdir()
}

// launcher is the path of one of the launcher's scripts in the image.
func (b *builder) launcher(name string) string {
	return strings.TrimSuffix(b.plan.Python.Prefix, "/") + "/lib/pybuild/" + name
}
