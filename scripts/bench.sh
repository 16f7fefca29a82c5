# Runs the benchmarks of benchmarks/: programs (NAME.cpp) and scripts (NAME.sh).
. scripts/common.sh
take_yes "$@"
[ ${#arguments[@]} -le 1 ] || fail 2 "bench takes one NAME"
name=${arguments[0]:-}
if [ -n "$name" ] && [ ! -f "benchmarks/$name.cpp" ] && [ ! -f "benchmarks/$name.sh" ]; then
  fail 2 "no benchmark '$name'; there are: $(ls benchmarks | sed -nE 's/\.(cpp|sh)$//p' | xargs)"
fi
need bench
[ -f build/release/CMakeCache.txt ] || fresh=-DHARDWON_TESTS=OFF
configure release -DHARDWON_BENCHMARKS=ON ${fresh:+"$fresh"}

echo "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), $(nproc) cores," \
  "load $(cut -d' ' -f1-3 /proc/loadavg)," \
  "$(sed -nE 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
for file in benchmarks/${name:-*}.{cpp,sh}; do
  [ -f "$file" ] || continue
  base=$(basename "${file%.*}")
  case $file in
    *.cpp)
      build release "bench_$base"
      "build/release/bin/bench_$base"
      ;;
    *.sh)
      build release hardwon
      bash "$file" "$PWD/build/release/bin/hardwon"
      ;;
  esac
done
