# Builds all of it with optimisation and runs every test.
. scripts/common.sh
take_yes "$@"
need test
configure release -DHARDWON_TESTS=ON
step "building"
build release
step "testing"
run_tests release "${arguments[@]}"
