package frontend

import (
	"context"
	"errors"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// explain gives an error the excerpts that BuildKit's clients print.
func (in *inputs) explain(err error) error {
	all := diag.All(err)
	if len(all) == 0 {
		return err
	}
	messages := make([]string, 0, len(all))
	for _, d := range all {
		messages = append(messages, d.Error())
	}
	// The text alone: over the gateway an error that wraps another says what that one says.
	explained := errors.New(diag.MaskText(strings.Join(append(messages, diag.See(err)), "\n")))
	if engines := errdefs.Sources(err); len(engines) > 0 {
		// A step failed, and the engine has its excerpt.
		for _, source := range engines {
			explained = errdefs.WithSource(explained, source)
		}
		return explained
	}
	for _, d := range all {
		data := d.Source
		if data == nil {
			data = in.files[d.At.File]
		}
		if data == nil || d.At.Start.Line == 0 {
			continue
		}
		explained = errdefs.WithSource(explained, &errdefs.Source{
			Info:   &pb.SourceInfo{Filename: plan.Printable(d.At.File), Language: "TOML", Data: diag.Mask(data)},
			Ranges: ranges(d.At),
		})
	}
	return explained
}

// locate points a step at the line that asked for it; nil without one.
func (in *inputs) locate(at plan.Location) bk.ConstraintsOpt {
	data, ok := in.files[at.File]
	if !ok || at.Start.Line == 0 {
		return nil
	}
	if at.File == in.entry.Filename {
		return in.entry.Location(ranges(at))
	}
	return bk.NewSourceMap(nil, plan.Printable(at.File), "TOML", data).Location(ranges(at))
}

func ranges(at plan.Location) []*pb.Range {
	position := func(p plan.Position) *pb.Position {
		return &pb.Position{Line: int32(p.Line), Character: int32(p.Column - 1)}
	}
	return []*pb.Range{{Start: position(at.Start), End: position(at.End)}}
}

func (in *inputs) at(file string, line int) plan.Location {
	p := plan.Position{Line: line, Column: 1}
	return plan.Location{File: file, Start: p, End: p}
}

// mistake is a mistake at a place of the configuration.
func (in *inputs) mistake(code string, at plan.Location, message, hint string) error {
	return &diag.Error{Code: code, At: at, Source: in.files[at.File], Message: message, Hint: hint}
}

// warnOfEmulation names in advance what only an emulator can run.
func (in *inputs) warnOfEmulation(ctx context.Context, p *plan.Plan) {
	for _, d := range p.Decisions {
		if d.What == "emulation" {
			in.say(ctx, "needs an emulator for "+p.Platform+": "+d.Value, client.WarnOpts{Level: 1,
				Detail: [][]byte{[]byte("register one (docker run --privileged --rm tonistiigi/binfmt --install all), or build on a node of that platform")}})
		}
	}
}
