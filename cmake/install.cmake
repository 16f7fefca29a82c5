# `cmake --install`: the program, the public headers, the static libraries and the package that
# find_package(hardwon) reads.  Users link hardwon::hardwon, the engine with all it stands on.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY HARDWON_ROOMS)
list(REMOVE_ITEM rooms apps nets train)
list(TRANSFORM rooms PREPEND hardwon_ OUTPUT_VARIABLE libraries)
if(TARGET hardwon_grammars)
  list(APPEND libraries hardwon_grammars)
endif()
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hardwon)

add_library(hardwon::hardwon ALIAS hardwon_engine)
set_target_properties(hardwon_engine PROPERTIES EXPORT_NAME hardwon)
install(TARGETS hardwon_public ${libraries} EXPORT hardwonTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT hardwonTargets NAMESPACE hardwon:: DESTINATION ${package_dir})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/hardwon DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET hardwon)
  install(TARGETS hardwon RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/hardwonConfig.cmake.in
  ${CMAKE_BINARY_DIR}/hardwonConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/hardwonConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/hardwonConfig.cmake
              ${CMAKE_BINARY_DIR}/hardwonConfigVersion.cmake DESTINATION ${package_dir})
