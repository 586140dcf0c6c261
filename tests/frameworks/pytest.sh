#!/usr/bin/env bash
# Goal: the mark of the pytest plug-in turns a test into a leak test, whose failure tells what, how fast and where.
# pytest.sh HEAPGATE SOURCES_OF_HEAPGATE VERSION, with Debian's Python, whose start under the probe takes seconds.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")/pytest
export HEAPGATE=$1 PYTHONPATH=$2/harness/packaging/pytest/src PYTHONDONTWRITEBYTECODE=1
grep -qx "version = \"$3\"" "$2/harness/packaging/pytest/pyproject.toml"
python=/usr/bin/python3
"$python" -c 'import pytest' 2>/dev/null || { echo "pytest is not installed for $python"; exit 77; }
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
[ -e "$headers/Python.h" ] || { echo "python3-dev is not installed: there is no $headers/Python.h"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc -g -fno-builtin -shared -fPIC -I "$headers" -o "$folder/leaky.so" "$here/leaky.c"
cp "$here/test_leaks.py" "$folder"
# Settings that a project may have, and that must not disturb the measured process.
printf '[pytest]\naddopts = -v --junitxml=%s/junit.xml\nmarkers =\n    slow\n' "$folder" >"$folder/pytest.ini"
cd "$folder"
workers=()
! "$python" -c 'import xdist' 2>/dev/null || workers=(-n 2)

# expect EXPRESSION SAYS...: what pytest -k EXPRESSION says of the tests.
expect() {
  "$python" -m pytest -p pytest_heapgate -p no:cacheprovider --strict-markers "${workers[@]}" -k "$1" test_leaks.py \
    >output 2>&1 || true
  local says
  for says in "${@:2}"; do
    grep -qE -- "$says" output || { echo "-k '$1' does not say '$says'"; cat output; exit 1; }
  done
}

line() {
  grep -n "$1" "$2" | cut -d: -f1
}

expect '' '6 failed, 3 passed, 1 skipped, 1 error' \
  "heapgate: a leak: 32 B per op at take leaky.c:$(line 'made = malloc' "$here/leaky.c") \(a mark is 10 ops\)" \
  '320 B and 10 blocks per mark' 'again: PYTHONMALLOC=malloc heapgate exec --marks -- ' \
  "heapgate: a leak: Python objects, [0-9.]+ B per op at test_leaks.py:$(line kept.append test_leaks.py) " \
  'the op failed in op 100 of 240: AssertionError: the store is full' \
  'heapgate: the test did not run to its end in the measured process' \
  'op 1 of 240: Failed: @pytest.mark.heapgate does not work on a coroutine' 'not on unittest.TestCase' \
  "heapgate: got an unexpected keyword argument 'opps'"
# The settings of the project wrote their report, of the outer process only.
grep -q 'tests="11"' junit.xml
HEAPGATE=/nowhere/heapgate expect forgets_native "program '/nowhere/heapgate' not found .*set HEAPGATE="
HEAPGATE=/bin/true expect forgets_native '/bin/true: this is not heapgate: it measured nothing'
