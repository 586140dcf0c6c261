#!/usr/bin/env bash
# The manual pages against the program: manual.sh HEAPGATE FOLDER_OF_PAGES. Each command has one, without a warning of
# man's, which has the summary and all the words of --help in their order. Skipped (77) without man.
set -euo pipefail
heapgate=$1 pages=$2
export LC_ALL=C.UTF-8 MANWIDTH=80
command -v man >/dev/null || { echo 'skipped: man-db is not installed'; exit 77; }
compared=0

# Words in a row, without what help2man sets its own way: the usage line, headings, hyphens at line ends.
words() {
  tr -s ' \n' '\n\n' | sed '/^$/d'
}

# compare COMMAND SUMMARY [ARGUMENT]: a line of words of --help that the page has not, or nothing.
compare() {
  local page=$pages/man1/$1.1.gz warnings text missing
  [ -f "$page" ] || { echo "$page is missing"; exit 1; }
  warnings=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
  [ -z "$warnings" ] || { printf '%s\n' "$page: $warnings"; exit 1; }
  text=$(man --nh --nj -l "$page" 2>/dev/null | col -bx)
  grep -qF -- "$1 - $2" <<<"$(tr -s ' \n' ' ' <<<"$text")" || { echo "$page has not the summary: $2"; exit 1; }
  missing=$(diff <("$heapgate" ${3:+"$3"} --help | sed '1d; s/^  or: //' | words) <(words <<<"$text") | grep '^<' || true)
  [ -z "$missing" ] || { printf '%s: what --help says and it does not:\n%s\n' "$page" "$missing"; exit 1; }
  compared=$((compared + 1))
}

compare heapgate 'memory-leak regression tests for native code'
while read -r name summary; do
  compare "heapgate-$name" "$summary" "$name"
done < <("$heapgate" --help | awk '/^$/ { block++ } block == 1 && NF')
[ "$compared" -gt 9 ]
[ "$(find "$pages" -type f | wc -l)" = "$compared" ] || { echo "a page of no command in $pages"; exit 1; }
echo "compared $compared pages"
