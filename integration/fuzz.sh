#!/bin/sh
# Runs fuzz targets in turn. An input that fails stays in testdata/fuzz of its package, where all tests run it.
#
# usage: fuzz.sh [TARGET...]    such as FuzzWheelName, or project/ for all of a directory; all without one
#
# FUZZTIME says how long each runs, FUZZCACHE where the inputs are kept that reach new code.
#
# `go test -fuzz` counts the branches of every dependency, and looks through all counters after each execution.
# With those of our packages and of the reader of TOML alone, five times as many executions fit a second.
set -eu
cd "$(dirname "$0")/.."
: "${FUZZTIME:=2m}" "${FUZZCACHE:=$PWD/bin/fuzz}"
binaries=$(mktemp -d)
trap 'rm -rf "$binaries"' EXIT

wanted() { # DIRECTORY/TARGET PATTERN...
	name=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern; do case /$name/ in */"${pattern%/}"/*) return 0 ;; esac; done
	return 1
}

failed=''
for package in $(grep -rl --include='*_test.go' '^func Fuzz' cmd frontend llb | xargs -n 1 dirname | sort -u); do
	binary=$binaries/$(echo "$package" | tr / -)
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9]*' "$package"/*_test.go | cut -d' ' -f2 | sort); do
		wanted "$package/$target" "$@" || continue
		[ -e "$binary" ] || go test -c -o "$binary" -gcflags=github.com/pybuild/pybuild/...=-d=libfuzzer \
			-gcflags=github.com/BurntSushi/toml=-d=libfuzzer "./$package"
		echo "$package $target"
		(cd "$package" && exec "$binary" -test.run='^$' -test.fuzz="^$target\$" -test.fuzztime="$FUZZTIME" \
			-test.fuzzcachedir="$FUZZCACHE/$package" -test.fuzzminimizetime=100x -test.timeout=0) || failed="$failed $package/$target"
	done
	rm -f "$binary"
done
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
