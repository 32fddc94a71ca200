// Command frontend is pybuild's BuildKit frontend: BuildKit starts it and
// speaks the gateway protocol on its standard input and output. Started with a
// command, it looks at a project instead.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	"github.com/moby/buildkit/util/appcontext"

	"github.com/pybuild/pybuild/frontend"
	"github.com/pybuild/pybuild/frontend/diag"
)

// version is set at link time.
var version = "dev"

func main() {
	if len(os.Args) > 1 {
		err := run(os.Args[1:], os.Stdout, os.Stderr)
		switch {
		case errors.Is(err, errUsage):
			os.Exit(2)
		case err != nil:
			fmt.Fprintln(os.Stderr, err)
			if see := diag.See(err); see != "" {
				fmt.Fprintln(os.Stderr, see)
			}
			os.Exit(1)
		}
		return
	}
	if os.Getenv("BUILDKIT_FRONTEND_OPT_0") == "" && os.Getenv("BUILDKIT_SESSION_ID") == "" && interactive() {
		fmt.Fprint(os.Stderr, usage())
		os.Exit(2)
	}
	if err := grpcclient.RunFromEnvironment(appcontext.Context(), frontend.Build); err != nil {
		fmt.Fprintln(os.Stderr, "pybuild:", err)
		os.Exit(1)
	}
}

// interactive reports that a person started the program, and not BuildKit, whose
// standard input is a socket or a pipe.
func interactive() bool {
	info, err := os.Stdin.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
