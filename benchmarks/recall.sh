#!/usr/bin/env bash
# Whole processes: `hardwon recall` and the hook at 10,000 lessons, import of 1 GB.
# Usage: benchmarks/recall.sh PATH_TO_HARDWON
exec python3 "$(dirname "$0")/processes.py" "$1" "$(dirname "$1")/bench_recall"
