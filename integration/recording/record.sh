#!/bin/sh
# Record docs/recording.svg: a real first build on an engine whose build cache
# was emptied (bases and the frontend stay), a request, and a second build.
set -eu

venv=$(realpath "${1:?usage: record.sh VENV OUT.svg}")
out=$(realpath "${2:?usage: record.sh VENV OUT.svg}")
here=$(realpath "$(dirname "$0")")
dir=$(mktemp -d)
finish() {
	docker ps --quiet --filter ancestor=shop | xargs --no-run-if-empty docker rm --force >/dev/null
	docker rmi --force shop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap finish EXIT INT TERM

cp -R "$here/../../examples/fastapi/." "$dir"
# The bed's registry is its engine's mirror, so that the name is the one that users write.
crane copy --insecure "$PYBUILD_IMAGE" "$PYBUILD_REGISTRY/org/pybuild:latest" 2>/dev/null
docker buildx prune --force >/dev/null
cd "$dir"
# The recorder wants a terminal, which make may not have.
script --quiet --return --command "'$venv/bin/termtosvg' '$out' -c '$here/scene.sh' -g 100x36 -t window_frame -D 4000 -m 40 -M 1500" /dev/null
