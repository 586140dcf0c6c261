#!/usr/bin/env bash
# The layers of the tree: which folder may include which, and that a name stands for one thing.
# Usage: layers.sh SOURCE_FOLDER. First it checks itself on a small tree that has each mistake once.
set -euo pipefail
. "$(dirname "$0")/sources.sh"

# A folder of reports/ or harness/, and the folders that it may include besides itself. Data flows from right to left.
# "formats" are the files directly in reports/.
edges='
base
model       base
view        model base
terminal    view model base
markdown    terminal view model base
html        view model base
tools       terminal view model base
diff        html terminal markdown view model base
audit       html markdown terminal view model base
formats     diff tools html markdown terminal view model base

record
probe       record
runner      record
analysis    model base
symbols
allocators
process     record model base
watch       process record
verdict     process symbols analysis record model base
driver      verdict watch process symbols analysis record model base
holders     verdict process symbols analysis record model base
torture     verdict process symbols analysis record model base
coverage    verdict process symbols analysis record model base
exec        verdict watch process symbols analysis record model base
serve       verdict watch process symbols record tools view model base
soak        serve verdict watch process symbols analysis record tools view model base
series      verdict symbols analysis record model base
profile     verdict watch process symbols analysis record model base
baseline    analysis record model base
known       symbols analysis model base
suite       known allocators record model base
doctor      profile process symbols record model base
cli         *
include
'

# Prints each fault of the tree at $1, one a line: FILE:LINE: what is wrong. Fails when it read no include at all.
check() {
  local files
  mapfile -t files < <(sources "$1" '*.c' '*.h' '*.cc' | grep -E '^(core|harness|reports|workloads)/')
  [ ${#files[@]} -gt 0 ] || { echo "no sources found"; return 1; }
  (cd "$1" && awk -v edges="$edges" '
    function fault(text) { print FILENAME ":" FNR ": " text }
    function once(kind, name, place) {
      if ((kind, name) in first && first[kind, name] != place)
        fault(kind " \"" name "\" is also in " first[kind, name])
      first[kind, name] = place
    }
    # What an #include with quotes may name in harness/ and reports/.
    function check_include(name,    target) {
      target = name
      if (name ~ /\.inc$/ && name !~ /\//)
        return # generated for this folder
      if (!sub(/\/.*/, "", target))
        target = name == "formats.h" ? "formats" : ""
      if (target == "")
        fault("\"" name "\" does not name its folder")
      else if (!(target in known) || target == "include")
        fault("\"" name "\" is in no folder of harness/ or reports/")
      else if (target != folder && !((folder, target) in allowed) && !((folder, "*") in allowed))
        fault(folder "/ must not include " target "/: \"" name "\"")
    }
    BEGIN {
      rows = split(edges, row, "\n")
      for (i = 1; i <= rows; i++) {
        words = split(row[i], word, " ")
        known[word[1]]
        for (j = 2; j <= words; j++)
          allowed[word[1], word[j]]
      }
    }
    FNR == 1 {
      parts = split(FILENAME, part, "/")
      layer = part[1]
      folder = parts > 2 ? part[2] : "formats"
      subject = layer == "core" || layer == "workloads"
      in_enum = 0
      if (!subject && !(folder in known))
        fault(layer "/" folder "/ is missing from the table in tests/lint/layers.sh")
      if (FILENAME ~ /\.h$/)
        once(subject ? "header of the subject" : "header", part[parts], FILENAME)
    }
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
      quoted = /include[ \t]*"/
      name = $0
      sub(/^[^<"]*[<"]/, "", name)
      sub(/[>"].*/, "", name)
      includes++
      if (layer == "core" && (name ~ /^heapgate\// || (quoted && name ~ /\//)))
        fault("core/ must include nothing of another layer: \"" name "\"")
      else if (layer == "workloads" && quoted && name ~ /\// && name !~ /^\.\.\/common\//)
        fault("workloads/ include libtoka, heapgate and their own files only: \"" name "\"")
      else if (!subject && name ~ /^toka\//)
        fault(layer "/ must not know the subject: <" name ">")
      else if (layer == "reports" && name ~ /^heapgate\//)
        fault("reports/ must not include the harness: <" name ">")
      else if (!subject && quoted)
        check_include(name)
      next
    }
    subject { next }
    /^(typedef )?(struct|enum|union) hg_[a-z0-9_]+ \{/ {
      name = $0
      sub(/ \{.*/, "", name)
      sub(/.* /, "", name)
      once("type", name, FILENAME)
    }
    /^\} hg_[a-z0-9_]+;/ { name = $2; sub(/;.*/, "", name); once("type", name, FILENAME) }
    /^typedef .*[ *]hg_[a-z0-9_]+;/ && !/\(/ {
      name = $NF
      gsub(/[*;]/, "", name)
      if ($3 != name) # otherwise it declares a type that another file defines
        once("type", name, FILENAME)
    }
    /^(typedef )?enum .*\{/ || /^enum \{/ { in_enum = 1 }
    in_enum {
      line = $0
      sub(/\/[*].*/, "", line)
      sub(/^.*\{/, "", line)
      count = split(line, item, ",")
      for (i = 1; i <= count; i++)
        if (match(item[i], /^[ \t]*HG_[A-Z0-9_]+[ \t]*(=|$|\})/)) {
          name = item[i]
          gsub(/[ \t]|[=}].*/, "", name)
          once("constant", name, FILENAME)
        }
    }
    /\}/ { in_enum = 0 }
    END { if (!includes) print "no include was read" }
  ' "${files[@]}")
}

# One file of the small tree, and what must be found in it; an empty text is a file that is right.
examples=(
  'reports/model/right.c|#include "base/number.h"|'
  'reports/formats.c|#include "html/html.h"|'
  'harness/cli/right.c|#include "formats.h"|'
  'harness/runner/right.c|#include <heapgate/workload.h>|'
  'workloads/right.c|#include <toka/registry.h>|'
  'harness/analysis/bare.c|#include "model.h"|does not name its folder'
  'harness/analysis/nowhere.c|#include "elsewhere/model.h"|is in no folder'
  'harness/newroom/new.c|#include "record/record.h"|is missing from the table'
  'reports/base/back.c|#include "model/model.h"|base/ must not include model/'
  'reports/view/back.c|#include "terminal/text.h"|view/ must not include terminal/'
  'reports/html/across.c|#include "driver/cell.h"|html/ must not include driver/'
  'harness/exec/sister.c|#include "driver/cell.h"|exec/ must not include driver/'
  'harness/analysis/back.c|#  include "verdict/judge.h"|analysis/ must not include verdict/'
  'core/common/across.c|#include "model/model.h"|core/ must include nothing of another layer'
  'core/schema/across.c|#include <heapgate/mark.h>|core/ must include nothing of another layer'
  'workloads/across.c|#include "driver/cell.h"|workloads/ include libtoka'
  'harness/driver/subject.c|#include <toka/registry.h>|must not know the subject'
  'reports/html/subject.c|#include <toka/registry.h>|must not know the subject'
  'reports/html/harness.c|#include <heapgate/mark.h>|must not include the harness'
  'harness/exec/name.h|#include <stdio.h>|'
  'reports/view/name.h|#include <stdio.h>|header "name.h" is also in'
  'harness/exec/type.h|typedef struct hg_pace {|'
  'harness/soak/declares.h|typedef struct hg_pace hg_pace;|'
  'harness/soak/type.c|} hg_pace;|type "hg_pace" is also in'
  'harness/exec/constant.h|typedef enum hg_a { HG_NEW, HG_OLD } hg_a;|'
  'harness/soak/constant.c|typedef enum hg_b { HG_NEW } hg_b;|constant "HG_NEW" is also in'
)

check_itself() {
  local tree=$1 example file text fault found
  for example in "${examples[@]}"; do
    IFS='|' read -r file text fault <<<"$example"
    mkdir -p "$tree/$(dirname "$file")"
    printf '%s\n' "$text" >"$tree/$file"
  done
  found=$(check "$tree")
  for example in "${examples[@]}"; do
    IFS='|' read -r file text fault <<<"$example"
    if [ -z "$fault" ] && grep -F "$file:" <<<"$found" | grep -qv 'is also in'; then
      echo "layers.sh: $file is right, and a fault was found in it"
      return 1
    elif [ -n "$fault" ] && ! grep -F "$file:" <<<"$found" | grep -qF "$fault"; then
      echo "layers.sh: $file is wrong, and this was not found: $fault"
      return 1
    fi
  done
}

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
check_itself "$tree" || exit 1
faults=$(check "$1") || true
[ -z "$faults" ] || { printf '%s\n' "$faults"; exit 1; }
echo "layers.sh: ${#examples[@]} examples and the tree are as the table has it"
