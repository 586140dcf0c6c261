#!/usr/bin/env bash
# Goal: in every test framework, a leak test passes and fails like any other, and its failure tells what, how fast and
# where. suite.sh FRAMEWORK SUITE HEAPGATE SOURCES_OF_HEAPGATE
set -euo pipefail
framework=$1 suite=$2 sources=$4
export HEAPGATE=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
checked=0
source=$(echo "$(dirname "$0")/${framework}_suite".c*)

# Runs the one test of this name.
run() {
  case $framework in
  gtest) "$suite" --gtest_filter="*.$1" ;;
  catch2 | cmocka) "$suite" "$1" ;;
  doctest) "$suite" --test-case="$1" ;;
  check) CK_RUN_CASE=$1 "$suite" ;;
  esac >"$folder/output" 2>&1
}

complain() {
  printf '%s: %s\n' "$suite $1" "$2"
  cat "$folder/output"
  exit 1
}

passes() {
  run "$1" || complain "$1" "should pass"
  checked=$((checked + 1))
}

# fails TEST SAYS...: it fails, and says each of these.
fails() {
  ! run "$1" || complain "$1" "should fail"
  local says
  for says in "${@:2}"; do
    grep -qF -- "$says" "$folder/output" || complain "$1" "does not say '$says'"
  done
  checked=$((checked + 1))
}

passes ordinary
passes gives_back
passes forgets_what_it_may
passes fixture_of_each_op
fails forgets '24 B and 1 block per mark' "${framework}_suite.c" 'a leak (a mark is one op)' 'again: '
# The framework says the place of the test, not one in the header.
grep -qE "${framework}_suite\.cc?:[0-9]+: ?(F:|FAILED|Failure|ERROR|FATAL ERROR|error: Failure)" "$folder/output" ||
  complain forgets "does not fail at a line of the test"
fails opens 'open files' 'a leak' "${framework}_suite.c"
fails asserts_in_op_3000 'the op failed, crashed or ended the program' 'in op 3000 of 8192' "asserts_in_op_3000"
fails exits_in_op_3000 'the test did not run to its end' 'in op 3000 of 8192'
fails crashes 'the op failed, crashed or ended the program'
case $framework in
gtest | catch2 | doctest) fails throws_in_op_3000 'the store is full' 'in op 3000 of 8192' ;;
esac
case $framework in
gtest)
  fails threads 'a leak'
  fails forgets_odd/0 '16 B and 1 block per mark'
  passes forgets_odd/1
  passes skips
  grep -q SKIPPED "$folder/output" || complain skips "should be skipped"
  fails fixture_and_leak '100 B and 1 block per mark'
  GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=0 passes gives_back
  ;;
catch2 | doctest)
  fails fixture_and_leak '100 B and 1 block per mark'
  fails 'forgets: a name*' '24 B and 1 block per mark'
  ;;
cmocka) fails fixture_and_leak '100 B and 1 block per mark' ;;
check)
  fails threads 'a leak'
  fails 'two tests' "forgets_odd" '24 B and 1 block per mark' '66%: Checks: 3, Failures: 1, Errors: 0' "HEAPGATE_TEST='forgets_odd:1' heapgate exec"
  CK_FORK=no passes gives_back
  ;;
esac

# Without symbols, the test still says what leaks.
strip -o "$folder/stripped" "$suite"
suite=$folder/stripped fails forgets '24 B and 1 block per mark'

HEAPGATE=/nowhere/heapgate fails gives_back "program '/nowhere/heapgate' not found: set HEAPGATE="
HEAPGATE=/bin/true fails gives_back '/bin/true is not heapgate: it measured nothing'

# The other compiler accepts the header, too.
case $source in
*.cc) compiler=(clang++ -std=c++17) ;;
*) compiler=(clang -std=gnu11) ;;
esac
if command -v "${compiler[0]}" >/dev/null; then
  "${compiler[@]}" -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I "$sources/harness/include" "$source"
fi
echo "$checked checks"
