#!/bin/sh
# Build an example through the frontend image with a plain `docker build`, run
# it and show a request that it answers.
set -eu

example=${1:?usage: try.sh EXAMPLE}
dir=$(mktemp -d)
container=
finish() {
	[ -z "$container" ] || docker rm --force "$container" >/dev/null
	rm -rf "$dir"
}
trap finish EXIT INT TERM

cp -R "$example/." "$dir"
sed "1s|.*|# syntax=$PYBUILD_IMAGE|" "$example/pybuild.toml" >"$dir/pybuild.toml"

echo "+ docker build -f pybuild.toml -t pybuild-try ."
(cd "$dir" && docker build -f pybuild.toml -t pybuild-try .)
echo "+ docker run -p 127.0.0.1::8000 pybuild-try"
container=$(docker run --detach --publish 127.0.0.1::8000 pybuild-try)
address=$(docker port "$container" 8000)
echo "+ GET http://$address/"
for _ in $(seq 100); do
	if answer=$(python3 -c 'import sys, urllib.request as r; print(r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=5).read().decode())' "http://$address/" 2>/dev/null); then
		echo "$answer"
		exit 0
	fi
	sleep 0.2
done
docker logs "$container"
echo "no answer from http://$address/" >&2
exit 1
