#!/usr/bin/env bash
# cppcheck over the product's sources.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
mapfile -t files < <(sources "$1" '*.c' | grep -E '^(core|harness|reports|workloads)/')
[ ${#files[@]} -gt 0 ] || { echo "no sources found"; exit 1; }
cd "$1"
# The probe's exec functions may not allocate, so preload_exec.c takes its lists from the stack.
cppcheck --quiet --std=c11 --language=c --platform=unix64 \
  --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
  --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
  --suppress=allocaCalled:harness/probe/preload_exec.c \
  -D_GNU_SOURCE -D__x86_64__ -DHG_VERSION='"0"' \
  -Icore/include -Icore/schema -Icore/common -Iharness/include -Iharness -Ireports -Iworkloads/common \
  "${files[@]}"
echo "${#files[@]} files checked"
