# Long runs: fuzzing on one total budget, then the tests that ctest knows as soak.
. scripts/common.sh
. scripts/fuzz.sh
take_yes "$@"
seconds=${arguments[0]:-3600}
[[ $seconds =~ ^[0-9]+$ ]] || fail 2 "SECONDS must be a number, not '$seconds'"
need check
step "fuzzing for $seconds s in all"
fuzz "$seconds"
configure release -DHARDWON_TESTS=ON
build release
step "soak tests"
run_tests release --build-config Soak --label-regex soak
