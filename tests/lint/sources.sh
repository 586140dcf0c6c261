# Lists the project's C and C++ files below the folder given, one a line; works without git too.
sources() {
  (
    cd "$1" || exit 1
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
      # Without those that are deleted and not yet committed.
      comm -23 <(git ls-files -co --exclude-standard -- "${@:2}" | sort -u) <(git ls-files -d | sort -u)
    else
      local pattern
      for pattern in "${@:2}"; do
        find . -path ./build -prune -o -name "$pattern" -print | sed 's|^\./||'
      done
    fi
  ) | sort -u
}
