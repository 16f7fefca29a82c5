# Trains the sentence classifier of room learn (./run train).  It compiles the features itself and
# does not link the room, which cannot be built without the weights that this writes.
add_executable(train_rules EXCLUDE_FROM_ALL
  training/train_rules.cpp training/softmax.cpp src/learn/rule_features.cpp
  src/learn/sentence_form.cpp src/learn/rule_words.cpp)
target_include_directories(train_rules PRIVATE training ${CMAKE_BINARY_DIR}/view/learn)
target_compile_options(train_rules PRIVATE ${HARDWON_WARNINGS} -ffp-contract=off)
target_link_libraries(train_rules PRIVATE hardwon_base nlohmann_json::nlohmann_json fmt::fmt)
set_target_properties(train_rules PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/training)
