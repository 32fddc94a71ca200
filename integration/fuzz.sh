#!/bin/sh
# Runs fuzz targets in turn. An input that fails stays in testdata/fuzz of its package, where all tests run it.
#
# usage: fuzz.sh [TARGET...]    such as FuzzWheelName, or project/ for all of a directory; all without one
#
# FUZZTIME says how long each runs, FUZZCACHE where the inputs are kept that reach new code; what ran is written
# there as well, as a table in record.md. An execution that wants more than FUZZMEMORY KiB is one that fails.
#
# `go test -fuzz` counts the branches of every dependency, and looks through all counters after each execution.
# With those of our packages and of the reader of TOML alone, five times as many executions fit a second.
set -eu
cd "$(dirname "$0")/.."
: "${FUZZTIME:=2m}" "${FUZZCACHE:=$PWD/bin/fuzz}" "${FUZZMEMORY:=6291456}"
binaries=$(mktemp -d)
trap 'rm -rf "$binaries"' EXIT
mkdir -p "$FUZZCACHE"
record=$FUZZCACHE/record.md
printf '| target | time | executions | inputs | found |\n|---|---|---|---|---|\n' >"$record"

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
		# macOS has no such limit.
		(ulimit -v "$FUZZMEMORY" 2>/dev/null || true
			cd "$package" && "$binary" -test.run='^$' -test.fuzz="^$target\$" -test.fuzztime="$FUZZTIME" \
				-test.fuzzcachedir="$FUZZCACHE/$package" -test.fuzzminimizetime=100x -test.timeout=0 && touch "$binary.$target") 2>&1 | tee "$binary.log"
		found=nothing
		# Before Go 1.27 the fuzzer takes the end of its time for a failure at times (go.dev/issue/75804): no input fails then.
		if ! [ -e "$binary.$target" ] && { grep -q 'Failing input' "$binary.log" || ! grep -qx '    context deadline exceeded' "$binary.log"; }; then
			found='a failure' failed="$failed $package/$target"
		fi
		# The last of: fuzz: elapsed: 20s, execs: 12345 (617/sec), new interesting: 3 (total: 45)
		ran=$(sed -n 's/^fuzz: elapsed: \([^,]*\), execs: \([0-9]*\) .*(total: \([0-9]*\)).*/\1 | \2 | \3/p' "$binary.log" | tail -n 1)
		echo "| $package $target | ${ran:-0s | 0 | 0} | $found |" >>"$record"
	done
	rm -f "$binary"
done
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
