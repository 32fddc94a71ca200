// Package diag holds what pybuild tells people: errors and warnings that carry
// the place they speak of and the one thing to do about it.
package diag

import (
	"errors"
	"strings"

	"github.com/pybuild/pybuild/llb/plan"
)

// Error is a mistake in the user's input. It reads
// "file:line:column: message" with the hint on a line of its own.
type Error struct {
	// Code is the entry of the catalogue in docs/errors, such as "PB101".
	Code string
	// At is the place of the mistake; zero where no file is to blame.
	At plan.Location
	// Source is the whole text of At.File, for the excerpt; nil if unknown.
	Source []byte
	// Message says what is wrong, in lower case and without a full stop.
	Message string
	// Hint says what to write instead.
	Hint string
	// Err is the cause, if a library found the mistake.
	Err error
}

// Error renders the place, the message, the code and the hint, so that engines which do
// not show excerpts still show all that matters.
func (e *Error) Error() string { return render(e.At, e.Message, " ["+e.Code+"]", e.Hint) }

// What an input can make long, an error does not repeat: nobody reads on.
const (
	longestMessage = 2000
	longestHint    = 4000
)

func render(at plan.Location, message, code, hint string) string {
	// Masked before it is cut: what is left of a URL is no longer known as one.
	message = plan.Shorten(MaskText(message), longestMessage) + code
	if place := at.String(); place != "" {
		message = plan.Printable(place) + ": " + message
	}
	if hint != "" {
		message += "\n  " + strings.ReplaceAll(plan.Shorten(MaskText(hint), longestHint), "\n", "\n  ")
	}
	return message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Warning is advice that does not stop the build.
type Warning struct {
	// Rule is the name that switches it off, as in "RootUser"; docs/checks.md
	// has them all.
	Rule    string
	At      plan.Location
	Source  []byte
	Message string
	Hint    string
}

// String renders a warning as Error renders an error, under its rule's name.
func (w Warning) String() string { return render(w.At, w.Rule+": "+w.Message, "", w.Hint) }

// All returns every *Error in err, in order, looking into joined errors.
func All(err error) []*Error {
	var one *Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Error
		for _, e := range joined.Unwrap() {
			all = append(all, All(e)...)
		}
		return all
	}
	if errors.As(err, &one) {
		return []*Error{one}
	}
	return nil
}
