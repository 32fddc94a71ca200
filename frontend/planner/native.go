package planner

import (
	"slices"
	"strings"
)

// nativeNeeds are the Debian packages around a Python package. Where releases
// of Debian name one differently, the names stand with a bar between, and the first that
// the base's release has is taken.
type nativeNeeds struct {
	// build is what compiles it, beside the compiler; compiled what that links.
	build, compiled []string
	// wheel is what even its wheel needs at run time.
	wheel []string
	// sdist reports that no wheel for Linux is published, so that even its metadata
	// may have to be built.
	sdist bool
	// unless names a package that brings it along.
	unless string
}

// knownNeeds is what PyPI's metadata cannot say. Packages whose wheels are
// published for every platform stand here for the day that one is not.
func knownNeeds() map[string]nativeNeeds {
	glib, gl := "libglib2.0-0t64|libglib2.0-0", "libgl1"
	libpq := nativeNeeds{build: []string{"libpq-dev"}, compiled: []string{"libpq5"}, sdist: true}
	rust := nativeNeeds{build: []string{rustPackage}}
	opencv := nativeNeeds{wheel: []string{gl, glib}}
	return map[string]nativeNeeds{
		"cairocffi":             {wheel: []string{"libcairo2"}},
		"cairosvg":              {wheel: []string{"libcairo2"}},
		"bcrypt":                rust,
		"cffi":                  {build: []string{"libffi-dev"}, compiled: []string{"libffi8"}},
		"confluent-kafka":       {build: []string{"librdkafka-dev"}, compiled: []string{"librdkafka1"}},
		"cryptography":          {build: []string{rustPackage, "libffi-dev", "libssl-dev", "pkg-config"}, compiled: []string{"libssl3t64|libssl3"}},
		"dbus-python":           {build: []string{"libdbus-1-dev", "libglib2.0-dev", "pkg-config"}, compiled: []string{"libdbus-1-3", glib}, sdist: true},
		"gmpy2":                 {build: []string{"libgmp-dev", "libmpc-dev", "libmpfr-dev"}, compiled: []string{"libgmp10", "libmpc3", "libmpfr6"}},
		"gssapi":                {build: []string{"libkrb5-dev"}, compiled: []string{"libgssapi-krb5-2"}, sdist: true},
		"jiter":                 rust,
		"lxml":                  {build: []string{"libxml2-dev", "libxslt1-dev", "zlib1g-dev"}, compiled: []string{"libxml2", "libxslt1.1"}},
		"m2crypto":              {build: []string{"libssl-dev", "swig"}, compiled: []string{"libssl3t64|libssl3"}},
		"mysqlclient":           {build: []string{"default-libmysqlclient-dev", "pkg-config"}, compiled: []string{"libmariadb3"}, sdist: true},
		"nh3":                   rust,
		"opencv-contrib-python": opencv,
		"opencv-python":         opencv,
		"orjson":                rust,
		"pdf2image":             {wheel: []string{"poppler-utils"}},
		"psycopg":               {wheel: []string{"libpq5"}, unless: "psycopg-binary"},
		"psycopg-c":             libpq,
		"psycopg2":              libpq,
		"psycopg2-binary":       {build: libpq.build, compiled: libpq.compiled},
		"pyaudio":               {build: []string{"portaudio19-dev"}, compiled: []string{"libportaudio2"}, sdist: true},
		"pycairo":               {build: []string{"libcairo2-dev", "pkg-config"}, compiled: []string{"libcairo2"}, sdist: true},
		"pydantic-core":         rust,
		"pycurl":                {build: []string{"libcurl4-openssl-dev", "libssl-dev"}, compiled: []string{"libcurl4t64|libcurl4", "libssl3t64|libssl3"}},
		"pygobject": {
			build:    []string{"libcairo2-dev", "libgirepository-2.0-dev|libgirepository1.0-dev", "pkg-config"},
			compiled: []string{"libcairo2", "libgirepository-2.0-0|libgirepository-1.0-1"}, sdist: true,
		},
		"pylibmc":        {build: []string{"libmemcached-dev", "zlib1g-dev"}, compiled: []string{"libmemcached11t64|libmemcached11"}},
		"pyodbc":         {build: []string{"unixodbc-dev"}, compiled: []string{"libodbc2"}, wheel: []string{"libodbc2"}},
		"pytesseract":    {wheel: []string{"tesseract-ocr"}},
		"python-ldap":    {build: []string{"libldap-dev|libldap2-dev", "libsasl2-dev"}, compiled: []string{"libldap2|libldap-2.5-0", "libsasl2-2"}, sdist: true},
		"python-magic":   {wheel: []string{"libmagic1t64|libmagic1"}},
		"pyzbar":         {wheel: []string{"libzbar0t64|libzbar0"}},
		"rpds-py":        rust,
		"safetensors":    rust,
		"shapely":        {build: []string{"libgeos-dev"}, compiled: []string{"libgeos-c1t64|libgeos-c1v5"}},
		"systemd-python": {build: []string{"libsystemd-dev", "pkg-config"}, compiled: []string{"libsystemd0"}, sdist: true},
		"tiktoken":       rust,
		"tokenizers":     rust,
		"watchfiles":     rust,
		"weasyprint":     {wheel: []string{"libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"}},
		"xmlsec": {
			build:    []string{"libxml2-dev", "libxmlsec1-dev", "libxmlsec1-openssl", "pkg-config"},
			compiled: []string{"libxmlsec1t64|libxmlsec1", "libxmlsec1t64-openssl|libxmlsec1-openssl"},
		},
	}
}

// rustPackage is the toolchain: Debian's older releases have a newer one beside
// their own, for browsers.
const rustPackage = "cargo-web|cargo"

// askedNeeds are the Debian packages that an input without a lock needs to be
// resolved, since the metadata of what it asks for has to be built.
func (b *builder) askedNeeds() []string {
	if b.systemOf(b.builds()).Manager != "apt" {
		return nil
	}
	var needs []string
	known := knownNeeds()
	for _, name := range b.Facts.Asks() {
		if n := known[name]; n.sdist {
			needs = append(append(needs, b.compilers(b.builds())...), n.build...)
		}
	}
	return sortedSet(needs)
}

// buildNeeds are the Debian packages that compiling the packages without a
// wheel takes.
func (b *builder) buildNeeds() []string {
	var needs []string
	if b.Resolved != nil && b.systemOf(b.builds()).Manager == "apt" {
		known := knownNeeds()
		for _, p := range b.Resolved.MustBuild {
			needs = append(needs, known[p.Name].build...)
		}
	}
	return sortedSet(needs)
}

// runtimeNeeds are the Debian packages that the installed packages need in the
// image, and the packages that they are for.
func (b *builder) runtimeNeeds() (needs, by []string) {
	if b.Resolved == nil || !b.debian() {
		return nil, nil
	}
	known := knownNeeds()
	for _, p := range b.Resolved.Install {
		n := known[p.Name]
		if n.unless != "" && b.Resolved.Has(n.unless) {
			continue
		}
		add := n.wheel
		if slices.ContainsFunc(b.Resolved.MustBuild, func(m Package) bool { return m.Name == p.Name }) {
			add = n.compiled
		}
		if len(add) > 0 {
			needs, by = append(needs, add...), append(by, p.Name)
		}
	}
	return sortedSet(needs), sortedSet(by)
}

// debian reports whether the base has Debian's apt.
func (b *builder) debian() bool { return b.Base.System.Manager == "apt" }

func sortedSet(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// Brings are the Debian packages that a build adds by itself where packages of the input
// are compiled or need them to run, each with the package that it is for.
func Brings(in Input) (build, runtime map[string]string) {
	build, runtime = map[string]string{}, map[string]string{}
	if in.Resolved == nil {
		return build, runtime
	}
	known := knownNeeds()
	add := func(to map[string]string, names []string, by string) {
		for _, name := range names {
			for _, one := range strings.Split(name, "|") {
				to[one] = by
			}
		}
	}
	for _, p := range in.Resolved.Install {
		n := known[p.Name]
		if n.unless != "" && in.Resolved.Has(n.unless) {
			continue
		}
		add(build, n.build, p.Name)
		add(runtime, append(slices.Clone(n.compiled), n.wheel...), p.Name)
	}
	return build, runtime
}
