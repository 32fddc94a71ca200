package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gotest.tools/v3/golden"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, json.RawMessage(data))
}

// TestJSONSchemaAccepts has every file that the reader takes pass the schema, the page's
// examples among them.
func TestJSONSchemaAccepts(t *testing.T) {
	s := compiledSchema(t)
	good, err := filepath.Glob("testdata/good-*.toml")
	if err != nil || len(good) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range good {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file, "pyproject") {
			continue
		}
		var doc map[string]any
		if err := toml.Unmarshal(data, &doc); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := s.Validate(plain(doc)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	var visit func(of table, path string)
	visit = func(of table, path string) {
		for _, k := range of.keys {
			if k.read == nil {
				visit(*k.table, path+k.name+".")
				continue
			}
			var doc map[string]any
			if err := toml.Unmarshal([]byte(path+k.name+" = "+k.example), &doc); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(plain(doc)); err != nil {
				t.Errorf("the example of %s%s: %v", path, k.name, err)
			}
		}
	}
	visit(schema(&Config{}), "")
}

// TestJSONSchemaRefuses has what the schema refuses be refused by the reader as well:
// unknown keys and wrong types in every table.
func TestJSONSchemaRefuses(t *testing.T) {
	s := compiledSchema(t)
	refused := 0
	try := func(text string) {
		var doc map[string]any
		if err := toml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		_, err := Parse("pybuild.toml", []byte(text))
		if invalid := s.Validate(plain(doc)); invalid != nil {
			refused++
			if err == nil {
				t.Errorf("the schema refuses %s, and the reader takes it: %v", text, invalid)
			}
		}
	}
	var visit func(of table, path string)
	visit = func(of table, path string) {
		try(path + "nonsense = 1")
		for _, k := range of.keys {
			for _, value := range []string{"1", "-1", "true", "false", `"x"`, `"auto"`, "[]", `["a"]`, "[1]", "{}", "{ A = 1 }", `{ A = "b" }`, "1.5", "2020-01-01"} {
				try(path + k.name + " = " + value)
			}
			if k.read == nil {
				visit(*k.table, path+k.name+".")
			}
		}
	}
	visit(schema(&Config{}), "")
	try("target.worker.nonsense = 1")
	try("target.worker.command = 1")
	if refused < 300 {
		t.Errorf("the schema refuses only %d", refused)
	}
}

// TestPublishedSchema is the file that editors are pointed to.
func TestPublishedSchema(t *testing.T) {
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	golden.Assert(t, string(data)+"\n", "../../../docs/pybuild.schema.json")
}

// TestSchemaStore holds the schema to what SchemaStore asks of those that it publishes:
// its draft and id, a type and a description for everything, a type beside each enum,
// no keyword that validators in strict mode do not know, and defaults and examples that
// the schema itself accepts.
func TestSchemaStore(t *testing.T) {
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://json.schemastore.org/pybuild.json", "title": "pybuild.toml", "type": "object",
	} {
		if root[name] != want {
			t.Errorf("%s is %v", name, root[name])
		}
	}
	known := strings.Fields("$schema $id title type description properties additionalProperties required items anyOf enum pattern default examples x-taplo x-taplo-info")
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(referencePage(t), -1) {
		anchors[strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-")] = true
	}
	described, examples := 0, 0
	var visit func(s map[string]any, path string, property bool)
	visit = func(s map[string]any, path string, property bool) {
		for keyword := range s {
			if !slices.Contains(known, keyword) {
				t.Errorf("%s: unknown keyword %s", path, keyword)
			}
		}
		if s["type"] == nil && s["anyOf"] == nil {
			t.Errorf("%s has no type", path)
		}
		if text, _ := s["description"].(string); property && text == "" || strings.HasSuffix(text, " ") {
			t.Errorf("%s has the description %q", path, text)
		} else if property {
			described++
		}
		if x, ok := s["x-taplo"].(map[string]any); ok {
			_, anchor, _ := strings.Cut(x["links"].(map[string]any)["key"].(string), "#")
			if !anchors[anchor] {
				t.Errorf("%s links to #%s, which the page does not have", path, anchor)
			}
		}
		values, _ := s["examples"].([]any)
		examples += len(values)
		if value, ok := s["default"]; ok {
			values = append(values, value)
		}
		for _, value := range values {
			if err := compiled(t, s).Validate(value); err != nil {
				t.Errorf("%s: %v: %v", path, value, err)
			}
		}
		properties, _ := s["properties"].(map[string]any)
		for name, below := range properties {
			visit(below.(map[string]any), path+"."+name, true)
		}
		for _, keyword := range []string{"items", "additionalProperties"} {
			if below, ok := s[keyword].(map[string]any); ok {
				visit(below, path+"."+keyword, false)
			}
		}
		kinds, _ := s["anyOf"].([]any)
		for _, below := range kinds {
			visit(below.(map[string]any), path+".anyOf", false)
		}
	}
	visit(root, "", true)
	if described < 60 || examples < 50 {
		t.Errorf("%d descriptions, %d examples", described, examples)
	}
}

// compiled is a part of the schema by itself.
func compiled(t *testing.T, part any) *jsonschema.Schema {
	t.Helper()
	data, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	if err := c.AddResource("part.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("part.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain turns what TOML's reader makes into what JSON's would have.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, value := range v {
			m[name] = plain(value)
		}
		return m
	case []any:
		list := make([]any, 0, len(v))
		for _, value := range v {
			list = append(list, plain(value))
		}
		return list
	case []map[string]any:
		list := make([]any, 0, len(v))
		for _, value := range v {
			list = append(list, plain(value))
		}
		return list
	case int64:
		return int(v)
	case string, bool, float64:
		return v
	}
	return map[string]any{"a date": true}
}
