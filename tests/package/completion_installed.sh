# For the tests of completion in a shell that is not bash: a folder with the files as they are installed, and names to
# complete. Arguments: SOURCE_FOLDER HEAPGATE.
source_folder=$1 heapgate=$2
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
cmake=$source_folder/harness/cmake
install -D "$cmake/completion.bash" share/bash-completion/completions/heapgate
install -D "$cmake/completion.zsh" share/zsh/site-functions/_heapgate
install -D "$cmake/completion.fish" share/fish/vendor_completions.d/heapgate.fish
PATH=${heapgate%/*}:$PATH
cat >heapgate.yaml <<'YAML'
suite: mine
subjects: { new: { library_path: after } }
allocators: [glibc]
workloads:
  alpha: { plugin: alpha.so }
  alphabet: { plugin: alphabet.so }
  $(touch,expanded): { plugin: beta.so }
YAML
sed 's/alpha/other/' heapgate.yaml >other.yaml
mkdir 'a folder' plain
touch 'a folder/run.json'
checked=0

# expect WANTED FOUND LINE
expect() {
  checked=$((checked + 1))
  [ "$1" = "$2" ] && return
  printf '%s: completed to <%s>, not to <%s>\n' "$3" "$2" "$1"
  exit 1
}

finish() {
  [ ! -e expanded ] || { echo 'a name was expanded'; exit 1; }
  [ "$checked" -gt 5 ]
  echo "completed $checked command lines"
}
