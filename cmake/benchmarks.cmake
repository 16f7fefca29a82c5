# benchmarks/<name>.cpp becomes bench_<name> (Google Benchmark); `./run bench <name>` runs it.
# Benchmarks may look into every room: they stand above all of them, like apps.
find_package(benchmark REQUIRED)
get_property(rooms GLOBAL PROPERTY HARDWON_ROOMS)
list(REMOVE_ITEM rooms apps)
list(TRANSFORM rooms PREPEND hardwon_ OUTPUT_VARIABLE libraries)

file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/benchmarks/*.cpp)
foreach(source IN LISTS bench_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${source})
  target_include_directories(bench_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_compile_options(bench_${name} PRIVATE ${HARDWON_WARNINGS})
  target_link_libraries(bench_${name} PRIVATE ${libraries} benchmark::benchmark_main)
endforeach()

# The peer of bench_search, built outside this repository: a folder with include/open_spiel/… and
# in lib/ the objects and archives to link (OpenSpiel's core and Abseil).  Empty: without a peer.
set(HARDWON_OPEN_SPIEL "" CACHE PATH "OpenSpiel for bench_search")
if(HARDWON_OPEN_SPIEL)
  file(GLOB open_spiel ${HARDWON_OPEN_SPIEL}/lib/*.o ${HARDWON_OPEN_SPIEL}/lib/*.a)
  target_compile_definitions(bench_search PRIVATE HARDWON_OPEN_SPIEL)
  target_include_directories(bench_search SYSTEM PRIVATE ${HARDWON_OPEN_SPIEL}/include)
  target_link_libraries(bench_search PRIVATE -Wl,--start-group ${open_spiel} -Wl,--end-group)
endif()
