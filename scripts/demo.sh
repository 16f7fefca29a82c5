# Builds the program alone and walks through it.
. scripts/common.sh
take_yes "$@"
no_arguments
need build
# A tree that already builds tests stays as it is; a fresh one needs neither them nor their
# packages for the demo.
[ -f build/release/CMakeCache.txt ] || fresh=-DHARDWON_TESTS=OFF
configure release ${fresh:+"$fresh"}
step "building hardwon"
build release hardwon
exec bash examples/demo.sh "$PWD/build/release/bin/hardwon"
