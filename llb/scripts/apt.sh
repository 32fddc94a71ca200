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
  url='https?://[^/[:space:]]+' mirror=${APT_MIRROR%/}
  case $mirror in
  *{archive}*)
    # The archive of one moment has the time after the name of the archive.
    url="$url/([^[:space:]]*[^/[:space:]])/?" mirror=${mirror%%{archive\}*}\\1${mirror#*{archive\}}
    echo 'Acquire::Check-Valid-Until "false";' >>"$conf"
    ;;
  esac
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ ! -f "$file" ] || sed -E "s,$url,$mirror," "$file" >"$parts/$(basename "$file")"
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
log=$(mktemp)
# Says why apt failed, as failure.py does. A failed update is none to apt, and what it
# could not fetch it then does not find.
explain() {
  found() { sed -nE "s/.*$1.*/\1/p" "$log" | head -n 1; }
  code=PB514 what= hint=
  if grep -qi 'certificate' "$log"; then
    code=PB505 what="the certificate of the package archive is signed by nobody that the base knows"
    hint="pass the certificate of your company's CA: in [build], write ca = true, and docker build --secret id=ca,src=corporate-ca.pem ..."
  elif grep -qE 'Temporary failure resolving|Could not resolve' "$log"; then
    code=PB506 what="the build cannot look up the name of $(found "resolving '([^']+)'")"
    hint="behind a proxy, pass it: docker build --build-arg HTTP_PROXY=... ; with a mirror, name it: in [build], write apt-mirror = \"https://...\""
  elif grep -qE 'Could not connect|Unable to connect|Connection (failed|refused|timed out)|Cannot initiate the connection|50[0-9] ' "$log"; then
    code=PB507 what="the package archive does not answer"
    hint="behind a proxy, pass it: docker build --build-arg HTTP_PROXY=... ; with a mirror, name it: in [build], write apt-mirror = \"https://...\""
  elif grep -qE "No space left|don't have enough free space" "$log"; then
    code=PB512 what="the builder's disk is full" hint="make room: docker builder prune"
  elif [ -n "$(found 'Unable to locate package (.+)')$(found "Package '([^']+)' has no installation candidate")" ]; then
    what="the base's distribution has no package $(found 'Unable to locate package (.+)')$(found "Package '([^']+)' has no installation candidate")"
    hint="look for its name at packages.debian.org; names differ between releases: \"libssl3t64|libssl3\" takes the first that there is"
  elif [ -n "$(found "Version '.*' for '([^']+)' was not found")" ]; then
    what="the base's distribution has another version of $(found "Version '.*' for '([^']+)' was not found")"
    hint="leave the version out: the archive keeps the newest one only"
  elif [ -n "$(found "'([^']+)' (does not have|no longer has) a Release file")" ]; then
    what="the archive $(found "'([^']+)' (does not have|no longer has) a Release file") is gone: the base's release is no longer supported"
    hint="choose a newer base"
  fi
  [ -n "$what" ] || return 0
  printf '\n%s [%s]\n  %s\n' "$what" "$code" "$hint" >&2
  printf '%s\n%s\n%s' "$code" "$what" "$hint" >/pybuild-failure.txt || :
}
# Whether apt may have failed by what lies in the mounted caches, of which it compares sizes alone.
damaged() {
  if grep -qiE 'hash sum mismatch|could not be parsed|mergelist|malformed' "$log"; then return 0; fi
  for file in /var/cache/apt/archives/*.deb; do
    [ ! -f "$file" ] || { dpkg-deb --info "$file" && dpkg-deb --fsys-tarfile "$file"; } >/dev/null 2>&1 || return 0
  done
  return 1
}
# apt says on stderr what went wrong.
get() {
  apt-get -c "$conf" update -q 2>>"$log" || return
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
  apt-get -c "$conf" install -q -y --no-install-recommends -- $chosen 2>>"$log"
}
get "$@" && status=0 || status=$?
if [ "$status" != 0 ] && damaged; then
  cat "$log" >&2
  echo "apt's cache may be damaged: it is emptied, and this is tried again" >&2
  : >"$log"
  find /var/cache/apt /var/lib/apt -type f -delete
  get "$@" && status=0 || status=$?
fi
cat "$log" >&2
if [ "$status" != 0 ]; then
  explain
  exit "$status"
fi
rm -rf "$conf" "$log" "${parts:-}" "${bundle:-}" /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old
