#!/usr/bin/env bash
# Completes command lines as zsh does at the Tab key, in a terminal: completion_zsh.sh SOURCE_FOLDER HEAPGATE.
set -euo pipefail
command -v zsh >/dev/null || { echo "skipped: no zsh"; exit 77; }
. "$(dirname "$0")/completion_installed.sh"
export HOME=$folder

cat >complete.zsh <<'ZSH'
zmodload zsh/zpty
zpty shell 'TERM=dumb zsh -f -i'
zpty -w shell "PS1=; fpath=($PWD/share/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -u -D
show() { print -r -- \"\$BUFFER\" >shown }; zle -N show; bindkey '^Xs' show; : >ready"
rm -f ready shown
for i in {1..200}; do [[ -e ready ]] && break; sleep 0.1; done
zpty -w -n shell "$1"$'\t\x18s'
for i in {1..200}; do [[ -s shown ]] && break; sleep 0.1; done
<shown
zpty -d shell
ZSH

# completes WANTED LINE: the line becomes the wanted one, as far as its end is certain.
completes() {
  expect "$1" "$(zsh -f complete.zsh "$2")" "$2"
}

completes 'heapgate compare ' 'heapgate com'
completes 'heapgate run --workload ' 'heapgate run --wo'
completes 'heapgate run --workload alpha' 'heapgate run --workload al'
completes 'heapgate run --workload=alpha' 'heapgate run --workload=al'
completes 'heapgate run --workload \$\(touch,expanded\) ' 'heapgate run --workload \$'
completes 'heapgate run --config=other.yaml -w other' 'heapgate run --config=other.yaml -w o'
completes 'heapgate report a\ folder/run.json ' 'heapgate report a\ folder/r'
completes 'heapgate run --out plain/' 'heapgate run --out pl'
finish
