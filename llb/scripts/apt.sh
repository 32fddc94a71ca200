# Install the Debian packages in "$@" that are not there yet. Of "a|b" the first
# is taken that this release of Debian has.
#
# The base's docker-clean empties apt's cache after each install: -c is read
# after it and lets the mounted cache keep what it fetched. What apt and dpkg log
# differs on every build.
set -eu
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
missing=
for package in "$@"; do
  there=
  for name in $(echo "$package" | tr '|' ' '); do
    # One with a version is apt's to compare.
    if installed "$name"; then there=yes; fi
  done
  [ -n "$there" ] || missing=yes
done
[ -n "$missing" ] || exit 0
conf=$(mktemp)
cat >"$conf" <<'APT'
#clear DPkg::Post-Invoke;
#clear APT::Update::Post-Invoke;
Binary::apt::APT::Keep-Downloaded-Packages "true";
APT
if [ -n "${APT_MIRROR:-}" ]; then
  # A mirror has the same paths on another server, or below one of its own.
  parts=$(mktemp -d)
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ ! -f "$file" ] || sed -E "s,https?://[^/[:space:]]+,${APT_MIRROR%/}," "$file" >"$parts/$(basename "$file")"
  done
  printf 'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "%s";\n' "$parts" >>"$conf"
fi
if [ -f /run/pybuild/ca.pem ]; then
  bundle=$(mktemp)
  cat /etc/ssl/certs/ca-certificates.crt /run/pybuild/ca.pem >"$bundle" 2>/dev/null || cat /run/pybuild/ca.pem >"$bundle"
  # apt fetches as a user of its own.
  chmod 644 "$bundle"
  printf 'Acquire::https::CAInfo "%s";\n' "$bundle" >>"$conf"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -c "$conf" update -q
chosen=
for package in "$@"; do
  first=
  for name in $(echo "$package" | tr '|' ' '); do
    # A name that others only refer to is known to apt-cache, with no version.
    if [ -z "$first" ] && { [ "$name" = "$package" ] || [ -n "$(apt-cache -c "$conf" madison "$name" 2>/dev/null)" ]; }; then first=$name; fi
  done
  chosen="$chosen ${first:-${package%%|*}}"
done
# shellcheck disable=SC2086 # names of packages have no spaces
apt-get -c "$conf" install -q -y --no-install-recommends -- $chosen
rm -rf "$conf" "${parts:-}" "${bundle:-}" /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old
