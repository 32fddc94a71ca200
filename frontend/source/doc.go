// Package source reads the structure of Python files: what they import, assign,
// define and call at the top level. It never runs or fully parses them, and
// what it cannot read it leaves out: no input is an error.
package source
