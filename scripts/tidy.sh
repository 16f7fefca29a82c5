# clang-tidy over changed sources, or all with --all.
. scripts/common.sh
. scripts/sources.sh
take_yes "$@"
need check
choose_sources "${arguments[0]:-}"
configure clang -DHARDWON_TESTS=ON

# What this build does not compile (benchmarks, examples) has no command line to check it with.
compiled=()
for file in "${sources[@]}"; do
  [[ $file == *.cpp ]] || continue
  ! grep -qF "$PWD/$file\"" build/clang/compile_commands.json || compiled+=("$file")
done
[ ${#compiled[@]} -gt 0 ] || exit 0

tidy() { # tidy PATTERN GREP_OPTION [TIDY_OPTION…]: those whose name matches, or not with -v
  { printf '%s\n' "${compiled[@]}" | grep "$2" "$1" || true; } |
    xargs -d '\n' -r -n 1 -P "$jobs" \
      clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' "${@:3}"
}
# The path analysis takes a minute for a test, whose paths the sanitizers see run anyway.
found=false
tidy '_test\.cpp$' -ve || found=true
tidy '_test\.cpp$' -e --checks='-clang-analyzer-*' || found=true
! $found || fail 1 "clang-tidy found something"
