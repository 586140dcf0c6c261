#!/usr/bin/env bash
# The Debian package in a bare system: installs on what it depends on and nothing else, measures, and leaves nothing
# behind.
#
#     deb.sh BUILD_FOLDER
#
# Skipped (77) without root, mmdebstrap or a package mirror.
set -euo pipefail
build=$1

skip() {
  echo "skipped: $1"
  exit 77
}
[ "$(id -u)" = 0 ] || skip "not root"
command -v mmdebstrap >/dev/null || skip "no mmdebstrap: apt-get install mmdebstrap"
unshare --mount true 2>/dev/null || skip "no mount namespace of its own"

work=$(mktemp -d "$build/tests/deb-XXXXXX")
trap 'rm -rf --one-file-system -- "$work"' EXIT
system=$work/system
(cd "$build" && cpack -G DEB -B "$work/package") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
package=("$work/package/"heapgate_*.deb)
depends=$(dpkg-deb --field "${package[0]}" Depends | sed 's/ *([^)]*)//g; s/, */,/g')
mmdebstrap --variant=minbase --dpkgopt=force-unsafe-io --include="$depends" bookworm "$system" >"$work/log" 2>&1 ||
  { tail -5 "$work/log"; skip "no bare system"; }

mkdir "$system/parcel"
cp "${package[0]}" "$system/parcel/heapgate.deb"
cp "$build/tests/plugins/broken.so" "$system/parcel/"
cat >"$system/parcel/try" <<'SCRIPT'
set -eu
cd /parcel
export DEBIAN_FRONTEND=noninteractive
list() { find / -xdev \( -path /proc -o -path /sys -o -path /parcel -o -path /var \) -prune -o -print | sort; }
expect() {
  local wanted=$1 code=0
  HEAPGATE_TEST_CASE=$2 heapgate check broken.so --quiet || code=$?
  [ $code = "$wanted" ] || { echo "$2: exit $code, expected $wanted"; exit 1; }
}

list >before
dpkg --install heapgate.deb
list >with
dpkg --verify heapgate
expect 0 clean
expect 1 leak
mkdir project
heapgate init project
[ -f project/heapgate.yaml ]
dpkg --purge heapgate
list >after
! diff before with >/dev/null || { echo "nothing was installed"; exit 1; }
diff before after || { echo "left behind"; exit 1; }
SCRIPT
unshare --mount sh -ec 'mount -t proc proc "$1/proc"; chroot "$1" /bin/bash /parcel/try' sh "$system" >"$work/log" 2>&1 ||
  { tail -40 "$work/log"; exit 1; }
echo "installed, measured, removed: $(wc -l <"$system/parcel/before") paths before, $(wc -l <"$system/parcel/with") with it"
