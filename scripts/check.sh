# What must hold before a change is called done.  --all looks at all sources, not the changed.
. scripts/common.sh
. scripts/fuzz.sh
take_yes "$@"
scope=${arguments[0]:-}
[ -z "$scope" ] || [ "$scope" = --all ] || fail 2 "unexpected '$scope'"
need check

failed=()
part() { # part NAME COMMAND…: runs it in a shell of its own and goes on
  step "$1"
  local started=$SECONDS
  if ("${@:2}"); then
    say "$1: passed ($((SECONDS - started)) s)"
  else
    say "$1: FAILED ($((SECONDS - started)) s)"
    failed+=("$1")
  fi
}
annotations() {
  configure clang -DHARDWON_TESTS=ON
  build clang
}
sanitized_tests() { # sanitized_tests PRESET
  configure "$1"
  build "$1"
  run_tests "$1"
}

part format bash scripts/format.sh --check
part tidy bash scripts/tidy.sh ${scope:+"$scope"}
part annotations annotations
crashes() { # more of them than `test` tries, on the optimised build
  configure release -DHARDWON_TESTS=ON
  build release
  HARDWON_CRASH_POINTS=12000 build/release/bin/store_test --gtest_filter='JournalCrash.*' >&2
}
part crashes crashes
part asan sanitized_tests asan
part tsan sanitized_tests tsan
part coverage bash scripts/coverage.sh
part fuzzing fuzz 60
if [ ${#failed[@]} -gt 0 ]; then
  echo "check failed: ${failed[*]}"
  exit 1
fi
echo "check passed"
