#!/usr/bin/env bash
# Completes command lines as bash does at the Tab key: completion.sh SOURCE_FOLDER HEAPGATE.
set -euo pipefail
source_folder=$1 heapgate=$2
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
. "$source_folder/harness/cmake/completion.bash"
function=$(complete -p heapgate | sed -n 's/.*-F \([^ ]*\) heapgate$/\1/p')
[ -n "$function" ]
checked=0

# completes 'WANTED...' WORD... : the last word, which may be empty, becomes one of the wanted.
completes() {
  local wanted=$1
  shift
  COMP_WORDS=("$heapgate" "$@") COMP_CWORD=$# COMPREPLY=()
  "$function" "$heapgate" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || true
  checked=$((checked + 1))
  [ "${COMPREPLY[*]-}" = "$wanted" ] && return
  printf 'heapgate %s: completed to <%s>, not to <%s>\n' "$*" "${COMPREPLY[*]-}" "$wanted"
  exit 1
}

cat >heapgate.yaml <<'YAML'
suite: mine
subjects: { old: { library_path: before, expect: leak }, new: { library_path: after } }
allocators: [glibc]
workloads:
  alpha: { plugin: alpha.so }
  alphabet: { plugin: alphabet.so }
  $(touch,expanded): { plugin: beta.so }
YAML
sed 's/alpha/other/' heapgate.yaml >other.yaml
mkdir 'a folder' plain
touch 'a folder/run.json' one.so two.txt

# Every command that the program has, and every option of each: from its own help, by another way than the completion's.
commands=$("$heapgate" --help | awk '/^$/ { block++ } block == 1 && NF { print $1 }')
completes "$(echo $commands) --help --version" ''
for command in $commands; do
  options=$("$heapgate" "$command" --help | grep -oE '^ +(-[^ ], +)?--[a-z-]+' | grep -oE -- '--.*' | tr '\n' ' ')
  [ -n "$options" ]
  completes "${options% }" "$command" --
done
completes compare com
completes '--workload' run --wo
completes '' nonsense --
completes '' run --nonsense ''

# Names, of the suite that the command line chooses.
completes 'alpha alphabet' run --workload al
completes 'alpha alphabet' run -w al
completes 'alpha alphabet' run --workload = al
completes 'alpha alphabet \$\(touch\,expanded\)' run --workload =
completes 'other otherbet' run -c other.yaml -q -w o
completes 'other otherbet' run --config = other.yaml --workload o
completes 'old new' run --subject ''
completes 'jemalloc' check one.so --allocator j
completes 'glibc jemalloc mimalloc tcmalloc' exec -a ''
[ ! -e expanded ] || { echo 'a name was expanded'; exit 1; }

# Words that an option or a command takes.
completes 'clean leak' exec --expect ''
completes 'speedscope' report run.json --format sp
completes 'USR1 USR2' exec --round-signal = US
completes 'update check' baseline ''
completes '' run --ops ''

# Files and folders.
completes 'one.so' check on
completes '' check tw
completes 'plain' run --out pl
completes 'a folder/run.json' report 'a folder/r'
completes 'two.txt' report --output tw
completes 'two.txt' exec -- cat tw
COMP_WORDS=("$heapgate" exec -- ca) COMP_CWORD=3
"$function" "$heapgate" ca -- || true
[[ " ${COMPREPLY[*]} " == *' cat '* ]] || { echo 'exec --: no commands'; exit 1; }
[ "$checked" -gt 25 ]
echo "completed $checked command lines"
