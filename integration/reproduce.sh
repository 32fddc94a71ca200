#!/bin/sh
# Builds the frontend image twice, without a cache, and compares the digests.
#
# usage: reproduce.sh [BUILDER [BUILDER]]    buildx builders, the default one else
#
# PLATFORMS, VERSION and SOURCE_DATE_EPOCH say what is built: those of a release, with
# which its digest of each platform is compared where PUBLISHED names one, as IMAGE@DIGEST.
set -eu
cd "$(dirname "$0")/.."
: "${PLATFORMS:=linux/amd64,linux/arm64}" "${VERSION:=dev}" "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH
left=$(mktemp -d)
trap 'rm -rf "$left"' EXIT

digest() { # N BUILDER
	# Caches that are mounted are no part of --no-cache: these are new.
	set -- "$1" "$2" --no-cache --build-arg "BUILDKIT_CACHE_MOUNT_NS=reproduce-$1-$$"
	n=$1 builder=$2
	shift 2
	for name in GOPROXY GOFLAGS GOSUMDB GONOSUMDB GOPRIVATE HTTP_PROXY HTTPS_PROXY NO_PROXY; do
		if printenv "$name" > /dev/null; then set -- "$@" --build-arg "$name"; fi
	done
	if [ -n "${SSL_CERT_FILE:-}" ]; then set -- "$@" --secret "id=ca,src=$SSL_CERT_FILE"; fi
	if [ -n "${PYBUILD_GOLANG:-}" ]; then set -- "$@" --build-context "$PYBUILD_GOLANG"; fi
	if [ -n "$builder" ]; then set -- "$@" --builder "$builder"; fi
	docker buildx build "$@" --quiet --platform "$PLATFORMS" --build-arg "VERSION=$VERSION" --label "org.opencontainers.image.version=$VERSION" \
		--provenance=false --sbom=false --output "type=oci,rewrite-timestamp=true,dest=$left/$n.tar" . > "$left/$n"
	tar --extract --to-stdout --file "$left/$n.tar" index.json | grep -o 'sha256:[0-9a-f]*'
}

first=$(digest 1 "${1:-}")
second=$(digest 2 "${2:-${1:-}}")
echo "$first
$second"
test -n "$first" && test "$first" = "$second"

platforms() { # an index on stdin; what attests has no platform
	jq -r '.manifests[] | select(.platform.os != "unknown") | "\(.platform.os)/\(.platform.architecture) \(.digest)"' | sort
}
if [ -n "${PUBLISHED:-}" ]; then
	docker buildx imagetools inspect --raw "$PUBLISHED" | platforms > "$left/published"
	tar --extract --to-stdout --file "$left/1.tar" "blobs/sha256/${first#sha256:}" | platforms > "$left/built"
	cat "$left/built"
	test -s "$left/built" && diff "$left/published" "$left/built"
fi
