// Command frontend is pybuild's BuildKit frontend: BuildKit starts it and
// speaks the gateway protocol on its standard input and output.
package main

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	"github.com/moby/buildkit/util/appcontext"

	"github.com/pybuild/pybuild/frontend"
)

// version is set at link time.
var version = "dev"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "version" {
		fmt.Println("pybuild", version)
		return
	}
	if err := grpcclient.RunFromEnvironment(appcontext.Context(), frontend.Build); err != nil {
		fmt.Fprintln(os.Stderr, "pybuild:", err)
		os.Exit(1)
	}
}
