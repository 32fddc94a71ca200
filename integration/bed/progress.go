package main

import (
	"fmt"
	"os"
	"time"
)

// step runs one stage of the bed and says on stderr when it starts and how
// long it took; stdout stays free for env and status.
func step(name string, f func() error) error {
	start := time.Now()
	fmt.Fprintf(os.Stderr, "bed: %s ...\n", name)
	if err := f(); err != nil {
		fmt.Fprintf(os.Stderr, "bed: %s failed after %s\n", name, since(start))
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(os.Stderr, "bed: %s done in %s\n", name, since(start))
	return nil
}

func note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bed: "+format+"\n", args...)
}

func since(start time.Time) string {
	return time.Since(start).Round(100 * time.Millisecond).String()
}
