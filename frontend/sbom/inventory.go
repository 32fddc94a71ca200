package sbom

// Inventory is what llb/scripts/inventory.py finds in an image.
type Inventory struct {
	// OS are lines of os-release.
	OS            map[string]string `json:"os"`
	Python        Interpreter       `json:"python"`
	Distributions []Distribution    `json:"distributions"`
	Debian        []System          `json:"debian"`
	Alpine        []System          `json:"alpine"`
}

// Evidence is a file that shows a package to be there.
type Evidence struct {
	Path   string `json:"path"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
}

// Interpreter is the Python of the image.
type Interpreter struct {
	Version  string    `json:"version"`
	Evidence *Evidence `json:"evidence"`
}

// Distribution is an installed Python package, in the words of its core metadata.
type Distribution struct {
	Evidence    Evidence `json:"evidence"`
	Name        string   `json:"name"`
	Version     string   `json:"version"`
	Summary     string   `json:"summary"`
	HomePage    string   `json:"homePage"`
	URLs        []string `json:"urls"`
	Author      string   `json:"author"`
	AuthorEmail string   `json:"authorEmail"`
	// Expression is License-Expression (PEP 639), Licence the older free text.
	Expression  string   `json:"expression"`
	Licence     string   `json:"license"`
	Classifiers []string `json:"classifiers"`
	Requires    []string `json:"requires"`
	// Licences are the texts beside the metadata.
	Licences  []string `json:"licenses"`
	DirectURL string   `json:"directUrl"`
}

// System is a package of the distribution, with the fields of its database.
type System struct {
	Evidence Evidence          `json:"evidence"`
	Fields   map[string]string `json:"fields"`
	// Licences are the names in Debian's copyright file.
	Licences []string `json:"licenses"`
}
