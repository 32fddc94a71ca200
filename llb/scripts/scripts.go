// Package scripts holds the programs that build steps and containers run. The
// texts are constants of a release: each is part of the cache key of the steps
// that mount it.
package scripts

import (
	"embed"
	"fmt"
)

//go:embed *.py *.sh
var files embed.FS

// Text returns a script by its file name.
func Text(name string) ([]byte, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("no script %q", name)
	}
	return data, nil
}
