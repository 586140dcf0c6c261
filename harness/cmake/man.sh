#!/bin/sh
# man.sh PROGRAM CHANGELOG FOLDER: a manual page of heapgate and of each of its commands, made of what --help says, and
# with the month of the last release, so that they are the same whenever they are made. Paths are absolute.
set -eu
program=$1 changelog=$2 folder=$3
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(date --date="$(sed -n '/^ -- /{s/.*>  //p;q}' "$changelog")" +%s)
  export SOURCE_DATE_EPOCH
fi
export LC_ALL=C.UTF-8
unset ARGP_HELP_FMT

version=$("$program" --version)
commands=$("$program" --help | sed -En 's/^  ([a-z]+)  +(.*)/\1 \2/p')
[ -n "$commands" ] || { echo "man.sh: $program --help names no command" >&2; exit 1; }
rm -rf -- "$folder"
mkdir -p "$folder/man1"

# page NAME SUMMARY [COMMAND]. help2man leaves the command line to a shell, so it has no path in it.
cd "$(dirname "$program")"
page() {
  help2man --no-info --manual=heapgate --name="$2" --version-string="$1 (heapgate) ${version#* }" \
    --include="$folder/see-also" --output="$folder/man1/$1.1" "./$(basename "$program") ${3:-}"
}

names=$(echo "$commands" | sed 's/ .*//')
{
  echo '[SEE ALSO]'
  echo "$names" | sed 's/.*/.BR heapgate-& (1),/; $s/,$//'
} >"$folder/see-also"
page heapgate 'memory-leak regression tests for native code'
printf '[SEE ALSO]\n.BR heapgate (1)\n' >"$folder/see-also"
echo "$commands" | while read -r name summary; do
  page "heapgate-$name" "$summary" "$name"
done
rm "$folder/see-also"
gzip -9n "$folder"/man1/*.1
