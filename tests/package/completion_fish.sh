#!/usr/bin/env bash
# Completes command lines as fish does at the Tab key: completion_fish.sh SOURCE_FOLDER HEAPGATE.
set -euo pipefail
command -v fish >/dev/null || { echo "skipped: no fish"; exit 77; }
. "$(dirname "$0")/completion_installed.sh"
export HOME=$folder XDG_CONFIG_HOME=$folder

# completes 'WANTED...' LINE: the last word of the line becomes one of the wanted.
completes() {
  local found
  found=$(fish -N -c 'source share/fish/vendor_completions.d/heapgate.fish; complete -C $argv[1]' "$2" | cut -f 1)
  expect "$1" "${found//$'\n'/ }" "$2"
}

completes 'compare' 'heapgate com'
completes '--workload' 'heapgate run --wo'
completes 'alpha alphabet' 'heapgate run --workload al'
completes '--workload=alpha --workload=alphabet' 'heapgate run --workload=al'
completes '$(touch,expanded) alpha alphabet' 'heapgate run --workload '
completes 'other otherbet' 'heapgate run --config=other.yaml -w o'
completes 'a folder/run.json' 'heapgate report "a folder/r'
completes 'a folder/run.json' 'heapgate report a\ folder/r'
completes 'plain/' 'heapgate run --out pl'
meaning=$(fish -N -c 'source share/fish/vendor_completions.d/heapgate.fish; complete -C "heapgate run --wo"')
[[ $meaning == --workload$'\t'?* ]] || { echo "--workload has no meaning: <$meaning>"; exit 1; }
finish
