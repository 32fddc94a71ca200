// Command bed brings up what pybuild's tests and `make try` build on: a Docker
// engine, a BuildKit daemon, a loopback registry, the base images, and the
// frontend image built from this checkout.
//
//	go run ./integration/bed up|down|status|env
//
// Where a Docker engine that can pull answers, the bed uses it. Elsewhere it
// builds pinned engines from Go modules and runs them on sockets, roots and a
// bridge of its own, so that it never meets another engine on the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: go run ./integration/bed COMMAND

  up              bring up engines, registry, base images and the frontend image
  down [--purge]  stop what up started; --purge forgets the engines' state too
  status          say what runs
  env [--json]    print the environment that points docker and buildctl at the bed

environment:
  PYBUILD_BED_DIR        caches and state (default: the user's cache directory)
  PYBUILD_BED_PLATFORMS  platforms of the frontend image (default: linux/amd64,linux/arm64)
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return errors.New("no command given")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	purge := flags.Bool("purge", false, "remove the engines' state too")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	p, err := locate()
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return up(ctx, p)
	case "down":
		return down(ctx, p, *purge)
	case "status":
		return printStatus(ctx, os.Stdout, p)
	case "env":
		return printEnv(os.Stdout, p, *asJSON)
	case "help", "-h", "--help":
		flags.Usage()
		return nil
	}
	flags.Usage()
	return fmt.Errorf("unknown command %q", args[0])
}
