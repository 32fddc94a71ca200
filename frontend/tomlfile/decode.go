package tomlfile

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Decode fills v, a pointer, from the table at path, or from the whole file if
// there is no path. Keys that v does not know are ignored, and v is untouched
// where nothing is written. An error is a *diag.Error at the value to blame.
func (f *File) Decode(v any, path ...string) error {
	if !f.Has(path...) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.decode(v, path)
	if err == nil {
		return nil
	}
	path, v, err = f.blame(path, v, err)
	message, hint := f.decodeMessage(path, v, err)
	n, _ := f.index().find(path)
	return f.errorAt("PB005", n.value, message, hint, err)
}

// decode goes down to path one level at a time, since the decoder can only
// start from what it has decoded before.
func (f *File) decode(v any, path []string) error {
	at := f.whole
	for i, name := range path {
		parent, _ := f.Value(path[:i]...)
		if _, ok := parent.(map[string]any); ok {
			var table map[string]toml.Primitive
			if err := f.meta.PrimitiveDecode(at, &table); err != nil {
				return err
			}
			at = table[name]
			continue
		}
		var list []toml.Primitive
		if err := f.meta.PrimitiveDecode(at, &list); err != nil {
			return err
		}
		j, _ := element(name, len(list))
		at = list[j]
	}
	return f.meta.PrimitiveDecode(at, v)
}

// blame finds the innermost value that does not decode: the decoder itself
// reports no place for a value of the wrong type.
func (f *File) blame(path []string, v any, err error) ([]string, any, error) {
	t := reflect.TypeOf(v).Elem()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[toml.Unmarshaler]()) {
		return path, v, err
	}
	value, _ := f.Value(path...)
	length := reflect.ValueOf(value)
	if t.Kind() == reflect.Slice && length.Kind() == reflect.Slice {
		for i := range length.Len() {
			sub := append(append([]string{}, path...), fmt.Sprint(i))
			to := reflect.New(t.Elem()).Interface()
			if err := f.decode(to, sub); err != nil {
				return f.blame(sub, to, err)
			}
		}
	}
	if _, ok := value.(map[string]any); ok {
		n, _ := f.index().find(path)
		for _, name := range n.order {
			to, ok := fieldOf(t, name)
			if !ok {
				continue
			}
			sub := append(append([]string{}, path...), name)
			into := reflect.New(to).Interface()
			if err := f.decode(into, sub); err != nil {
				return f.blame(sub, into, err)
			}
		}
	}
	return path, v, err
}

// fieldOf returns the type that a table's key decodes into, by the decoder's
// rules for names.
func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
	default:
		return nil, false
	}
	var folded reflect.Type
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		switch {
		case !field.IsExported() || name == "-":
		case name == key || (name == "" && field.Name == key):
			return field.Type, true
		case strings.EqualFold(name, key) || (name == "" && strings.EqualFold(field.Name, key)):
			folded = field.Type
		}
	}
	return folded, folded != nil
}

func (f *File) decodeMessage(path []string, v any, err error) (message, hint string) {
	value, _ := f.Value(path...)
	name := dotted(path)
	var custom toml.ParseError
	if errors.As(err, &custom) {
		return fmt.Sprintf("%s: %s", name, custom.Message), ""
	}
	t := reflect.TypeOf(v).Elem()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	message = fmt.Sprintf("%s should be %s, but is %s", name, kindOf(t), TypeName(value))
	switch value.(type) {
	case int64, float64, bool:
		if t.Kind() == reflect.String && len(path) > 0 {
			n, _ := f.index().find(path)
			hint = fmt.Sprintf("quote it: %q", f.Data[n.value.start:n.value.end])
		}
	}
	return message, hint
}

// TypeName says what a generic value is in TOML's words, with an article.
func TypeName(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case int64, float64:
		return "a number"
	case bool:
		return "a boolean"
	case time.Time:
		return "a date"
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "something else"
}

func kindOf(t reflect.Type) string {
	switch k := t.Kind(); {
	case k == reflect.String:
		return "a string"
	case k == reflect.Bool:
		return "true or false"
	case k >= reflect.Int && k <= reflect.Float64:
		return "a number"
	case k == reflect.Slice, k == reflect.Array:
		return "a list"
	}
	return "a table"
}
