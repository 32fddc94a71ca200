package frontend

import (
	"context"
	"errors"
	"slices"
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
	sources := in.excerpts(all)
	if len(sources) == 0 && in.entry != nil {
		// An engine shows the line # syntax= of an error that has no source, which is not to blame.
		sources = []*errdefs.Source{{Info: &pb.SourceInfo{Filename: plan.Printable(in.entry.Filename), Language: "TOML"}}}
	}
	for _, source := range sources {
		explained = errdefs.WithSource(explained, source)
	}
	return explained
}

// near is how many lines apart mistakes share an excerpt, which shows all between them.
const near = 20

// excerpts are what clients show of the files, with every mistake marked: of several sources
// of one file they may show one alone.
func (in *inputs) excerpts(all []*diag.Error) []*errdefs.Source {
	var sources []*errdefs.Source
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *diag.Error) int { return a.At.Start.Line - b.At.Start.Line })
	for _, d := range all {
		data := d.Source
		if data == nil {
			data = in.files[d.At.File]
		}
		if data == nil || d.At.Start.Line == 0 {
			continue
		}
		name := plan.Printable(d.At.File)
		i := slices.IndexFunc(sources, func(s *errdefs.Source) bool {
			last := s.Ranges[len(s.Ranges)-1].Start.Line
			return s.Info.Filename == name && d.At.Start.Line-int(last) <= near
		})
		if i >= 0 {
			sources[i].Ranges = append(sources[i].Ranges, ranges(d.At)...)
			continue
		}
		sources = append(sources, &errdefs.Source{
			Info:   &pb.SourceInfo{Filename: name, Language: "TOML", Data: diag.Mask(data)},
			Ranges: ranges(d.At),
		})
	}
	return sources
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
