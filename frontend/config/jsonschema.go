package config

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pybuild/pybuild/frontend/tomlfile"
)

const (
	// schemaID is where SchemaStore publishes schemas, in the draft that it asks for.
	schemaID = "https://json.schemastore.org/pybuild.json"
	// referenceURL is the page that editors link keys to.
	referenceURL = "https://github.com/pybuild/pybuild/blob/main/docs/reference.md"
)

// JSONSchema is the schema of pybuild.toml, as editors and SchemaStore read it (JSON
// Schema, draft 7). It is made of the same table that reads the file, and knows the types:
// what a string may hold is for the reader.
func JSONSchema() ([]byte, error) {
	root := schema(&Config{}).jsonSchema("top-level")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["$id"] = schemaID
	root["title"] = "pybuild.toml"
	root["description"] = "Configuration of pybuild, the BuildKit frontend for Python.\n" + referenceURL
	// taplo, the language server of most editors, takes a schema for files of this name.
	root["x-taplo-info"] = map[string]any{"authors": []string{"pybuild (https://github.com/pybuild)"}, "patterns": []string{`^(.*(/|\\)pybuild\.toml|pybuild\.toml)$`}}
	// The keys of a target are those of [serve], and some more.
	target := targetTable(&Target{}).jsonSchema("targetname")
	root["properties"].(map[string]any)["target"].(map[string]any)["additionalProperties"] = target
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(root)
	return bytes.TrimSpace(b.Bytes()), err
}

// anchorOf is the section of the reference page about a table.
func anchorOf(table string) string {
	switch table {
	case "healthcheck":
		return "health"
	case "secrets":
		return "secrets-and-agents"
	}
	return table
}

// jsonSchema describes a table, whose section of the reference page has an anchor.
func (t table) jsonSchema(anchor string) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, k := range t.keys {
		properties[k.name] = k.jsonSchema(anchor)
		if k.byself == "required" {
			required = append(required, k.name)
		}
	}
	s := map[string]any{"type": "object", "description": t.doc, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (k key) jsonSchema(anchor string) map[string]any {
	var s map[string]any
	switch {
	case k.kind == "table" && k.table != nil:
		s = k.table.jsonSchema(anchorOf(k.name))
		anchor = anchorOf(k.name)
	case strings.Contains(k.kind, " or ") || strings.Contains(k.kind, ", "):
		s = k.alternatives()
	default:
		s = ofKind(k.kind)
	}
	text := strings.ToUpper(k.doc[:1]) + k.doc[1:]
	if k.byself != "" {
		text += ". Default: " + strings.ReplaceAll(k.byself, "`", "")
		if value, ok := literal(k.byself); ok {
			s["default"] = value
		}
	}
	s["description"] = text
	if example, ok := tomlValue(k.example); ok {
		s["examples"] = []any{example}
	}
	s["x-taplo"] = map[string]any{"links": map[string]string{"key": referenceURL + "#" + anchor}}
	return s
}

// literal is a default that is one value, and not a rule.
func literal(byself string) (any, bool) {
	word := strings.Trim(byself, "`")
	if "`"+word+"`" != byself || strings.ContainsAny(word, "`<=") {
		return nil, false
	}
	if value, ok := tomlValue(word); ok {
		return value, true
	}
	return word, true
}

// tomlValue reads a value as TOML writes it.
func tomlValue(text string) (any, bool) {
	if text == "" {
		return nil, false
	}
	f, err := tomlfile.Parse("", []byte("value = "+text))
	if err != nil {
		return nil, false
	}
	return f.Value("value")
}

// alternatives are the kinds of a key that takes several, such as "boolean or list of
// strings", or words such as "sources" or "cache".
func (k key) alternatives() map[string]any {
	if k.kind == "list of strings or tables" {
		return map[string]any{"type": "array", "items": map[string]any{"anyOf": []any{ofKind("string"), k.table.jsonSchema(anchorOf(k.name))}}}
	}
	if k.kind == "table of strings or `false`" {
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"anyOf": []any{ofKind("string"), map[string]any{"type": "boolean", "enum": []any{false}}}}}
	}
	var words, kinds []any
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(k.kind, " or ", ","), func(r rune) bool { return r == ',' }) {
		switch part = strings.TrimSpace(part); {
		case strings.HasPrefix(part, `"`):
			words = append(words, strings.Trim(part, `"`))
		case part == "`false`":
			kinds = append(kinds, map[string]any{"type": "boolean", "enum": []any{false}})
		case part == "table":
			kinds = append(kinds, k.table.jsonSchema(anchorOf(k.name)))
		default:
			kinds = append(kinds, ofKind(part))
		}
	}
	if len(words) > 0 {
		kinds = append(kinds, map[string]any{"type": "string", "enum": words})
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
