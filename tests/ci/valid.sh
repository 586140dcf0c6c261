#!/usr/bin/env bash
# The action and the workflow against the schemas that GitHub's own editor uses. ./dev extras installs the checker.
# Usage: valid.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source=$1
checker=$2/ci-tools/node_modules/.bin/action-validator
if ! command -v node >/dev/null || [ ! -x "$checker" ]; then
  echo "SKIPPED: no action-validator; ./dev extras installs it"
  exit 77
fi
cd "$source"
checked=0
for file in action.yml .github/workflows/*.yml; do
  "$checker" "$file" || { echo "again: $checker $source/$file"; exit 1; }
  checked=$((checked + 1))
done
broken=$(mktemp --suffix=.yml)
trap 'rm -f "$broken"' EXIT
sed 's/^    steps:/    stepz:/' .github/workflows/heapgate.yml >"$broken"
if "$checker" "$broken" >/dev/null 2>&1; then
  echo "the checker takes a workflow without steps for a valid one"
  exit 1
fi
echo "$checked files are valid"
[ "$checked" -ge 2 ]
