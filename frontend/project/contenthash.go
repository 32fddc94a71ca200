package project

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// pythonJSON renders a value of a TOML file as Python's json.dumps does with
// sort_keys, since the tools hash that text; false for what it cannot be sure
// to write alike, such as floats and dates.
func pythonJSON(value any, itemSeparator, keySeparator string) (string, bool) {
	var b strings.Builder
	w := jsonWriter{&b, itemSeparator, keySeparator}
	ok := w.value(value)
	return b.String(), ok
}

type jsonWriter struct {
	*strings.Builder
	item, key string
}

func (w jsonWriter) value(value any) bool {
	switch v := value.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(v))
	case int64:
		w.WriteString(strconv.FormatInt(v, 10))
	case string:
		w.text(v)
	case []any, []map[string]any:
		return w.list(asList(v))
	case []string:
		list := make([]any, 0, len(v))
		for _, s := range v {
			list = append(list, s)
		}
		return w.list(list)
	case map[string]any:
		w.WriteByte('{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				w.WriteString(w.item)
			}
			w.text(key)
			w.WriteString(w.key)
			if !w.value(v[key]) {
				return false
			}
		}
		w.WriteByte('}')
	default:
		return false
	}
	return true
}

func (w jsonWriter) list(list []any) bool {
	w.WriteByte('[')
	for i, v := range list {
		if i > 0 {
			w.WriteString(w.item)
		}
		if !w.value(v) {
			return false
		}
	}
	w.WriteByte(']')
	return true
}

// text escapes all but ASCII, as ensure_ascii does.
func (w jsonWriter) text(s string) {
	w.WriteByte('"')
	for _, r := range s {
		short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}[r]
		switch {
		case short != "":
			w.WriteString(short)
		case r >= ' ' && r < 0x7f || r == 0x7f:
			w.WriteRune(r)
		default:
			units := []rune{r}
			if high, low := utf16.EncodeRune(r); high != '\ufffd' {
				units = []rune{high, low}
			}
			for _, u := range units {
				digits := strconv.FormatInt(int64(u), 16)
				w.WriteString(`\u` + strings.Repeat("0", 4-len(digits)) + digits)
			}
		}
	}
	w.WriteByte('"')
}

// hashOf is the SHA-256 of a value's JSON; "" if it cannot be computed.
func hashOf(value any, itemSeparator, keySeparator string) string {
	text, ok := pythonJSON(value, itemSeparator, keySeparator)
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// poetryHashes are the content hashes that versions of Poetry give a manifest
// (Locker._get_content_hash): since 2.3 with [dependency-groups], since 2.0
// with [project], before with [tool.poetry] alone. The older ones are partial
// where the manifest has what they leave out.
func poetryHashes(p *Pyproject) (complete, partial []string) {
	table := func(path ...string) map[string]any {
		value, _ := p.File.Value(path...)
		t, _ := value.(map[string]any)
		return t
	}
	poetry, groups := table("tool", "poetry"), table("dependency-groups")
	pick := func(from map[string]any, keys []string, keepMissing bool) map[string]any {
		all := map[string]any{}
		for _, key := range keys {
			if value, ok := from[key]; ok || keepMissing {
				all[key] = value
			}
		}
		return all
	}
	legacy := []string{"dependencies", "source", "extras", "dev-dependencies"}
	old := pick(poetry, legacy, true)
	if group, ok := poetry["group"]; ok {
		old["group"] = group
	}
	projectPart := pick(table("project"), []string{"requires-python", "dependencies", "optional-dependencies"}, false)
	var hashes []string
	for _, withGroups := range []bool{true, false} {
		content := map[string]any{}
		if len(projectPart) > 0 {
			content["project"] = projectPart
		}
		if withGroups && len(groups) > 0 {
			content["dependency-groups"] = groups
		}
		if len(content) == 0 {
			content = old
		} else {
			content["tool"] = map[string]any{"poetry": pick(poetry, append(slices.Clone(legacy), "group"), false)}
		}
		hashes = append(hashes, hashOf(content, ", ", ": "))
	}
	return hashes[:1], append(hashes[1:], hashOf(old, ", ", ": "))
}

// pdmHashes are the content hashes that versions of PDM give a manifest
// (PyProject.content_hash): since 2.20 with [dependency-groups], before with
// tool.pdm.dev-dependencies alone, and before 2.11 with two parts of the
// resolution in place of it. The older ones are partial where the manifest has
// what they leave out.
func pdmHashes(p *Pyproject) (complete, partial []string) {
	get := func(missing any, path ...string) any {
		if value, ok := p.File.Value(path...); ok {
			return value
		}
		return missing
	}
	none := map[string]any{}
	old, _ := get(none, "tool", "pdm", "dev-dependencies").(map[string]any)
	groups := map[string]any{}
	for _, name := range p.File.Keys("dependency-groups") {
		groups[NormalizeName(name)] = get(nil, "dependency-groups", name)
	}
	for _, name := range p.File.Keys("tool", "pdm", "dev-dependencies") {
		key := NormalizeName(name)
		before, _ := groups[key].([]any)
		groups[key] = append(slices.Clone(before), asList(old[name])...)
	}
	var hashes []string
	for _, dev := range []map[string]any{groups, old} {
		content := map[string]any{
			"sources":               get([]any{}, "tool", "pdm", "source"),
			"dependencies":          get([]any{}, "project", "dependencies"),
			"dev-dependencies":      dev,
			"optional-dependencies": get(none, "project", "optional-dependencies"),
			"requires-python":       get("", "project", "requires-python"),
			"resolution":            get(none, "tool", "pdm", "resolution"),
		}
		hashes = append(hashes, hashOf(content, ", ", ": "))
		delete(content, "resolution")
		content["overrides"] = get(none, "tool", "pdm", "resolution", "overrides")
		hashes = append(hashes, hashOf(content, ", ", ": "))
		content["allow_prereleases"] = get(nil, "tool", "pdm", "allow_prereleases")
		hashes = append(hashes, hashOf(content, ", ", ": "))
	}
	return hashes[:3], hashes[3:]
}

// pipfileHashes are the hashes that versions of Pipenv give a Pipfile (plette's
// Pipfile.get_hash, and since 2025 Pipenv's own calculate_hash, which
// normalises the names of packages). None is computed for a Pipfile without
// [[source]], for which Pipenv puts in its own.
func pipfileHashes(p *Pipfile) []string {
	value, _ := p.File.Value()
	all, _ := value.(map[string]any)
	if !p.File.Has("source") {
		return []string{""}
	}
	var hashes []string
	for _, normalize := range []bool{true, false} {
		section := func(value any) any {
			table, ok := value.(map[string]any)
			if !ok || !normalize {
				return value
			}
			named := map[string]any{}
			for name, v := range table {
				named[NormalizeName(name)] = v
			}
			return named
		}
		or := func(key string, missing any) any {
			if value, ok := all[key]; ok {
				return value
			}
			return missing
		}
		none := map[string]any{}
		content := map[string]any{
			"_meta": map[string]any{
				"sources":  all["source"],
				"requires": or("requires", none),
			},
			"default": section(or("packages", none)),
			"develop": section(or("dev-packages", none)),
		}
		for _, category := range p.categories() {
			content[category] = section(all[category])
		}
		hashes = append(hashes, hashOf(content, ",", ":"))
	}
	return hashes
}
