#!/usr/bin/env bash
# The README's picture: runs the suite and photographs the first screen of its report.
#
# usage: screenshot.sh BUILD [PNG]        PNG: docs/report.png unless named; made smaller where optipng is installed
set -euo pipefail

build=$(realpath "$1")
picture=$(realpath -m "${2:-$(dirname "$0")/../../docs/report.png}")
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || { echo "no chromium: install it and try again" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/heapgate" run --quiet --out "$work"
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-background-networking \
  --user-data-dir="$work/profile" --window-size=1280,960 --screenshot="$work/report.png" "file://$work/report.html" \
  2> "$work/browser.log" || { cat "$work/browser.log" >&2; exit 1; }
if command -v optipng > /dev/null; then
  optipng -quiet -o5 "$work/report.png"
fi
mkdir -p "$(dirname "$picture")"
cp "$work/report.png" "$picture"
echo "$picture: $(stat -c %s "$picture") bytes"
