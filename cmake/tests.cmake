# Tests that are not of one room: the house rules, and scenarios over the built program.
#
# tests/scenarios/<name>_test.{sh,py} is run with the program and the source directory.
# A test of the soak tier is registered with CONFIGURATIONS Soak and the label "soak".
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# ---- headers: each compiles alone, with no more in sight than its room has
# (Once is enough: not in the sanitized builds, nor where coverage is counted.)
get_property(rooms GLOBAL PROPERTY HARDWON_ROOMS)
function(hardwon_header_check name room_target view prefix folder)
  if(HARDWON_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
    return()
  endif()
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*.h)
  set(sources "")
  foreach(header IN LISTS headers)
    string(REPLACE ".h" ".cpp" source ${CMAKE_BINARY_DIR}/headers/${name}/${header})
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${prefix}/${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(headers_${name} OBJECT ${sources})
  target_include_directories(headers_${name} PRIVATE ${view})
  target_compile_options(headers_${name} PRIVATE ${HARDWON_WARNINGS} -O0)
  get_target_property(libraries ${room_target} LINK_LIBRARIES)
  if(libraries)
    target_link_libraries(headers_${name} PRIVATE ${libraries})
  endif()
  target_link_libraries(headers_${name} PRIVATE hardwon_public)
endfunction()
hardwon_header_check(public hardwon_base ${CMAKE_SOURCE_DIR}/include hardwon
                     ${CMAKE_SOURCE_DIR}/include/hardwon)
foreach(room IN LISTS rooms)
  hardwon_header_check(${room} hardwon_${room} ${CMAKE_BINARY_DIR}/view/${room} ${room}
                       ${CMAKE_SOURCE_DIR}/src/${room})
endforeach()

# ---- house rules; they read sources, so no sanitizer could see more in them
if(NOT HARDWON_SANITIZE)
  foreach(rule IN ITEMS includes sizes words initializers headers tests_are_built layers threads
          documented_commands self)
    add_test(NAME house.${rule}
      COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/house/house_test.py
              ${rule} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${CMAKE_CXX_COMPILER})
  endforeach()
endif()

# ---- soak: 1,000 kills of eight writers on each of the buffer's adapters
if(TARGET engine_test)
  add_test(NAME soak.replay_kills CONFIGURATIONS Soak
    COMMAND engine_test --gtest_filter=*NoAcknowledgementIsLost*)
  set_tests_properties(soak.replay_kills PROPERTIES LABELS soak TIMEOUT 3600
    ENVIRONMENT HARDWON_KILL_ROUNDS=1000)
endif()

# ---- soak: 10,000 random survivals of a crash, other ones than `test` and `check` try
if(TARGET store_test)
  add_test(NAME soak.journal_crashes CONFIGURATIONS Soak
    COMMAND store_test --gtest_filter=JournalCrash.InvariantsHold*)
  set_tests_properties(soak.journal_crashes PROPERTIES LABELS soak TIMEOUT 3600
    ENVIRONMENT "HARDWON_CRASH_POINTS=10600;HARDWON_CRASH_SEED=1000000")
endif()

# ---- scenarios
if(TARGET hardwon)
  file(GLOB scenarios CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/scenarios/*_test.sh
                                        ${CMAKE_SOURCE_DIR}/tests/scenarios/*_test.py)
  foreach(scenario IN LISTS scenarios)
    get_filename_component(name ${scenario} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    set(interpreter bash)
    if(scenario MATCHES "\\.py$")
      set(interpreter ${Python3_EXECUTABLE})
    endif()
    add_test(NAME scenario.${name}
      COMMAND ${interpreter} ${scenario} $<TARGET_FILE:hardwon> ${CMAKE_SOURCE_DIR})
    set_tests_properties(scenario.${name} PROPERTIES TIMEOUT 600
      ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  endforeach()
endif()
