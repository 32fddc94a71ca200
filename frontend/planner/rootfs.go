package planner

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

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
	args := b.python(b.native(), "rootfs.py")
	mounts := []plan.Mount{scriptsMount("failure.py", "rootfs.py", "tree.py")}
	if !b.root {
		user, group, uid, gid := b.account()
		args = append(args, "--account", fmt.Sprintf("%s:%d:%s:%d", user, uid, group, gid))
		if b.Target == "dev" {
			args = append(args, "--home", b.home(user))
		}
		b.plan.Config.User = b.user()
	}
	if read := b.readOfBase(); len(read) > 0 {
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Image: "base", Paths: read}, Target: "/base"})
	}
	if file := b.Config.Runtime.CA; file != "" {
		args = append(args, "--ca", "/run/pybuild/ca/"+path.Base(file))
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, Source: path.Join("/", file), Target: "/run/pybuild/ca/" + path.Base(file),
			From: plan.Ref{Context: plan.Manifests, Paths: []string{path.Join("/", file)}}})
		// OpenSSL's own default lies elsewhere in some images, and certifi has its own.
		b.defaults["SSL_CERT_FILE"], b.defaults["REQUESTS_CA_BUNDLE"] = caBundle, caBundle
	}
	args = append(args, b.directories()...)
	if b.launcherFiles {
		launcher := []string{"start.py", "health.py"}
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Scripts: launcher}, Target: "/run/pybuild/launcher"})
		for _, name := range launcher {
			args = append(args, "--file", "/run/pybuild/launcher/"+name+"="+b.launcher(name))
		}
	}
	if hook := b.Base.System.SiteHook; hook != "" {
		args = append(args, "--site", hook+"="+b.plan.Python.SitePackages())
	}
	if b.plan.Step("libraries") != nil {
		// It is empty, and fails the build where a library is missing.
		mounts = append(mounts, plan.Mount{Kind: plan.Bind, From: plan.Ref{Step: "libraries"}, Target: "/run/pybuild/checked"})
	}
	if len(mounts) == 1 && b.plan.Step("app") != nil && len(args) == 3 {
		return
	}
	b.add(plan.Step{
		ID: "rootfs", Name: "[builder] write the user, the workdir and the launcher", Stage: "builder",
		On: b.native(), Args: args, Output: "/out", Offline: true, Mounts: mounts,
		At: b.Config.At("runtime", "user"),
	})
	b.layer("rootfs")
	b.plan.Config.Workdir = b.workdir()
}

// directories are the flags for the workdir, where no step brings it with files, and for
// the volumes: a volume of the engine's that has no files yet takes their owner.
func (b *builder) directories() []string {
	owner := ":" + b.user()
	var flags []string
	volumes := slices.Sorted(slices.Values(b.Config.Runtime.Volumes))
	inside := slices.ContainsFunc(volumes, func(v string) bool { return strings.HasPrefix(v, b.workdir()+"/") })
	switch {
	case b.plan.Step("app") == nil:
		flags = append(flags, "--directory", b.workdir()+":0:0")
	case inside && b.Config.Runtime.Owner == "user":
		// This layer lies on that of the app.
		flags = append(flags, "--directory", b.workdir()+owner)
	}
	for _, v := range volumes {
		flags = append(flags, "--directory", v+owner)
	}
	return flags
}

// volumes declares them, where they are not the interpreter's own directory.
func (b *builder) volumes() error {
	for i, v := range b.Config.Runtime.Volumes {
		at := b.Config.At("runtime", "volumes", strconv.Itoa(i))
		if prefix := b.plan.Python.Prefix; within(v, prefix) || within(prefix, v) {
			_, source := b.Config.Source()
			return &diag.Error{Code: "PB009", At: at, Source: source,
				Message: fmt.Sprintf("the volume %s would hide the packages, which lie in %s", v, prefix), Hint: "choose one of its own, such as \"/data\""}
		}
	}
	volumes := slices.Compact(slices.Sorted(slices.Values(b.Config.Runtime.Volumes)))
	if len(volumes) > 0 {
		b.decide("volumes", strings.Join(volumes, " "), "the user "+b.user()+" may write there", "runtime", "volumes")
	}
	b.plan.Config.Volumes = volumes
	return nil
}

// within reports whether a path is a directory or lies in it.
func within(dir, p string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// home is where a developer's tools keep what is theirs, and the shell that they open. An
// account that the base has already keeps its own.
func (b *builder) home(user string) string {
	shell := "/bin/sh"
	if b.Base.System.Manager == "apt" {
		shell = "/bin/bash"
	}
	return "/home/" + user + ":" + shell
}

// caBundle is where Debian, Alpine and their like have the certificates that they
// trust.
const caBundle = "/etc/ssl/certs/ca-certificates.crt"

// readOfBase are the base's files that are written anew with more in them.
func (b *builder) readOfBase() []string {
	var files []string
	if !b.root {
		files = append(files, "/etc/group", "/etc/passwd")
	}
	if b.Config.Runtime.CA != "" {
		files = append(files, caBundle)
	}
	return files
}

// launcher is the path of one of the launcher's scripts in the image.
func (b *builder) launcher(name string) string {
	return strings.TrimSuffix(b.plan.Python.Prefix, "/") + "/lib/pybuild/" + name
}
