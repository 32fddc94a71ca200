package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// down ends what up started, and nothing else. Built binaries and base images
// stay; the engines' state stays too unless purge.
func down(ctx context.Context, p paths, purge bool) error {
	unlock, err := lock(p)
	if err != nil {
		return err
	}
	defer unlock()
	leaveOwnEnvironment(p)

	st, err := loadState(p)
	if err != nil && !errors.Is(err, errDown) && !purge {
		return err
	}
	if st.Mode == dockerEngine {
		if err := step("remove the bed's containers", func() error { return removeContainers(ctx) }); err != nil {
			return err
		}
	}
	// Also without a state file: an interrupted up may have left daemons.
	for _, name := range ownServices {
		if _, ok := readRecord(p, name); !ok {
			continue
		}
		if err := step("stop "+name, func() error { return stopService(ctx, p, name) }); err != nil {
			return err
		}
	}
	if err := cleanUp(ctx, p); err != nil {
		return err
	}
	if err := os.Remove(p.bedFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if purge {
		return step("remove "+p.state(), func() error { return os.RemoveAll(p.state()) })
	}
	return nil
}

// cleanUp removes what daemons leave when they were killed: shims, mounts, the bridge, sockets.
func cleanUp(ctx context.Context, p paths) error {
	if _, err := os.Stat(p.run); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	endShims(p)
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for _, dir := range mountsBelow(string(mounts), p.state(), p.run) {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("unmount %s: %w", dir, err)
		}
	}
	if err := removeBridge(ctx, p); err != nil {
		return err
	}
	return os.RemoveAll(p.run)
}

// endShims ends shims of containers that outlived their engine. They are ours
// when they are this bed's executable and were told this bed's socket.
func endShims(p paths) {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, proc := range procs {
		exe, err := os.Readlink(filepath.Join(proc, "exe"))
		if err != nil || !strings.HasPrefix(exe, filepath.Join(p.dir, "bin")+"/") || filepath.Base(exe) != "containerd-shim-runc-v2" {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
		pid, err := strconv.Atoi(filepath.Base(proc))
		if err == nil && strings.Contains(string(cmdline), p.socket("containerd")) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// mountsBelow lists mount points in the directories, innermost first.
func mountsBelow(mountinfo string, dirs ...string) []string {
	var found []string
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		point := strings.ReplaceAll(fields[4], `\040`, " ")
		if slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(point, dir+"/") }) {
			found = append(found, point)
		}
	}
	slices.Reverse(found)
	return found
}
