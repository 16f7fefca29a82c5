# hardwon_room(NAME <room> USES <rooms below> [ONE_THREAD] [ONE_TEST] [LIBRARIES <targets>]
#              [TEST_LIBRARIES <targets>])
#
# One room: static library hardwon_<room> from src/<room>/*.cpp, and one test binary
# <room>_test from src/<room>/*_test.cpp.  ONE_TEST: ctest starts it once for all of its tests,
# where starting takes longer than most of them.
#
# Layering is made true here: sources of a room see, through a folder of links made for it,
# only its own headers and those of the rooms it USES.  An upward include does not compile.
#
# ONE_THREAD: neither the room nor its tests start a thread (house.threads), so its tests are left
# out where only races are looked for.
set(HARDWON_LEVEL_base 0)
set(HARDWON_LEVEL_import 1)
set(HARDWON_LEVEL_store 1)
set(HARDWON_LEVEL_vector 1)
set(HARDWON_LEVEL_code 1)
set(HARDWON_LEVEL_learn 2)
set(HARDWON_LEVEL_recall 2)
set(HARDWON_LEVEL_reason 2)
set(HARDWON_LEVEL_nets 3)
set(HARDWON_LEVEL_engine 4)
set(HARDWON_LEVEL_apps 5)
set(HARDWON_LEVEL_train 5)

function(hardwon_room)
  cmake_parse_arguments(ROOM "ONE_THREAD;ONE_TEST" "NAME" "USES;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  set(target hardwon_${ROOM_NAME})
  set(view ${CMAKE_BINARY_DIR}/view/${ROOM_NAME})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${ROOM_NAME} ${view}/${ROOM_NAME} SYMBOLIC)
  foreach(used IN LISTS ROOM_USES)
    if(NOT HARDWON_LEVEL_${used} LESS HARDWON_LEVEL_${ROOM_NAME})
      message(FATAL_ERROR "room ${ROOM_NAME} (level ${HARDWON_LEVEL_${ROOM_NAME}}) must not use "
                          "room ${used} (level ${HARDWON_LEVEL_${used}}): arrows go down")
    endif()
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${used} ${view}/${used} SYMBOLIC)
    list(APPEND used_targets hardwon_${used})
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${ROOM_NAME}/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${ROOM_NAME}/*_test.cpp)
  list(REMOVE_ITEM sources ${tests} ${CMAKE_SOURCE_DIR}/src/${ROOM_NAME}/main.cpp)
  add_library(${target} STATIC ${sources})
  # INTERFACE_LINK of the used rooms, but PRIVATE includes: what a room may see is its own view.
  target_include_directories(${target} PRIVATE ${view})
  target_link_libraries(${target} PUBLIC hardwon_public ${used_targets} PRIVATE ${ROOM_LIBRARIES})
  target_compile_options(${target} PRIVATE ${HARDWON_WARNINGS})
  set_property(GLOBAL APPEND PROPERTY HARDWON_ROOMS ${ROOM_NAME})

  if(ROOM_ONE_THREAD AND HARDWON_SANITIZE STREQUAL "thread")
    set(tests "")
  endif()
  if(tests AND HARDWON_TESTS)
    add_executable(${ROOM_NAME}_test ${tests})
    target_include_directories(${ROOM_NAME}_test PRIVATE ${view})
    target_compile_options(${ROOM_NAME}_test PRIVATE ${HARDWON_WARNINGS})
    if(HARDWON_SANITIZE)
      target_compile_options(${ROOM_NAME}_test PRIVATE -O0)  # compiling outweighs running
    endif()
    target_link_libraries(${ROOM_NAME}_test PRIVATE ${target} ${ROOM_LIBRARIES}
                          ${ROOM_TEST_LIBRARIES} GTest::gtest_main)
    if(ROOM_ONE_TEST)
      add_test(NAME ${ROOM_NAME}.all COMMAND ${ROOM_NAME}_test)
      return()
    endif()
    gtest_discover_tests(${ROOM_NAME}_test TEST_PREFIX "${ROOM_NAME}." DISCOVERY_TIMEOUT 60
                         PROPERTIES ENVIRONMENT RC_PARAMS=seed=1)  # rapidcheck, each run the same
  endif()
endfunction()
