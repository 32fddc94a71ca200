package diag

import (
	"errors"
	"fmt"
)

// most is how many mistakes are told at once. Who has more of them made one mistake many
// times.
const most = 100

// Few is err with no more mistakes than a person reads; the last says how many there are
// beside them.
func Few(err error) error {
	all := All(err)
	if len(all) <= most {
		return err
	}
	few := make([]error, 0, most+1)
	for _, e := range all[:most] {
		few = append(few, e)
	}
	rest := all[most]
	return errors.Join(append(few, &Error{At: rest.At, Source: rest.Source,
		Code: rest.Code, Message: fmt.Sprintf("and %d more mistakes, the first of them here", len(all)-most)})...)
}
