#!/usr/bin/env bash
# Goal: what is linked with musl is refused with one clear line and exit code 2, however it is linked. musl.sh HEAPGATE
set -euo pipefail
heapgate=$1
command -v musl-gcc >/dev/null || { echo "musl-gcc is not installed: Debian's package musl-tools"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >program.c <<'C'
#include <stdlib.h>
int heapgate_iterate(unsigned long i) { return malloc(i % 8 + 1) == NULL; }
int main(void) { return heapgate_iterate(1); }
C
musl-gcc -o dynamic program.c
musl-gcc -static -o static program.c
musl-gcc -static-pie -fPIE -o static_pie program.c
musl-gcc -shared -fPIC -o plugin.so program.c

# refuses SAYS ARGUMENT...
refuses() {
  local code=0
  "$heapgate" "${@:2}" >output 2>&1 || code=$?
  if [ "$code" != 2 ] || [ "$(wc -l <output)" != 1 ] || ! grep -qE -- "$1" output; then
    echo "heapgate ${*:2}: exit code $code, should be 2 with one line '$1':"
    cat output
    exit 1
  fi
}

refuses 'dynamic is linked with musl; heapgate measures programs linked with glibc' exec -- ./dynamic
refuses 'static is statically linked, or a library: the probe cannot be preloaded' exec -- ./static
refuses 'static_pie is linked with musl' exec -- ./static_pie
refuses 'linked with musl.*build it with glibc' check ./plugin.so
refuses 'this is a program: .*measure it with heapgate exec' check ./dynamic
refuses 'this is a program: .*measure it with heapgate exec' check ./static
