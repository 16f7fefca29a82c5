# One fuzz target per file tests/fuzz/<name>.cpp, which defines LLVMFuzzerTestOneInput.
#
# In the `fuzz` preset (clang) each becomes fuzz_<name> under libFuzzer.  In every other build it
# is linked with tests/fuzz/replay.cpp, and ctest runs the corpus tests/fuzz/corpus/<name>/.
get_property(rooms GLOBAL PROPERTY HARDWON_ROOMS)
list(REMOVE_ITEM rooms engine apps nets train)
list(TRANSFORM rooms PREPEND hardwon_ OUTPUT_VARIABLE libraries)

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*.cpp)
list(REMOVE_ITEM fuzz_sources ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.cpp)
add_custom_target(fuzzers)
foreach(source IN LISTS fuzz_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(fuzz_${name} ${source})
  add_dependencies(fuzzers fuzz_${name})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_compile_options(fuzz_${name} PRIVATE ${HARDWON_WARNINGS})
  target_link_libraries(fuzz_${name} PRIVATE ${libraries})
  if(HARDWON_FUZZERS)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.cpp)
    add_test(NAME fuzz.${name}
      COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  endif()
endforeach()
if(HARDWON_FUZZERS)
  # Coverage counters in the rooms, so that the fuzzer sees which inputs reach new code.
  foreach(library IN LISTS libraries)
    target_compile_options(${library} PRIVATE -fsanitize=fuzzer-no-link)
  endforeach()
endif()
