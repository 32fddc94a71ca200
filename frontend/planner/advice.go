package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// Advice is what only the images and the resolved packages tell of a build that
// works, but less well than it could.
func Advice(in Input) []diag.Warning {
	var all []diag.Warning
	if in.Base.System.Libc == "musl" {
		message := "the base " + in.Config.Base + " has musl: many packages have no wheel for it, and Python is slower on it"
		if in.Resolved != nil && len(in.Resolved.MustBuild) > 0 {
			message += "; " + names(in.Resolved.MustBuild) + " have to be compiled"
		}
		all = append(all, diag.Warning{Rule: "MuslBase", At: in.Config.At("base"), Message: message,
			Hint: "without the key base the image is of Debian, and with compiled dependencies hardly larger"})
	}
	return append(append(all, driverless(in)...), unlistedPackages(in)...)
}

// driverless warns of CUDA in an image that nothing says to run on a GPU.
func driverless(in Input) []diag.Warning {
	if in.Resolved == nil || !in.Resolved.Has("torch") {
		return nil
	}
	for _, name := range []string{"NVIDIA_VISIBLE_DEVICES", "CUDA_VERSION", "NVIDIA_REQUIRE_CUDA"} {
		_, base := in.Base.Env[name]
		_, own := in.Config.Runtime.Env[name]
		if base || own {
			return nil
		}
	}
	var libraries []string
	for _, p := range in.Resolved.Install {
		if strings.HasPrefix(p.Name, "nvidia-") {
			libraries = append(libraries, p.Name)
		}
	}
	if len(libraries) == 0 {
		return nil
	}
	total := int64(0)
	for _, w := range in.Resolved.Wheels {
		if w.Name == "torch" || slices.Contains(libraries, w.Name) {
			total += w.File.Size
		}
	}
	b := builder{Input: in}
	return []diag.Warning{{
		Rule: "CUDAWithoutGPU",
		At:   b.inputAt(),
		Message: fmt.Sprintf("torch brings CUDA (%s of wheels, %s), and nothing says that the image runs on a GPU",
			plan.Megabytes(total), plan.Count(len(libraries), "package")+" of nvidia-*"),
		Hint: "for a CPU, lock torch from PyTorch's own index for it (docs.astral.sh/uv/guides/integration/pytorch):\n" +
			"[[tool.uv.index]]\nname = \"pytorch-cpu\"\nurl = \"...\"\nexplicit = true\n[tool.uv.sources]\ntorch = { index = \"pytorch-cpu\" }\n" +
			"for a GPU, say so: [runtime]\nenv = { NVIDIA_VISIBLE_DEVICES = \"all\" }",
	}}
}
