#!/usr/bin/env bash
# The Debian package in the eyes of lintian: no error and no warning. lintian.sh BUILD_FOLDER; skipped (77) without it.
set -euo pipefail
build=$1
command -v lintian >/dev/null || { echo "skipped: no lintian: apt-get install lintian"; exit 77; }
work=$(mktemp -d "$build/tests/lintian-XXXXXX")
trap 'rm -rf -- "$work"' EXIT
(cd "$build" && cpack -G DEB -B "$work") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
lintian --allow-root --fail-on error,warning "$work"/heapgate_*.deb
echo "lintian has nothing to say of $(dpkg-deb --contents "$work"/heapgate_*.deb | wc -l) files"
