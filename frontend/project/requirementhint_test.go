package project

import "testing"

// TestRequirementHint writes what was meant.
func TestRequirementHint(t *testing.T) {
	for text, want := range map[string]string{
		"pip install flask":            "leave out the command: write \"flask\"",
		"python -m pip install -U a>1": "leave out the command: write \"a>1\"",
		"flask=3.1.2":                  "write \"flask==3.1.2\"",
		"uvicorn[standard] = '0.34'":   "write \"uvicorn[standard]==0.34\"",
		"httpx^0.28":                   "write \"httpx>=0.28,<0.29\": ^ is Poetry's",
		"httpx ^1.2.3":                 "write \"httpx>=1.2.3,<2\": ^ is Poetry's",
		"httpx~1.2.3":                  "write \"httpx>=1.2.3,<1.3\": ~ is Poetry's",
		"httpx~1":                      "write \"httpx>=1,<2\": ~ is Poetry's",
		"httpx^0.0.3":                  "write it like \"httpx>=0.27\" (PEP 508)",
		"!!":                           "write it like \"httpx>=0.27\" (PEP 508)",
	} {
		if got := requirementHint(text, `"httpx>=0.27"`); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
