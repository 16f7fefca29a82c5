#!/usr/bin/env bash
# Installs the build and compiles programs outside the tree against it: record, learn, recall;
# an online learner over the experience buffer; the C++ of the README.
# Usage: install_test.sh PROGRAM SOURCE_DIR
set -euo pipefail
program=${1:?usage: install_test.sh PROGRAM SOURCE_DIR}
source=${2:?usage: install_test.sh PROGRAM SOURCE_DIR}
build=$(cd "$(dirname "$program")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "failed at line $LINENO"' ERR

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cp -r "$source/examples/library" "$work/program"
# Each C++ block of the README is the body of a program of its own.
awk -v out="$work/program/readme" '
  /^```cpp$/ { inside = 1; includes = body = ""; next }
  /^```$/ && inside { n++; print includes "int main() {\n" body "}" > (out n ".cpp"); inside = 0 }
  inside && /^#include/ { includes = includes $0 "\n"; next }
  inside { body = body $0 "\n" }' "$source/README.md"
test -s "$work/program/readme2.cpp"
for file in "$work"/program/readme*.cpp; do
  name=$(basename "$file" .cpp)
  echo "add_executable($name $name.cpp)"
  echo "target_link_libraries($name PRIVATE hardwon::hardwon)"
done >>"$work/program/CMakeLists.txt"
# The program sees the install tree only, and is compiled as the library was.
flags=$(sed -nE 's/^HARDWON_SANITIZE:[A-Z]+=(.+)$/-fsanitize=\1/p' "$build/CMakeCache.txt")
coverage=$(sed -nE 's/^CMAKE_CXX_FLAGS:[A-Z]+=.*(--coverage).*$/\1/p' "$build/CMakeCache.txt")
compiler=$(sed -nE 's/^CMAKE_CXX_COMPILER:[A-Z]+=(.+)$/\1/p' "$build/CMakeCache.txt")
cmake -G Ninja -S "$work/program" -B "$work/program/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags $coverage" >"$work/configure.log" ||
  { cat "$work/configure.log"; exit 1; }
cmake --build "$work/program/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }

"$work/program/build/example" "$work/store" | tee "$work/first"
test -s "$work/first"
# The online learner of the example learns, and its misleading experiences lose priority.
"$work/program/build/online_loop" "$work/replay"
mkdir "$work/readme"
for file in "$work"/program/readme*.cpp; do
  (cd "$work/readme" && "$work/program/build/$(basename "$file" .cpp)")
done
test -e "$work/readme/memory/hardwon.db"
test -e "$work/readme/memory/replay/MANIFEST"
# What was learned is still there for another process, and for the installed program.
test -x "$work/prefix/bin/hardwon"
"$work/prefix/bin/hardwon" --store "$work/store" --scope user=ann \
  recall --error "error: database schema is behind" >"$work/second"
test -s "$work/second"

# Nothing of the source tree is needed: no installed text names it.
if grep -rIl --include='*.cmake' --include='*.h' "$source" "$work/prefix"; then
  echo "installed files name the source tree"
  exit 1
fi
echo "installed, compiled, recorded, learned, recalled"
