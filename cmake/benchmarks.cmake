# benchmarks/<name>.cpp becomes bench_<name> (Google Benchmark); `./run bench <name>` runs it.
# Benchmarks may look into every room: they stand above all of them, like apps.
find_package(benchmark REQUIRED)
get_property(rooms GLOBAL PROPERTY HARDWON_ROOMS)
list(REMOVE_ITEM rooms apps nets train)
list(TRANSFORM rooms PREPEND hardwon_ OUTPUT_VARIABLE libraries)

file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/benchmarks/*.cpp)
foreach(source IN LISTS bench_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${source})
  target_include_directories(bench_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_compile_options(bench_${name} PRIVATE ${HARDWON_WARNINGS})
  target_link_libraries(bench_${name} PRIVATE ${libraries} benchmark::benchmark_main)
endforeach()

# benchmarks/sampler.cpp compares with the C++ core of cpprb where its headers are given; they are
# no part of this project.
set(HARDWON_CPPRB "$ENV{HARDWON_CPPRB}" CACHE PATH "Folder of cpprb's ReplayBuffer.hh, to compare")
if(HARDWON_CPPRB)
  if(NOT EXISTS ${HARDWON_CPPRB}/ReplayBuffer.hh)
    message(FATAL_ERROR "HARDWON_CPPRB: there is no ${HARDWON_CPPRB}/ReplayBuffer.hh")
  endif()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/peers)
  file(CREATE_LINK ${HARDWON_CPPRB} ${CMAKE_BINARY_DIR}/peers/cpprb SYMBOLIC)
  target_include_directories(bench_sampler SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/peers)
  target_compile_definitions(bench_sampler PRIVATE HARDWON_WITH_CPPRB)
endif()
# The peers are inlined here and get what their authors would give them; the room does not.
target_compile_options(bench_sampler PRIVATE -O3 -march=native)

# The peer of bench_search, built outside this repository: a folder with include/open_spiel/… and
# in lib/ the objects and archives to link (OpenSpiel's core and Abseil).  Empty: without a peer.
set(HARDWON_OPEN_SPIEL "" CACHE PATH "OpenSpiel for bench_search")
if(HARDWON_OPEN_SPIEL)
  file(GLOB open_spiel ${HARDWON_OPEN_SPIEL}/lib/*.o ${HARDWON_OPEN_SPIEL}/lib/*.a)
  target_compile_definitions(bench_search PRIVATE HARDWON_OPEN_SPIEL)
  target_include_directories(bench_search SYSTEM PRIVATE ${HARDWON_OPEN_SPIEL}/include)
  target_link_libraries(bench_search PRIVATE -Wl,--start-group ${open_spiel} -Wl,--end-group)
endif()
