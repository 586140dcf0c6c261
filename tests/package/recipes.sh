#!/usr/bin/env bash
# The recipes of harness/packaging: recipes.sh meson|vcpkg|conan SOURCE_FOLDER BUILD_FOLDER VERSION
#
# Meson's is used: a project that has it as a subproject builds heapgate and finds a leak with it. There is no client of
# vcpkg and Conan among Debian's packages, so these are read as far as CMake, Python and JSON read them, and run as far
# as they call what is named here. Skipped (77) without what is needed.
set -euo pipefail
kind=$1 source_folder=$2 build=$3 version=$4
recipes=$source_folder/harness/packaging
work=$(mktemp -d "$build/tests/recipe-XXXXXX")
trap 'rm -rf --one-file-system -- "$work"' EXIT
cd "$work"

skip() {
  echo "skipped: $1"
  exit 77
}

meson_project() {
  command -v meson >/dev/null || skip "no meson"
  mkdir -p sources subprojects
  # What git has, and what changed since: the wrap fetches a commit.
  (cd "$source_folder" && git ls-files -z -co --exclude-standard 2>/dev/null | tar -c --null -T -) | tar -x -C sources ||
    skip "the sources are not a git work tree"
  git -C sources init -q
  git -C sources add -A
  git -C sources -c user.name=test -c user.email=test@localhost commit -qm sources
  cp -r "$recipes/meson/packagefiles" subprojects/
  sed "s,^url = .*,url = file://$work/sources,; s,^revision = .*,revision = HEAD,; /^depth/d" "$recipes/meson/heapgate.wrap" \
    >subprojects/heapgate.wrap
  grep -q "^revision = v$version\$" "$recipes/meson/heapgate.wrap"
  cat >meson.build <<'MESON'
project('user', 'c')
heapgate = find_program('heapgate')
leaks = shared_module('leaks', 'leaks.c', dependencies: dependency('heapgate'), name_prefix: '')
test('leaks', heapgate, args: ['check', '--quick', leaks], should_fail: true)
MESON
  cat >leaks.c <<'C'
#include <heapgate/workload.h>
#include <stdlib.h>
static void *volatile last;
int heapgate_iterate(uint64_t i)
{
    last = malloc(40 + i % 8);
    return 0;
}
C
  CMAKE_BUILD_TYPE=Debug meson setup out >log 2>&1 || { tail -40 log; exit 1; }
  meson test -C out >log 2>&1 || { tail -40 log; exit 1; }
  grep -rqF 'leak: 0 of 1 cell as expected' out/meson-logs/testlog.txt || { cat out/meson-logs/testlog.txt; exit 1; }
}

vcpkg_port() {
  python3 - "$recipes/vcpkg/heapgate/vcpkg.json" "$version" <<'PYTHON'
import json, sys
port = json.load(open(sys.argv[1]))
assert (port["name"], port["version"]) == ("heapgate", sys.argv[2]), port
PYTHON
  cat >run.cmake <<CMAKE
function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 A "" SOURCE_PATH OPTIONS)
  if(NOT EXISTS \${A_SOURCE_PATH}/CMakeLists.txt OR NOT A_OPTIONS STREQUAL "-DHEAPGATE_TESTS=OFF")
    message(FATAL_ERROR "configured \${A_SOURCE_PATH} with \${A_OPTIONS}")
  endif()
endfunction()
function(vcpkg_cmake_install)
  file(WRITE $work/called "")
endfunction()
set(CURRENT_PACKAGES_DIR $work/packages)
include($recipes/vcpkg/heapgate/portfile.cmake)
CMAKE
  cmake -P run.cmake >/dev/null
  [ -e called ] && cmp packages/share/heapgate/copyright "$source_folder/LICENSE"
}

conan_recipe() {
  PYTHONDONTWRITEBYTECODE=1 python3 - "$recipes/conan" "$version" <<'PYTHON'
import glob, os, sys, types
from unittest.mock import MagicMock

class ConanFile:
    pass

modules = {name: MagicMock() for name in ("conan.errors", "conan.tools", "conan.tools.cmake", "conan.tools.files",
                                          "conan.tools.system")}
modules["conan"] = types.SimpleNamespace(ConanFile=ConanFile)
modules["conan.errors"].ConanInvalidConfiguration = ValueError
sys.modules.update(modules)
sys.path.insert(0, sys.argv[1])
from conanfile import Heapgate

recipe = Heapgate()
assert recipe.version == sys.argv[2], recipe.version
recipe.recipe_folder, recipe.export_sources_folder = sys.argv[1], "sources"
recipe.export_sources()
copied = modules["conan.tools.files"].copy.call_args_list
assert len(copied) > 4, copied
for call in copied:
    assert glob.glob(os.path.join(call.kwargs["src"], call.args[1])), f"nothing is called {call.args[1]}"
for system, works in (("Linux", True), ("Windows", False)):
    recipe.settings = types.SimpleNamespace(os=system, arch="x86_64")
    try:
        recipe.validate()
        assert works, system
    except ValueError:
        assert not works, system
recipe.system_requirements()
(names,) = modules["conan.tools.system"].package_manager.Apt.return_value.install.call_args.args
assert "libdw-dev" in names
for step in (recipe.generate, recipe.build, recipe.package):
    step()
PYTHON
}

case $kind in
meson) meson_project ;;
vcpkg) vcpkg_port ;;
conan) conan_recipe ;;
esac
echo "$kind: right for version $version"
