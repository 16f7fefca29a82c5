# clang-format over all sources; --check changes nothing and fails on a difference.
. scripts/common.sh
. scripts/sources.sh
take_yes "$@"
need check
choose_sources --all
case ${arguments[0]:-} in
  '') clang-format-19 -i "${sources[@]}" ;;
  --check) clang-format-19 --dry-run -Werror "${sources[@]}" || fail 1 "not formatted" ;;
  *) fail 2 "unexpected '${arguments[0]}'" ;;
esac
