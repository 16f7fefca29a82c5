# clang-tidy over changed sources, or all with --all.
. scripts/common.sh
. scripts/sources.sh
take_yes "$@"
need check
choose_sources "${arguments[0]:-}"
configure clang -DHARDWON_TESTS=ON
export commands=build/clang/compile_commands.json passed=build/clang/tidy
mkdir -p "$passed"

# What this build does not compile (benchmarks, examples) has no command line to check it with.
compiled=()
for file in "${sources[@]}"; do
  [[ $file == *.cpp ]] || continue
  ! grep -qF "$PWD/$file\"" "$commands" || compiled+=("$file")
done
[ ${#compiled[@]} -gt 0 ] || exit 0

preprocessed() { # preprocessed FILE: with its comments, which may hold a NOLINT
  local command
  command=$(grep -F -m 1 -- "-c $PWD/$1\"" "$commands" |
    sed -E 's/^ *"command": "//; s/",$//; s/ -o [^ ]+ -c / -E -C -w /; s/\\(.)/\1/g')
  (cd build/clang && eval "$command")
}
# A minute a file on a slow day, so what passed as it is now is not looked at again.
tidy_one() { # tidy_one FILE [TIDY_OPTION…]
  local key
  key=$({
    clang-tidy-19 --version
    cat .clang-tidy
    echo "$@"
    preprocessed "$1"
  } | sha256sum | cut -d ' ' -f 1)
  [ ! -f "$passed/$key" ] || return 0
  clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' "${@:2}" "$1" &&
    touch "$passed/$key"
}
export -f tidy_one preprocessed
tidy() { # tidy PATTERN GREP_OPTION [TIDY_OPTION…]: those whose name matches, or not with -v
  { printf '%s\n' "${compiled[@]}" | grep "$2" "$1" || true; } |
    xargs -d '\n' -r -P "$jobs" -I{} bash -c 'tidy_one "$@"' _ {} "${@:3}"
}
# The path analysis takes a minute for a test, whose paths the sanitizers see run anyway.
found=false
tidy '_test\.cpp$' -ve || found=true
tidy '_test\.cpp$' -e --checks='-clang-analyzer-*' || found=true
! $found || fail 1 "clang-tidy found something"
