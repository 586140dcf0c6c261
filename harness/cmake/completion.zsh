#compdef heapgate
# zsh completion for heapgate: what can be typed is what the completion for bash, which is installed beside it, says.

local file=${funcsourcetrace[1]%:*}
local kind word
local -a lines words_there meanings
lines=("${(@f)$(bash -c '. "$1" && shift && _heapgate_print "$@"' heapgate \
  "${file:A:h}/../../bash-completion/completions/heapgate" "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
kind=$lines[1]
shift lines
[[ $PREFIX == --*=* ]] && compset -P '*='
if [[ $kind == files ]]; then
  compadd -f -- ${lines%/}
else
  for word in "${lines[@]}"; do
    words_there+=("${word%%$'\t'*}") meanings+=("${${word/$'\t'/  }}")
  done
  compadd -l -d meanings -- "${words_there[@]}"
fi
