package project

import (
	"regexp"
	"slices"
)

// historyName is the name at the start of a build requirement (PEP 508).
var historyName = regexp.MustCompile(`^[A-Za-z0-9._-]+`)

// VersionTool is the plugin of the build backend that takes the version from
// the history of the repository, as setuptools-scm; "" without one.
func (p *Pyproject) VersionTool() string {
	if p == nil {
		return ""
	}
	tools := []string{"setuptools-scm", "hatch-vcs", "versioningit", "setuptools-git-versioning", "poetry-dynamic-versioning",
		"uv-dynamic-versioning", "versioneer", "flit-scm", "dunamai"}
	for _, text := range p.BuildRequires {
		if name := NormalizeName(historyName.FindString(text)); slices.Contains(tools, name) {
			return name
		}
	}
	if source, ok := p.File.Value("tool", "pdm", "version", "source"); ok && source == "scm" {
		return "pdm-backend"
	}
	return ""
}

// PretendVersion is the variable that gives a tool the version where there is
// no repository.
func PretendVersion(tool string) string {
	switch tool {
	case "poetry-dynamic-versioning":
		return "POETRY_DYNAMIC_VERSIONING_BYPASS"
	case "uv-dynamic-versioning":
		return "UV_DYNAMIC_VERSIONING_BYPASS"
	case "pdm-backend":
		return "PDM_BUILD_SCM_VERSION"
	}
	return "SETUPTOOLS_SCM_PRETEND_VERSION"
}
