# Runs every fuzz target for an equal share of a budget; sourced by check and soak.

fuzz() { # fuzz SECONDS
  configure fuzz
  build fuzz fuzzers
  local -a targets
  mapfile -t targets < <(find build/fuzz/bin -name 'fuzz_*' -type f | sort)
  [ ${#targets[@]} -gt 0 ] || fail 1 "no fuzz targets were built"
  local share=$(($1 / ${#targets[@]})) target name
  for target in "${targets[@]}"; do
    name=${target##*/fuzz_}
    mkdir -p "build/fuzz/found/$name"
    say "fuzzing $name for $share s"
    "$target" -max_total_time="$share" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
      -verbosity=0 -artifact_prefix="build/fuzz/found/$name-" \
      "build/fuzz/found/$name" "tests/fuzz/corpus/$name" >&2 || fail 1 "fuzzing $name failed"
  done
}
