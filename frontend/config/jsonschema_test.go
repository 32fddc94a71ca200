package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("pybuild.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("pybuild.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
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
