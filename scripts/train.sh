# Trains the sentence classifier from training/rules and writes its weights into src/learn.
. scripts/common.sh
take_yes "$@"
no_arguments
need build
configure release
step "building the trainer"
build release train_rules
step "cross-validation by source"
build/release/training/train_rules training/rules
step "training on all sentences"
build/release/training/train_rules training/rules src/learn/rule_weights.inc
