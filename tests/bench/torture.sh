#!/usr/bin/env bash
# what heapgate torture makes of libraries of Debian, what every single allocation would, and 10,000 faults of a small op
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

# findings FILE: the number of faults, the time, and each outcome at its place once.
findings() {
  python3 - "$1" <<'PYTHON'
import json, sys
torture = json.load(open(sys.argv[1]))["torture"]
one = torture["passes"][0]
print(one["made"], f"{one['duration_seconds']:.1f}")
places = set()
for fault in torture["faults"]:
    if fault["outcome"] in ("ok", "unreached"):
        continue
    place = (fault["frames"] or fault["path"])[0]
    places.add((fault["outcome"], place["function"] or place["offset"], place["file"], place["line"]))
for place in sorted(places):
    print(*place, sep="\t")
PYTHON
}

# compare NAME PLUGIN WORD...: the faults of each path against one a call, each alone.
compare() {
  local name=$1 kind
  shift
  for kind in path call; do
    local code=0 every=()
    [ $kind = path ] || every=(--every-call)
    "$build/heapgate" torture "$@" --mode once "${every[@]}" -q --out "$scratch/$kind" >/dev/null 2>"$scratch/errors" || code=$?
    [ "$code" -le 1 ] || { cat "$scratch/errors" >&2; return 1; }
    findings "$scratch/$kind/run.json" >"$scratch/$kind.txt"
  done
  local paths calls path_time call_time both
  read -r paths path_time <"$scratch/path.txt"
  read -r calls call_time <"$scratch/call.txt"
  both=$(comm -12 <(tail -n +2 "$scratch/path.txt" | sort) <(tail -n +2 "$scratch/call.txt" | sort) | wc -l)
  echo "| $name | $paths | $path_time s | $(($(wc -l <"$scratch/path.txt") - 1)) | $calls | $call_time s |" \
    "$(($(wc -l <"$scratch/call.txt") - 1)) | $both | $((calls / paths)) |"
}

mkdir "$scratch/corpus"
python3 - "$scratch/corpus" <<'PYTHON'
import pathlib, sys
parts = ["<!-- a note -->", "<![CDATA[raw & text]]>", "&amp;&#65;", '<b c="d" e="f"/>', "<?pi data?>", '<n:g xmlns:n="urn:n"><n:h/></n:g>']
for i in range(64):
    body = "".join(part for bit, part in enumerate(parts) if i >> bit & 1)
    pathlib.Path(sys.argv[1], f"{i:02}.xml").write_text(f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>{body}&x;</a>")
PYTHON
echo
echo "| workload | faults by path | time | findings | faults by number | time | findings | in both | times as many faults |"
echo "|---|---|---|---|---|---|---|---|---|"
for plugin in expat_parser jansson_set libxml2_dictionary libxml2_xpath libyaml_events openssl_bio sqlite_statements zlib_inflate; do
  compare "$plugin" "$build/tests/real/healthy/$plugin.so" --ops 20
done
compare "libxml2, 64 documents" "$build/tests/plugins/fuzz_libxml2_healthy.so" --corpus "$scratch/corpus"

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
