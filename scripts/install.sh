# Installs the program, the headers and the libraries.
. scripts/common.sh
take_yes "$@"
[ ${#arguments[@]} -le 1 ] || fail 2 "install takes one PREFIX"
prefix=${arguments[0]:-$HOME/.local}
[[ $prefix == /* ]] || prefix=$HARDWON_CALLED_FROM/$prefix
need build
[ -f build/release/CMakeCache.txt ] || fresh=-DHARDWON_TESTS=OFF
configure release ${fresh:+"$fresh"}
build release hardwon
cmake --install build/release --prefix "$prefix" >build/install.log 2>&1 || {
  cat build/install.log >&2
  fail 4 "could not install to $prefix"
}
echo "installed to $prefix"
