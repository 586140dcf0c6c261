#!/usr/bin/env bash
# what heapgate torture makes of libraries of Debian, and how long 10,000 faults of a small op take
set -euo pipefail
build=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# torture PLUGIN WORD...: its table's row
torture() {
  local code=0
  "$build/heapgate" torture "$@" -q --out "$scratch/out" >/dev/null 2>"$scratch/errors" || code=$?
  [ "$code" -le 1 ] || { cat "$scratch/errors" >&2; return 1; }
  python3 - "$1" "$scratch/out/run.json" <<'PYTHON'
import collections, json, pathlib, sys
torture = json.load(open(sys.argv[2]))["torture"]
one = torture["passes"][0]
outcomes = collections.Counter(fault["outcome"] for fault in torture["faults"])
told = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
print(f"| {pathlib.Path(sys.argv[1]).stem} | {one['allocations']} | {one['points']} | {one['made']} | {told} | {one['duration_seconds']:.1f} s |")
PYTHON
}

echo "| workload | allocations in its ops | fault points | faults, both modes | outcomes | time |"
echo "|---|---|---|---|---|---|"
for plugin in expat_parser jansson_set libxml2_dictionary libxml2_xpath libyaml_events openssl_bio sqlite_statements zlib_inflate; do
  torture "$build/tests/real/healthy/$plugin.so" --ops 20
done

# Two calls of the next function in each of 13: 8,192 call paths, one an op.
{
  echo '#include <heapgate/workload.h>'
  echo '#define STEP static __attribute__((noinline)) int'
  echo 'STEP f0(unsigned way) { void *block = malloc(10 + way); free(block); return block ? 0 : 1; }'
  for i in $(seq 1 13); do
    printf 'STEP f%d(unsigned way)\n{\n    if (way & 1)\n        return f%d(way >> 1) | 0;\n' "$i" $((i - 1))
    printf '    int status = f%d(way >> 1);\n    return status;\n}\n' $((i - 1))
  done
  echo 'int heapgate_iterate(uint64_t i) { return f13((unsigned)i & 8191); }'
} >"$scratch/many_paths.c"
cc -g -O0 -shared -fPIC -I "$build/include" -o "$scratch/many_paths.so" "$scratch/many_paths.c"
torture "$scratch/many_paths.so" --ops 5000
