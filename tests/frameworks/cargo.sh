#!/usr/bin/env bash
# Goal: the crate turns a test of cargo into a leak test, whose failure tells what, how fast and where, with one thread
# and with several. cargo.sh HEAPGATE SOURCES_OF_HEAPGATE VERSION
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")/cargo
export HEAPGATE=$1 RUST_BACKTRACE=0 CARGO_NET_OFFLINE=true
grep -qx "version = \"$3\"" "$2/harness/packaging/rust/Cargo.toml"
cargo --version >/dev/null 2>&1 || { echo "cargo is not installed"; exit 77; }
minor=$(rustc --version | cut -d. -f2)
[ "$minor" -ge 63 ] || { echo "rustc is older than 1.63"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$here/." "$folder"
cp -r "$2/harness/packaging/rust" "$folder/heapgate"
cd "$folder"
unset CARGO_TARGET_DIR RUST_TEST_THREADS
cargo test --no-run --tests >output 2>&1 || { cat output; exit 1; }
checked=0

# expect SAYS... -- WORDS: what cargo test WORDS says.
expect() {
  local says=()
  while [ "$1" != -- ]; do says+=("$1"); shift; done
  cargo test -q "${@:2}" >output 2>&1 || true
  for text in "${says[@]}"; do
    grep -qE -- "$text" output || { echo "cargo test ${*:2} does not say '$text'"; cat output; exit 1; }
    checked=$((checked + 1))
  done
}

line() {
  grep -n "$1" store/src/lib.rs | cut -d: -f1
}

allocates=$(line '// leaks here')
expect '5 passed; 9 failed; 0 ignored' \
  "store/src/lib.rs:$(line '// fails here'):9" \
  "heapgate: a leak at store::keep store/src/lib.rs:$allocates \(a mark is one op\)" \
  '39.5 B .* 1 block per mark' "again: HEAPGATE_TEST='0:leaks::forgets' heapgate exec --marks -- .* --exact leaks::forgets " \
  "the op failed or ended the process in op 3000 of 8192" 'the store is full' \
  'the op returned an error: ParseIntError' 'the op failed or ended the process in op 1 of 8192' \
  'the op crashed or ended the process' \
  'open files and threads grow: ' "again: HEAPGATE_TEST='1:leaks::two_in_a_loop'" "again: HEAPGATE_TEST='0:leaks::prüft_größe_r'" \
  -- --lib -- --include-ignored
# Before Rust 1.67 such a test has no thread with its name.
expect "a leak at store::keep store/src/lib.rs:$allocates " '1 passed; 1 failed;' -- --lib -- --test-threads=1 forgets captures
expect '1 passed; 0 failed' -- --lib -- --test-threads=1 --exact leaks::gives_back
expect "a leak at store::.*keep.* store/src/lib.rs:$allocates " -- --release --lib --config 'profile.release.debug=true' forgets
expect 'own main ended' -- --test own_main
STORE_FORGETS=1 expect "a leak at store::keep store/src/lib.rs:$allocates " -- --test own_main
HEAPGATE=/nowhere/heapgate expect "program '/nowhere/heapgate' not started .*set HEAPGATE=" '0 passed; 1 failed' -- --lib forgets
HEAPGATE=/bin/true expect '/bin/true: this is not heapgate: it measured nothing' -- --lib forgets
# Without heapgate a leak test is an ordinary one, and says so although the harness captures what it prints.
if ! command -v heapgate >/dev/null; then
  HEAPGATE='' expect 'heapgate: leaks::forgets was called once and not measured: ' '1 passed; 0 failed' -- --lib forgets
fi
echo "$checked checks"
