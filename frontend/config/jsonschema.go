package config

import (
	"encoding/json"
	"strings"
)

// JSONSchema is the schema of pybuild.toml, as editors read it (JSON Schema, draft
// 2020-12). It is made of the same table that reads the file, and knows the types: what
// a string may hold is for the reader.
func JSONSchema() ([]byte, error) {
	root := schema(&Config{}).jsonSchema()
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "pybuild.toml"
	// The keys of a target are those of [serve], and some more.
	target := targetTable(&Target{}).jsonSchema()
	root["properties"].(map[string]any)["target"].(map[string]any)["additionalProperties"] = target
	return json.MarshalIndent(root, "", "  ")
}

func (t table) jsonSchema() map[string]any {
	properties := map[string]any{}
	for _, k := range t.keys {
		properties[k.name] = k.jsonSchema()
	}
	return map[string]any{"type": "object", "description": t.doc, "properties": properties, "additionalProperties": false}
}

func (k key) jsonSchema() map[string]any {
	var s map[string]any
	switch {
	case k.kind == "table" && k.table != nil:
		return k.table.jsonSchema()
	case strings.Contains(k.kind, " or ") || strings.Contains(k.kind, ", "):
		s = k.alternatives()
	default:
		s = ofKind(k.kind)
	}
	s["description"] = k.doc
	if k.byself != "" {
		s["description"] = k.doc + ". Default: " + strings.ReplaceAll(k.byself, "`", "")
	}
	return s
}

// alternatives are the kinds of a key that takes several, such as "boolean or list of
// strings", or words such as "sources" or "cache".
func (k key) alternatives() map[string]any {
	if k.kind == "list of strings or tables" {
		return map[string]any{"type": "array", "items": map[string]any{"anyOf": []any{ofKind("string"), k.table.jsonSchema()}}}
	}
	if k.kind == "table of strings or `false`" {
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"anyOf": []any{ofKind("string"), map[string]any{"const": false}}}}
	}
	var words, kinds []any
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(k.kind, " or ", ","), func(r rune) bool { return r == ',' }) {
		switch part = strings.TrimSpace(part); {
		case strings.HasPrefix(part, `"`):
			words = append(words, strings.Trim(part, `"`))
		case part == "`false`":
			kinds = append(kinds, map[string]any{"const": false})
		case part == "table":
			kinds = append(kinds, k.table.jsonSchema())
		default:
			kinds = append(kinds, ofKind(part))
		}
	}
	if len(words) > 0 {
		kinds = append(kinds, map[string]any{"enum": words})
	}
	if len(kinds) == 1 {
		return kinds[0].(map[string]any)
	}
	return map[string]any{"anyOf": kinds}
}

// ofKind is the schema of one of the reference page's types.
func ofKind(kind string) map[string]any {
	switch kind {
	case "string", "boolean", "integer":
		return map[string]any{"type": kind}
	case "duration":
		return map[string]any{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}
	case "list of strings":
		return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	case "table of strings":
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	}
	return map[string]any{"type": "object"}
}
