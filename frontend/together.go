package frontend

import (
	"context"
	"strings"
	"sync"
)

// together are the builds of all platforms, of which the first that fails ends all.
type together struct {
	mu    sync.Mutex
	left  int // how many are under way
	ended chan struct{}
}

func newTogether(n int) *together { return &together{left: n, ended: make(chan struct{})} }

// end is called once for each.
func (t *together) end(ctx context.Context, err error) {
	t.mu.Lock()
	t.left--
	if t.left == 0 {
		close(t.ended)
	}
	t.mu.Unlock()
	if !overshadowed(err) {
		return
	}
	select {
	case <-ctx.Done():
	case <-t.ended:
	}
}

// overshadowed reports an error that says nothing. BuildKit 0.34 has it for a step that
// fails when another step with some of its mounts has failed in that build: it keeps what
// the first has left, and releases that of the second twice. What the first one says takes
// a moment longer, as it is read out of what it left.
func overshadowed(err error) bool {
	return err != nil && strings.Contains(err.Error(), "releasing already released reference")
}
