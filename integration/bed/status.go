package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func printStatus(ctx context.Context, w io.Writer, p paths) error {
	st, err := loadState(p)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) { _, _ = fmt.Fprintf(tw, "%s\t%s\n", name, value) }
	row("engines", map[mode]string{ownEngines: "the bed's own", dockerEngine: "this machine's Docker"}[st.Mode])
	row("state", p.state())
	if st.Mode == ownEngines {
		for _, name := range ownServices {
			r, ok := readRecord(p, name)
			if ok && r.alive() {
				row(name, fmt.Sprintf("runs, pid %d", r.PID))
			} else {
				row(name, "does not run; log "+p.log(name))
			}
		}
		row("docker", st.Docker)
	}
	row("buildkit", st.Buildkit)
	row("registry", st.Registry)
	if st.Image != "" {
		repo, tag, _ := strings.Cut(strings.TrimPrefix(st.Image, st.Registry+"/"), ":")
		row("frontend", st.Image+" "+manifestDigest(ctx, st.Registry, repo, tag))
	} else {
		row("frontend", "not built yet")
	}
	if st.Pull {
		row("base images", "pulled from their registry")
	} else {
		row("base images", "assembled here")
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return st.running(ctx, p)
}
