cat <<'TEXT'
./run demo             build the program, walk through it on examples/
./run test             build everything, run every test
./run check [--all]    what must hold before a change is called done: format, tidy, thread-safety
                       annotations, tests under sanitizers, coverage, a minute of fuzzing
./run soak [SECONDS]   fuzzing on one total budget (default 3600), then the long tests
./run bench [NAME]     benchmarks, all or one (names: files of benchmarks/)
./run coverage         line coverage per room
./run format [--check] clang-format over all sources
./run tidy [--all]     clang-tidy over changed sources, or all
./run train            trains the sentence classifier from training/rules (seconds), after its
                       cross-validation; writes src/learn/rule_weights.inc
./run install [PREFIX] program, headers and libraries (default: ~/.local)
./run help             this text

What is missing is installed from scripts/packages.txt: root does it at once, others are asked
before sudo; --yes answers yes.
TEXT
