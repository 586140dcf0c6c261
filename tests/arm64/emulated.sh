#!/usr/bin/env bash
# heapgate for arm64, cross-built and run by qemu: a pair of the Toka suite, and the cache of known stacks in verify mode
# on four builds of the same plug-in. Skips without a cross-compiler, qemu for arm64 programs, or Debian packages of arm64.
# Usage: emulated.sh SOURCE BUILD
set -euo pipefail
source=$1 out=$2/arm64
export HEAPGATE_ARM64_ROOT=${HEAPGATE_ARM64_ROOT:-$2/arm64-root}

skip() {
  echo "skipped: $*"
  exit 77
}

# Unpacked only: nothing of it runs here but its libraries.
make_root() {
  local packages=libc6-dev,libstdc++-12-dev,libjansson-dev,libpcre2-dev,libxxhash-dev,libyaml-dev,libdw-dev,libiberty-dev
  packages+=,libcapstone-dev,libexpat1-dev,libmicrohttpd-dev,zlib1g-dev,valgrind
  command -v mmdebstrap >/dev/null || skip "no mmdebstrap: apt-get install mmdebstrap"
  rm -rf --one-file-system -- "$HEAPGATE_ARM64_ROOT.new"
  mmdebstrap --variant=extract --architectures=arm64 --include="$packages" bookworm "$HEAPGATE_ARM64_ROOT.new" \
    >"$out/root.log" 2>&1 || { tail -5 "$out/root.log"; skip "no packages of arm64"; }
  mv "$HEAPGATE_ARM64_ROOT.new" "$HEAPGATE_ARM64_ROOT"
}

expect() { # TEXT COMMAND...: the text is in what it prints
  local text=$1
  shift
  said=$("$@" 2>&1) || true
  [[ $said == *"$text"* ]] || { printf '%q ' "$@"; printf 'does not say "%s":\n%s\n' "$text" "$said"; failed=1; }
}

for compiler in gcc g++; do
  command -v aarch64-linux-gnu-$compiler >/dev/null || skip "no cross-compiler: apt-get install $compiler-aarch64-linux-gnu"
done
mkdir -p "$out/plugins"
[ -e "$HEAPGATE_ARM64_ROOT/usr/include/capstone" ] || make_root
export QEMU_LD_PREFIX=$HEAPGATE_ARM64_ROOT
"$HEAPGATE_ARM64_ROOT/lib/ld-linux-aarch64.so.1" --version >/dev/null 2>&1 ||
  skip "arm64 programs do not run here: apt-get install qemu-user-static binfmt-support"

cmake -S "$source" -B "$out" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$source/tests/arm64/toolchain.cmake" \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHEAPGATE_TESTS=OFF -DHEAPGATE_WERROR=ON >"$out/configure.log" 2>&1 ||
  { cat "$out/configure.log"; exit 1; }
ninja -C "$out" heapgate workload_registry_storm toka_before toka_after >"$out/build.log" ||
  { cat "$out/build.log"; exit 1; }

failed=0
cd "$out"
heapgate=$out/heapgate
expect "pass: 2 of 2 cells as expected" "$heapgate" run --no-speed --holders=never -w registry-storm -a glibc -n 400
for options in -O0 -O2 "-O2 -fomit-frame-pointer" "-O2 -mbranch-protection=standard"; do
  plugin=$out/plugins/stacks_${options//[^A-Za-z0-9]/_}.so
  # shellcheck disable=SC2086 # several words
  aarch64-linux-gnu-gcc --sysroot="$HEAPGATE_ARM64_ROOT" -g $options -fPIC -shared -I"$source/harness/include" \
    "$source/tests/e2e/plugins/stacks.c" -o "$plugin"
  for chosen in alloca 64_paths; do
    export HEAPGATE_TEST_CASE=$chosen
    expect "recognised stacks walked again, all right" \
      "$heapgate" check --verify --quick --holders=never -n 200 "$plugin"
  done
done
expect "coverage reads machine code of x86-64 only" "$heapgate" coverage "$plugin"
exit $failed
