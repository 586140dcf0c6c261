# bash completion for heapgate, which completion.zsh and completion.fish ask, too. What it offers it asks the program that
# is typed for: heapgate --help has the commands, heapgate COMMAND --help the options and what they take, heapgate list
# the names. Names come from files that may be anybody's, so no word is ever expanded (compgen -W would).

# Adds those of the lines on standard input that begin with the first argument. A line is a word, and can have a tab and
# what the word means after it.
_heapgate_add() {
  local line
  while IFS= read -r line; do
    [[ $line == "$1"* ]] && COMPREPLY+=("$line")
  done
}

# Adds files, all or those whose names end so, and folders: _heapgate_add_files CURRENT [ENDING]
_heapgate_add_files() {
  _heapgate_files=1
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
    _heapgate_files=1
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
    ;;
  *:FILE* | *:PATH* | *:RUN*) _heapgate_add_files "$current" ;;
  *:*'|'*) _heapgate_add "$current" < <(printf '%s\n' "${word//|/$'\n'}") ;;
  *) _heapgate_add "$current" < <(_heapgate_choices "$text") ;;
  esac
}

# What comes after --: a command, then its arguments.
_heapgate_add_command() {
  if [ "$2" = -- ]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$1")
  else
    _heapgate_add_files "$1"
  fi
}

# What can stand at COMP_CWORD in COMP_WORDS, to COMPREPLY, as _heapgate_add takes it; _heapgate_files is 1 if these are
# names of files.
_heapgate_complete() {
  local program=${COMP_WORDS[0]/#\~/$HOME} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} index
  local -a names=("$program" list)
  COMPREPLY=() _heapgate_files=
  if [ "$COMP_CWORD" -eq 1 ]; then
    _heapgate_add "$current" < <(
      _heapgate_help "$program" | sed -En 's/^  ([a-z]+)  +(.*)/\1\t\2/p'
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
    _heapgate_add "$current" < <(awk -F '\037' -v OFS='\t' '{ print $1, $4 }' <<<"$options")
    return
  fi
  usage=$(sed -n "1s/.*\[OPTION\.\.\.\] *//p" <<<"$help")
  [ -n "$usage" ] && [[ $usage != --* ]] && _heapgate_add_value "$current" "${usage%% *}" '' '' "${names[@]}"
}

_heapgate() {
  local _heapgate_files index
  _heapgate_complete
  if [ -n "$_heapgate_files" ]; then
    compopt -o filenames 2>/dev/null
    return
  fi
  for index in "${!COMPREPLY[@]}"; do
    printf -v "COMPREPLY[index]" %q "${COMPREPLY[index]%%$'\t'*}"
  done
}

# For another shell: prints what can stand for the last word, one a line, a folder with a slash at its end. The first
# line is "files" or "words". In the words, --option=value is one.
_heapgate_print() {
  local _heapgate_files word
  COMP_WORDS=()
  for word in "$@"; do
    if [[ $word == --*=* ]]; then
      COMP_WORDS+=("${word%%=*}" = "${word#*=}")
    else
      COMP_WORDS+=("$word")
    fi
  done
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _heapgate_complete
  [ -n "$_heapgate_files" ] && echo files || echo words
  for word in "${COMPREPLY[@]}"; do
    [[ -n $_heapgate_files && -d ${word/#\~/$HOME} ]] && word+=/
    printf '%s\n' "$word"
  done
}

complete -F _heapgate heapgate
