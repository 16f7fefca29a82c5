#!/usr/bin/env bash
# `inject` and the hooks with 10,000 rules.  Usage: benchmarks/rules.sh PATH_TO_HARDWON
exec python3 "$(dirname "$0")/rules.py" "$1" "$(dirname "$1")/bench_rules"
