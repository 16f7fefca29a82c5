# clang-tidy over changed sources, or all with --all.
. scripts/common.sh
. scripts/sources.sh
take_yes "$@"
need check
choose_sources "${arguments[0]:-}"
configure clang -DHARDWON_TESTS=ON
mapfile -t sources < <(printf '%s\n' "${sources[@]}" | grep '\.cpp$' || true)
[ ${#sources[@]} -gt 0 ] || exit 0
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 1 -P "$jobs" clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' ||
  fail 1 "clang-tidy found something"
