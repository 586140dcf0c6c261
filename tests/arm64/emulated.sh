#!/usr/bin/env bash
# heapgate for arm64, cross-built and run by qemu: a pair of the Toka suite, the cache of known stacks in verify mode on
# four builds of the same plug-in, a unit test, and the life of a process under the probe. With HEAPGATE_ARM64=all, which
# takes many minutes and root's rights, more units, and the probe's end-to-end tests inside of a root of arm64. Skips
# without a cross-compiler, qemu for arm64 programs, or Debian packages of arm64.
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
  packages+=,libcapstone-dev,libexpat1-dev,libmicrohttpd-dev,zlib1g-dev,valgrind,libcriterion-dev
  packages+=,libjemalloc2,libmimalloc2.0,libtcmalloc-minimal4
  command -v mmdebstrap >/dev/null || skip "no mmdebstrap: apt-get install mmdebstrap"
  rm -rf --one-file-system -- "$HEAPGATE_ARM64_ROOT.new"
  mmdebstrap --variant=extract --architectures=arm64 --include="$packages" bookworm "$HEAPGATE_ARM64_ROOT.new" \
    >"$out/root.log" 2>&1 || { tail -5 "$out/root.log"; skip "no packages of arm64"; }
  rm -rf --one-file-system -- "$HEAPGATE_ARM64_ROOT" # of fewer packages
  mv "$HEAPGATE_ARM64_ROOT.new" "$HEAPGATE_ARM64_ROOT"
}

expect() { # TEXT COMMAND...: the text is in what it prints
  local text=$1
  shift
  said=$("$@" 2>&1) || true
  [[ $said == *"$text"* ]] || { printf '%q ' "$@"; printf 'does not say "%s":\n%s\n' "$text" "$said"; failed=1; }
}

expect_tests() { # PROGRAM ARGUMENT...: of Criterion; some ran, and all passed
  expect "Failing: 0 | Crashing: 0" "$@"
  [[ $said != *"Tested: 0 "* ]] || { printf '%q ' "$@"; echo "ran no test"; failed=1; }
}

for compiler in gcc g++; do
  command -v aarch64-linux-gnu-$compiler >/dev/null || skip "no cross-compiler: apt-get install $compiler-aarch64-linux-gnu"
done
mkdir -p "$out/plugins"
[ -e "$HEAPGATE_ARM64_ROOT/usr/lib/aarch64-linux-gnu/libjemalloc.so.2" ] || make_root
export QEMU_LD_PREFIX=$HEAPGATE_ARM64_ROOT
"$HEAPGATE_ARM64_ROOT/lib/ld-linux-aarch64.so.1" --version >/dev/null 2>&1 ||
  skip "arm64 programs do not run here: apt-get install qemu-user-static binfmt-support"

cmake -S "$source" -B "$out" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$source/tests/arm64/toolchain.cmake" \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHEAPGATE_TESTS=ON -DHEAPGATE_WERROR=ON >"$out/configure.log" 2>&1 ||
  { cat "$out/configure.log"; exit 1; }
units=(tag) whole=()
[ "${HEAPGATE_ARM64:-}" != all ] || {
  units=(tag aside mappings growth)
  whole=('probe_mappings/*' 'probe_entry_points/!(counts_what_jemallocs_own_functions_lose)'
    'probe_stacks/!(names_the_function_that_a_signal_interrupted_in_its_first_instruction)')
}
programs=("${whole[@]%%/*}")
ninja -C "$out" heapgate workload_registry_storm toka_before toka_after tests/test_probe_lifecycle \
  "${units[@]/#/tests/test_harness_}" "${programs[@]/#/tests/test_}" >"$out/build.log" ||
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
# With -j1 the tests of a program run in turn. qemu accepts MADV_WIPEONFORK, by which the probe knows such a child, and
# does not do it.
for unit in "${units[@]}"; do
  expect_tests "$out/tests/test_harness_$unit" -j1
done
expect_tests "$out/tests/test_probe_lifecycle" -j1 \
  --filter 'probe_lifecycle/!(does_not_count_a_child_made_past_the_c_library)'
# The allocators are looked for in the folders of the system. jemalloc's xallocx adds other sizes here than that test knows.
# The test of a signal fails in emulation; it is not known whether the reason is qemu.
for test in "${whole[@]}"; do
  # shellcheck disable=SC2016 # the inner shell's own
  expect_tests unshare --mount sh -c 'cd "$1" && mkdir -p ".$2" ".$3/tests" proc tmp dev &&
    mount --bind "$2" ".$2" && mount --bind "$3/tests" ".$3/tests" && mount -t proc proc proc && mount --rbind /dev dev &&
    exec chroot . "$2/tests/test_${4%%/*}" -j1 --filter "$4"' sh "$HEAPGATE_ARM64_ROOT" "$out" "$source" "$test"
done
expect "coverage reads machine code of x86-64 only" "$heapgate" coverage "$plugin"
exit $failed
