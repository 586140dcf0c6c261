#!/usr/bin/env bash
# the allocation sites of sources of Debian at four levels, against a search of these; fetches them with apt-get source
set -euo pipefail
build=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# The sources of what the system installs from; its own settings stay as they are.
mkdir -p sources lists/partial cache/archives/partial
for list in /etc/apt/sources.list.d/*.sources; do
  sed -E 's/^Types:.*/Types: deb-src/' "$list" >"sources/${list##*/}"
done
[ ! -f /etc/apt/sources.list ] || sed -E 's/^deb /deb-src /' /etc/apt/sources.list >sources/all.list
cat >apt.conf <<TEXT
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$scratch/sources";
Dir::State::Lists "$scratch/lists";
Dir::Cache "$scratch/cache";
TEXT
export APT_CONFIG=$scratch/apt.conf
apt-get -qq update
apt-get -qq source --download-only jansson libyaml zlib
for name in jansson libyaml zlib; do
  dpkg-source --no-check -x "$name"_*.dsc "$name" >unpacked.txt 2>&1
done
cmake -S jansson -B jansson/build -DJANSSON_BUILD_DOCS=OFF >cmake.txt 2>&1

# library NAME SONAME FLAG... SOURCE...: at each level, with its workload.
library() {
  local name=$1 soname=$2 compiler level
  shift 2
  for compiler in gcc clang; do
    for level in -O0 -O2; do
      mkdir -p "$name-$compiler$level"
      "$compiler" "$level" -g -fPIC -shared -w "-Wl,-soname,$soname" -o "$name-$compiler$level/$soname" "$@"
      LD_LIBRARY_PATH="$name-$compiler$level" "$build/heapgate" coverage "$plugin" --module "${soname%%.*}" --ops 200 \
        --allocator glibc --quiet --out "out/$name,$compiler $level" >errors.txt 2>&1 || { cat errors.txt >&2; return 1; }
    done
  done
}
real=$build/tests/real/healthy
plugin=$real/jansson_set.so library jansson libjansson.so.4 -DHAVE_CONFIG_H -Ijansson/build/private_include \
  -Ijansson/build/include jansson/src/*.c
plugin=$real/libyaml_events.so library libyaml libyaml-0.so.2 -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 \
  -DYAML_VERSION_PATCH=5 '-DYAML_VERSION_STRING="0.2.5"' -Ilibyaml/include libyaml/src/*.c
plugin=$real/zlib_inflate.so library zlib libz.so.1 -DHAVE_UNISTD_H -D_LARGEFILE64_SOURCE=1 zlib/*.c

python3 - <<'PYTHON'
import glob
import json
import pathlib
import re

# What a line that allocates has, and what makes it none: the functions that pass on, comments, other systems.
WORDS = {
    "jansson": (r"\b(jsonp_malloc|jsonp_strdup|fopen)\(", r"^(void|char) |jsonp_strdup\(|urandom|fall back"),
    "libyaml": (r"\b(yaml_malloc|yaml_realloc|yaml_strdup|(STACK|QUEUE|BUFFER|STRING)_INIT|YAML_MALLOC(_STATIC)?)\s*\(",
                r"^yaml_|#define"),
    "zlib": (r"\b(malloc|calloc|strdup)\s*\(", r"^/\*|_halloc|farmalloc|Turbo|items, size\)|zmemzero"),
}
print("| library | build | lines of the sources | sites | not found | more |\n|---|---|---|---|---|---|")
for path in sorted(glob.glob("out/*/run.json")):
    name, how = pathlib.Path(path).parent.name.split(",")
    word, none = WORDS[name]
    wanted = {(file.name, number) for file in pathlib.Path(name).glob("*.c" if name == "zlib" else "src/*.c")
              for number, line in enumerate(file.open(encoding="utf-8", errors="replace"), 1)
              if re.search(word, line) and not re.search(none, line)}
    sites = {(pathlib.Path(site["file"]).name, site["line"]) for site in json.load(open(path))["coverage"]["sites"]
             if site["reach"] != "seen"}
    tell = lambda places: ", ".join(f"{file}:{line}" for file, line in sorted(places)) or "-"
    print(f"| {name} | {how} | {len(wanted)} | {len(sites)} | {tell(wanted - sites)} | {tell(sites - wanted)} |")
PYTHON
