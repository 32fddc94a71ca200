# Install the Debian packages in "$@" that are not there yet.
#
# The base's docker-clean empties apt's cache after each install: -c is read
# after it and lets the mounted cache keep what it fetched. What apt and dpkg log
# differs on every build.
set -eu
missing=
for package in "$@"; do
  dpkg-query -W -f '${Status}' "${package%%=*}" 2>/dev/null | grep -q 'ok installed' && [ "${package%%=*}" = "$package" ] || missing=yes
done
[ -n "$missing" ] || exit 0
conf=$(mktemp)
cat >"$conf" <<'APT'
#clear DPkg::Post-Invoke;
#clear APT::Update::Post-Invoke;
Binary::apt::APT::Keep-Downloaded-Packages "true";
APT
export DEBIAN_FRONTEND=noninteractive
apt-get -c "$conf" update -q
apt-get -c "$conf" install -q -y --no-install-recommends -- "$@"
rm -rf "$conf" /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old
