# Line coverage of each room by its tests.
. scripts/common.sh
take_yes "$@"
no_arguments
need check
configure coverage
step "building for coverage"
build coverage
find build/coverage -name '*.gcda' -delete
run_tests coverage >&2
echo "room       lines  covered"
for room in src/*/; do
  room=$(basename "$room")
  # Throw branches and tests are left out: neither says whether a line was tried.
  log=build/coverage/gcovr-$room.log
  report=$(gcovr --root . --object-directory build/coverage --gcov-executable gcov \
    --filter "src/$room/" --exclude '.*_test\.cpp' --json-summary --output - 2>"$log") ||
    fail 1 "gcovr failed for $room: $(tail -n 1 "$log")"
  figures=$(sed -nE 's/^.*"line_covered": ([0-9]+).*"line_total": ([0-9]+).*$/\1 \2/p' <<<"$report")
  read -r covered total <<<"${figures:-0 0}"
  [ "$total" -gt 0 ] || continue
  printf '%-8s %7d %7s%%\n' "$room" "$total" "$((100 * covered / total))"
done
