#!/usr/bin/env bash
# Goal: ctest -T memcheck counts heapgate's leaks as defects, of check and of exec, and a dashboard gets the call path.
# cdash.sh HEAPGATE
set -euo pipefail
heapgate=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/a b"
cd "$folder/a b"
cat >forgets.c <<'C'
#include <stdint.h>
#include <stdlib.h>
void *last;
int heapgate_iterate(uint64_t op)
{
    if (getenv("CLEAN"))
        free(last);
    last = malloc(24);
    return last == NULL && op;
}
int main(void)
{
    void (*mark)(void) = (void (*)(void))dlsym(0, "heapgate_probe_mark");
    for (int i = 0; i < 3200; i++) {
        heapgate_iterate(1);
        if (mark && i % 100 == 99)
            mark();
    }
}
C
sed -i '1i #define _GNU_SOURCE\n#include <dlfcn.h>' forgets.c
cc -g -w -fno-builtin -shared -fPIC -o forgets.so forgets.c
cc -g -w -fno-builtin -o forgets forgets.c
cat >CMakeLists.txt <<CMAKE
cmake_minimum_required(VERSION 3.18)
project(leaks LANGUAGES NONE)
include(CTest)
add_test(NAME checked COMMAND $heapgate check --quick --holders=never \${CMAKE_SOURCE_DIR}/forgets.so)
add_test(NAME executed COMMAND $heapgate exec --marks -- \${CMAKE_SOURCE_DIR}/forgets)
add_test(NAME clean COMMAND $heapgate exec --marks -- \${CMAKE_SOURCE_DIR}/forgets)
set_tests_properties(clean PROPERTIES ENVIRONMENT CLEAN=1)
CMAKE
cmake -S . -B out -DMEMORYCHECK_TYPE=LeakSanitizer >output
(cd out && ctest -T memcheck >../output 2>&1) || true

says() { # FILE TEXT
  grep -qF -- "$2" "$1" || { echo "$1 does not say '$2'"; cat output "$1"; exit 1; }
}
says output 'Direct leak - 2'
! grep -q 'Cannot find memory tester' output || { cat output; exit 1; }
cp out/Testing/*/DynamicAnalysis.xml .
[ "$(grep -c '<Defect type="Direct leak">1</Defect>' DynamicAnalysis.xml)" = 2 ]
says out/Testing/Temporary/MemoryChecker.1.log 'Direct leak of '
says out/Testing/Temporary/MemoryChecker.1.log '    #0 heapgate_iterate '
says out/Testing/Temporary/MemoryChecker.2.log '2.34 KiB in 100 blocks per mark'
says out/Testing/Temporary/MemoryChecker.2.log "forgets.c:$(grep -n 'malloc(24)' forgets.c | cut -d: -f1)"
says out/Testing/Temporary/MemoryChecker.3.log 'heapgate: pass: 1 of 1 cell as expected'

# Another log_path is not meant for heapgate.
LSAN_OPTIONS=log_path="$PWD/mine.log" "$heapgate" check --quick --holders=never forgets.so >output 2>&1 || true
[ -z "$(find . -name 'mine.log*')" ]
# Where it cannot be written, the run is no success.
status=0
CLEAN=1 LSAN_OPTIONS="log_path='/nowhere/MemoryChecker.1.log'" "$heapgate" check --quick --holders=never forgets.so >output 2>&1 || status=$?
[ "$status" = 2 ]
says output 'cannot write /nowhere/MemoryChecker.1.log.'
