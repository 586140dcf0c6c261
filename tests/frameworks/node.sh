#!/usr/bin/env bash
# Goal: leakTest of the module makes a leak test, whose failure tells what, how fast and where, and garbage is no leak.
# node.sh HEAPGATE SOURCES_OF_HEAPGATE VERSION
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")/node
export HEAPGATE=$1
grep -q "\"version\": \"$3\"" "$2/harness/packaging/node/package.json"
node=/usr/bin/node headers=/usr/include/node
"$node" -e "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)" 2>/dev/null || { echo "no Node.js 18 in $node"; exit 77; }
[ -e $headers/node_api.h ] || { echo "libnode-dev is not installed: there is no $headers/node_api.h"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/a b" "$folder/a b/node_modules"
cd "$folder/a b"
cp "$here"/*.test.* .
cp -r "$2/harness/packaging/node" node_modules/heapgate
cc -g -fno-builtin -shared -fPIC -Wall -Wextra -I $headers -o store.node "$here/store.c"
checked=0

# expect SAYS... -- WORDS: what node WORDS says.
expect() {
  local says=() text
  while [ "$1" != -- ]; do says+=("$1"); shift; done
  "$node" "${@:2}" >output 2>&1 || true
  for text in "${says[@]}"; do
    grep -qE -- "$text" output || { echo "node ${*:2} does not say '$text'"; cat output; exit 1; }
    checked=$((checked + 1))
  done
}

holds=store.c:$(grep -n 'napi_create_reference' "$here/store.c" | cut -d: -f1)
expect '^(#|ℹ) pass 2' '^(#|ℹ) fail 5' '^(#|ℹ) skipped 3' \
  "heapgate: a leak at hold .*$holds \(a mark is 30 ops\)" ' and 30 blocks per mark' \
  "again: HEAPGATE_HEAP=watched HEAPGATE_TEST='0:references' heapgate exec --marks -- .*node --expose-gc .*leaks.test.js" \
  "again: HEAPGATE_HEAP=watched HEAPGATE_TEST='1:the \"same\" name'\\\\+''s twice' " 'a leak: the JavaScript heap grows by [0-9.]+ B per op' \
  'the op failed or ended the process in op 100 of 480: the store is full' \
  'the op failed or ended the process in op 1 of 480$' 'the op crashed or ended the process' \
  -- --test leaks.test.js
expect '^(#|ℹ) pass 1' '^(#|ℹ) fail 0' -- --no-warnings module.test.mjs
HEAPGATE=/nowhere/heapgate expect "program '/nowhere/heapgate' not started .*set HEAPGATE=" '^(#|ℹ) fail 1' -- module.test.mjs
HEAPGATE=/bin/true expect '/bin/true: this is not heapgate: it measured nothing' -- module.test.mjs
if ! command -v heapgate >/dev/null; then
  HEAPGATE='' expect 'heapgate: called once and not measured: ' '^(#|ℹ) pass 1' -- module.test.mjs
fi
echo "$checked checks"
