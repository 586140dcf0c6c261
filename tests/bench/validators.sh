#!/usr/bin/env bash
# compile and validate beside valijson and ajv; arguments: folder of schemas, rounds (5), schemas at most (1000)
set -euo pipefail
build=$1
folder=${2:-/usr/share/json-schema-test-suite/tests/draft7}
here=$(dirname "$(readlink -f "$0")")/validators
command -v node > /dev/null || { echo "validators: node is not installed (Debian package nodejs)" >&2; exit 2; }
[ -d "$folder" ] || { echo "validators: no folder at $folder" >&2; exit 2; }

# ajv goes into the build folder, in exactly the versions of the lock file.
target=$build/bench/validators
mkdir -p "$target"
cp "$here/package.json" "$here/package-lock.json" "$target"
if command -v npm > /dev/null && npm ci --silent --no-audit --no-fund --prefix "$target" >&2; then
  cp "$here/ajv.js" "$target"
else
  rm -f "$target/ajv.js"
  echo "validators: ajv could not be installed with npm" >&2
fi
exec node "$here/validators.js" "$build" "$folder" "${3:-5}" "${4:-1000}"
