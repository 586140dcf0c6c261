#!/usr/bin/env bash
# The RPM: what it needs, its files below another root, measured from there, removed without a trace.
#
#     rpm.sh BUILD_FOLDER
#
# Skipped (77) without rpm and rpmbuild. Debian's rpm does not know what is installed here, so it is not asked.
set -euo pipefail
build=$1
command -v rpmbuild >/dev/null || { echo "skipped: no rpmbuild: apt-get install rpm"; exit 77; }

work=$(mktemp -d "$build/tests/rpm-XXXXXX")
trap 'rm -rf --one-file-system -- "$work"' EXIT
(cd "$build" && cpack -G RPM -B "$work/package") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
package=("$work/package/"heapgate-*-1.x86_64.rpm)
rpm -K --nosignature "${package[0]}"
for library in libdw.so.1 libjansson.so.4 libc.so.6; do
  rpm -qpR "${package[0]}" | grep -qF "$library()(64bit)" || { echo "does not depend on $library"; exit 1; }
done
[ "$(rpm -qp --queryformat '%{LICENSE}' "${package[0]}")" = Apache-2.0 ]

system=$work/system
installer=(rpm --root "$system" --dbpath /db)
mkdir -p "$system/db"
"${installer[@]}" --install --nodeps "${package[0]}"
"${installer[@]}" --verify --nodeps heapgate
[ -e "$system/usr/share/zsh/site-functions/_heapgate" ]
expect() {
  local code=0
  HEAPGATE_TEST_CASE=$2 "$system/usr/bin/heapgate" check "$build/tests/plugins/broken.so" --quiet || code=$?
  [ $code = "$1" ] || { echo "$2: exit $code, expected $1"; exit 1; }
}
expect 0 clean
expect 1 leak
files=$(find "$system/usr" -type f | wc -l)
"${installer[@]}" --erase heapgate
left=$(find "$system" -path '*heapgate*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
echo "installed $files files, measured, removed"
