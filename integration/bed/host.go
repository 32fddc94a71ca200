package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// need is something the bed's own engines or images want from the machine.
type need struct {
	pkg   string // Debian's name for it
	found func() bool
}

var engineNeeds = []need{
	{"gcc", onPath("gcc")}, // runc is cgo
	{"pkg-config", onPath("pkg-config")},
	{"libseccomp-dev", func() bool { return exec.Command("pkg-config", "--exists", "libseccomp").Run() == nil }},
	{"iproute2", onPath("ip")},
	{"iptables", onPath("iptables")},
	{"git", onPath("git")}, // BuildKit's git contexts
}

var imageNeeds = []need{
	{"mmdebstrap", onPath("mmdebstrap")},
}

// pipNeeds are for the download of uv's wheel alone; asking costs a second.
var pipNeeds = []need{
	{"python3-pip", func() bool { return exec.Command("python3", "-m", "pip", "--version").Run() == nil }},
}

func onPath(name string) func() bool {
	return func() bool {
		_, err := exec.LookPath(name)
		return err == nil
	}
}

// ownEnginesPossible says early and plainly where the bed cannot run engines of its own.
func ownEnginesPossible() error {
	if runtime.GOOS != "linux" {
		return errors.New("no Docker engine that can pull answers, and the bed can start its own only on Linux: start Docker, then run the bed again")
	}
	if os.Getuid() != 0 {
		return errors.New("no Docker engine that can pull answers, and the bed's own engines need root (rootless is not supported): start Docker, or run the bed as root")
	}
	return nil
}

// ensure installs what is missing, where this machine is a Debian.
func ensure(ctx context.Context, needs []need) error {
	missing := absent(needs)
	if len(missing) == 0 {
		return nil
	}
	install := "apt-get update && apt-get install -y --no-install-recommends " + strings.Join(missing, " ")
	if !onPath("apt-get")() || os.Getuid() != 0 {
		return fmt.Errorf("missing on this machine: %s; on Debian and Ubuntu run as root: %s", strings.Join(missing, ", "), install)
	}
	return step("install "+strings.Join(missing, " "), func() error {
		apt := command{env: []string{"DEBIAN_FRONTEND=noninteractive"}}
		if err := apt.run(ctx, "sh", "-c", install); err != nil {
			return err
		}
		if still := absent(needs); len(still) > 0 {
			return fmt.Errorf("installed, and still not found: %s", strings.Join(still, ", "))
		}
		return nil
	})
}

func absent(needs []need) []string {
	var missing []string
	for _, n := range needs {
		if !n.found() {
			missing = append(missing, n.pkg)
		}
	}
	return missing
}
