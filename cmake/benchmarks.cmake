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
