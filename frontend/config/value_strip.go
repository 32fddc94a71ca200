package config

// Strippable are the kinds of files that an image can do without.
func Strippable() []string { return []string{"tests", "stubs", "archives"} }

// strip reads true for every kind, or a list of kinds.
func strip(into *[]string) func(value) {
	return func(v value) {
		const example = `write strip = true, or strip = ["tests"]`
		switch raw := v.raw.(type) {
		case bool:
			if raw {
				*into = Strippable()
			}
		case []any:
			texts(into, oneOf("strip", Strippable()...))(v)
		default:
			v.wrongType("true, false or a list of kinds", example)
		}
	}
}
