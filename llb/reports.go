package llb

import (
	"fmt"

	bk "github.com/moby/buildkit/client/llb"
)

// Unpacked is what a compressed archive holds, in a step of that name.
func Unpacked(archive []byte, step string) bk.State {
	const name = "archive.tar.gz"
	packed := written(map[string]string{name: string(archive)}, step)
	return bk.Scratch().File(bk.Copy(packed, "/"+name, "/", &bk.CopyInfo{AttemptUnpack: true}), bk.WithCustomName(step))
}

// Ended is a tree with the exit code of what left it, as a file that a shell can read.
func Ended(tree bk.State, code int) bk.State {
	return tree.File(bk.Mkfile("/exit-status", 0o644, fmt.Appendln(nil, code)), bk.WithCustomNamef("[test] note that they ended with exit code %d", code))
}
