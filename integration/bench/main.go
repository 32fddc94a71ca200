// Command bench measures pybuild against the Dockerfiles that people write by
// hand: builds on one engine in turn, bytes that a push would send, and the time
// a container needs to its first answer. Ratios within one run are what counts;
// machines differ.
//
// usage: bench [-app small|heavy] [-rounds N] [-out DIR]
//
//	bench -profile DIR
//	bench -render FILE.json
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	app := flag.String("app", "heavy", "the app to build: small or heavy")
	rounds := flag.Int("rounds", 2, "how often everything is measured")
	out := flag.String("out", "docs/benchmarks", "where the table and the chart go")
	profiled := flag.String("profile", "", "a directory: build it once and print where the time goes, no more")
	again := flag.String("render", "", "a JSON of an earlier run: write its table and chart again, no more")
	flag.Parse()
	var err error
	switch {
	case *profiled != "":
		err = runProfile(*profiled)
	case *again != "":
		err = render(*again)
	default:
		err = run(*app, *rounds, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(name string, rounds int, out string) error {
	app, err := findApp(name)
	if err != nil {
		return err
	}
	bed, err := findBed()
	if err != nil {
		return err
	}
	defer bed.close()
	dir, err := os.MkdirTemp("", "pybuild-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := bed.pushDockerfile(filepath.Join(dir, "dockerfile")); err != nil {
		return err
	}
	if err := bed.pushForeignBase(filepath.Join(dir, "base")); err != nil {
		return err
	}
	if foreignPrograms() {
		fmt.Println("note: an emulator for arm64 is registered here")
	}
	locks, err := bed.lock(filepath.Join(dir, "lock"), app)
	if err != nil {
		return err
	}
	results := newResults(app, rounds)
	for round := range rounds {
		for _, v := range variants() {
			if err := bed.measure(results, v, filepath.Join(dir, fmt.Sprintf("%s-%d", v.name, round)), app, locks); err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			// What was measured is kept, should the rest fail.
			if err := results.write(out); err != nil {
				return err
			}
		}
	}
	fmt.Print(results.table())
	return nil
}
