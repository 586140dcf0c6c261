# bash completion for heapgate. What it offers it asks the program that is typed for: heapgate --help has the commands,
# heapgate COMMAND --help the options and what they take, heapgate list the names. Names come from files that may be
# anybody's, so no word is ever expanded (compgen -W would).

# Adds those of the words on standard input, one a line, that begin with the first argument.
_heapgate_add() {
  local word
  while IFS= read -r word; do
    [[ $word == "$1"* ]] && COMPREPLY+=("$(printf %q "$word")")
  done
}

# Adds files, all or those whose names end so, and folders: _heapgate_add_files CURRENT [ENDING]
_heapgate_add_files() {
  compopt -o filenames 2>/dev/null
  local word
  while IFS= read -r word; do
    [[ $word == *"${2:-}" || -d ${word/#\~/$HOME} ]] && COMPREPLY+=("$word")
  done < <(compgen -f -- "$1")
}

_heapgate_help() {
  ARGP_HELP_FMT='' "$@" --help 2>/dev/null
}

# A line an option, from the help on standard input: --long, -s or nothing, what it takes or nothing, what it does;
# between them a character that is in none.
_heapgate_options() {
  awk -v OFS='\037' '
    function finish() { if (long != "") print long, short, takes, text; long = "" }
    /^   ? ? ? ?-/ {
      finish()
      short = match($0, /^ +-[^- ],/) ? substr($0, RLENGTH - 2, 2) : ""
      match($0, /--[a-z-]+/); long = substr($0, RSTART, RLENGTH)
      rest = substr($0, RSTART + RLENGTH)
      takes = match(rest, /^=[^ ]+/) ? substr(rest, 2, RLENGTH - 1) : ""
      text = substr(rest, takes == "" ? 1 : RLENGTH + 1); sub(/^ +/, "", text)
      next
    }
    /^          +[^ ]/ { sub(/^ +/, " "); text = text $0; next }
    { finish() }
    END { finish() }'
}

# The names in a section of heapgate list: workloads, subjects or allocators.
_heapgate_names() {
  "${@:2}" 2>/dev/null | awk -v section="$1" '
    /^[^ ]/ { inside = $1 == section }
    /^  / && inside { print $1 }'
}

# The words of a description that is a choice or ends with one, such as "text (default), json or markdown".
_heapgate_choices() {
  local text=${1%%;*}
  text=${text//' (default)'/}
  text=${text##*: }
  [[ $text == *' or '* ]] || return
  text=${text//' or '/, }
  [[ $text =~ ^[A-Za-z0-9-]+(, [A-Za-z0-9-]+)+$ ]] && printf '%s\n' ${text//,/}
}

# Adds what can stand for a word of the help: _heapgate_add_value CURRENT WORD DESCRIPTION OPTION LIST_COMMAND...
_heapgate_add_value() {
  local current=$1 word=$2 text=$3 name=${4#--}
  shift 4
  case $name:$word in
  workload:* | subject:* | allocator:*) _heapgate_add "$current" < <(_heapgate_names "${name}s" "$@") ;;
  *:WORKLOAD*) _heapgate_add "$current" < <(_heapgate_names workloads "$@") ;;
  *:*.so) _heapgate_add_files "$current" .so ;;
  *:DIR*)
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
    ;;
  *:FILE* | *:PATH* | *:RUN*) _heapgate_add_files "$current" ;;
  *:*'|'*) _heapgate_add "$current" < <(printf '%s\n' "${word//|/$'\n'}") ;;
  *) _heapgate_add "$current" < <(_heapgate_choices "$text") ;;
  esac
}

# What comes after --: a command, then its arguments.
_heapgate_add_command() {
  compopt -o filenames 2>/dev/null
  if [ "$2" = -- ]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$1")
  else
    _heapgate_add_files "$1"
  fi
}

_heapgate() {
  local program=${COMP_WORDS[0]/#\~/$HOME} current=$2 previous=$3 command=${COMP_WORDS[1]} index
  local -a names=("$program" list)
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _heapgate_add "$current" < <(
      _heapgate_help "$program" | sed -En 's/^  ([a-z]+)  .*/\1/p'
      printf '%s\n' --help --version
    )
    return
  fi
  # The command line is taken apart at "=", too.
  if [ "$current" = = ]; then
    current=''
  elif [ "$previous" = = ]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((index = 2; index < COMP_CWORD; index++)); do
    case ${COMP_WORDS[index]} in
    --)
      _heapgate_add_command "$current" "$previous"
      return
      ;;
    -c | --config)
      [ "${COMP_WORDS[index + 1]}" = = ] && index=$((index + 1))
      names=("$program" list -c "${COMP_WORDS[index + 1]/#\~/$HOME}")
      ;;
    esac
  done

  local help options long short takes text usage
  help=$(_heapgate_help "$program" "$command") || return
  options=$(_heapgate_options <<<"$help")
  while IFS=$'\037' read -r long short takes text; do
    if [[ -n $takes && ($previous == "$long" || $previous == "$short") ]]; then
      _heapgate_add_value "$current" "$takes" "$text" "$long" "${names[@]}"
      return
    fi
  done <<<"$options"
  if [[ $current == -* ]]; then
    _heapgate_add "$current" < <(cut -d $'\037' -f 1 <<<"$options")
    return
  fi
  usage=$(sed -n "1s/.*\[OPTION\.\.\.\] *//p" <<<"$help")
  [ -n "$usage" ] && [[ $usage != --* ]] && _heapgate_add_value "$current" "${usage%% *}" '' '' "${names[@]}"
}

complete -F _heapgate heapgate
