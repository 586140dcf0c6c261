# fish completion for heapgate: what can be typed is what the completion for bash, which is installed beside it, says.

set -g __heapgate_bash (dirname (realpath (status filename)))/../../bash-completion/completions/heapgate

function __heapgate_complete
    set -l typed (commandline -ct)
    # A quote may still be open.
    set -l current (string unescape -- $typed; or string replace -r '^["\']' '' -- $typed)
    set -l lines (bash -c '. "$1" && shift && _heapgate_print "$@"' heapgate $__heapgate_bash \
        (commandline -opc) $current 2>/dev/null)
    # fish completes a word whole.
    set -l option (string match -r -- '^--[a-z-]+=' $current)
    printf "$option%s\n" $lines[2..]
end

complete -c heapgate -f -a '(__heapgate_complete)'
