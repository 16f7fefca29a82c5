# The tree-sitter core and grammars, from npm by a committed lockfile, as the static library
# hardwon_grammars: it exists only if they could be had.  They are unpacked in the build folder;
# none of their scripts runs.
#
# -DHARDWON_NPM_DIR=<folder> takes a folder that holds a filled node_modules instead (no network).
# -DHARDWON_GRAMMARS=OFF builds without them: the room `code` then answers kUnavailable.
option(HARDWON_GRAMMARS "Build the room `code` with its grammars" ON)
set(HARDWON_NPM_DIR "" CACHE PATH "Folder with a node_modules of cmake/grammars/package-lock.json")

# Sets `modules` to the folder of the packages, or to nothing after saying why.
function(hardwon_npm_packages modules)
  set(${modules} "" PARENT_SCOPE)
  if(HARDWON_NPM_DIR)
    if(NOT EXISTS ${HARDWON_NPM_DIR}/node_modules/tree-sitter)
      message(FATAL_ERROR "HARDWON_NPM_DIR: there is no ${HARDWON_NPM_DIR}/node_modules/tree-sitter")
    endif()
    set(${modules} ${HARDWON_NPM_DIR}/node_modules PARENT_SCOPE)
    return()
  endif()
  set(lock ${CMAKE_SOURCE_DIR}/cmake/grammars/package-lock.json)
  set(folder ${CMAKE_BINARY_DIR}/npm)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lock})
  file(SHA256 ${lock} wanted)
  set(present "")
  if(EXISTS ${folder}/unpacked)
    file(READ ${folder}/unpacked present)
  endif()
  if(NOT present STREQUAL wanted)
    find_program(NPM npm)
    if(NOT NPM)
      message(WARNING "npm was not found: the room `code` is built without its grammars")
      return()
    endif()
    file(COPY ${CMAKE_SOURCE_DIR}/cmake/grammars/package.json ${lock} DESTINATION ${folder})
    execute_process(COMMAND ${NPM} ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund --fetch-retries=1
      WORKING_DIRECTORY ${folder} RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said
      TIMEOUT 300)
    if(NOT code EQUAL 0)
      message(WARNING "npm could not fetch the grammars (${code}): the room `code` is built "
                      "without them.\n${said}")
      return()
    endif()
    file(GLOB prebuilt ${folder}/node_modules/*/prebuilds)  # nine tenths of the bytes, for node
    if(prebuilt)
      file(REMOVE_RECURSE ${prebuilt})
    endif()
    file(WRITE ${folder}/unpacked ${wanted})
  endif()
  set(${modules} ${folder}/node_modules PARENT_SCOPE)
endfunction()

function(hardwon_grammars)
  hardwon_npm_packages(modules)
  if(NOT modules)
    return()
  endif()
  set(core ${modules}/tree-sitter/vendor/tree-sitter/lib)
  add_library(hardwon_grammars STATIC ${core}/src/lib.c)
  target_include_directories(hardwon_grammars SYSTEM INTERFACE $<BUILD_INTERFACE:${core}/include>)
  target_include_directories(hardwon_grammars PRIVATE ${core}/include ${core}/src)
  target_compile_options(hardwon_grammars PRIVATE -w)
  set_target_properties(hardwon_grammars PROPERTIES C_STANDARD 11 UNITY_BUILD OFF)
  if(CCACHE)
    set_target_properties(hardwon_grammars PROPERTIES C_COMPILER_LAUNCHER ${CCACHE})
  endif()
  if(HARDWON_SANITIZE MATCHES "undefined")
    # The core's arrays do arithmetic on null pointers; that is not ours to mend.
    target_compile_options(hardwon_grammars PRIVATE -fno-sanitize=undefined)
  endif()
  foreach(grammar IN ITEMS c cpp go java javascript python rust typescript/typescript typescript/tsx)
    set(folder ${modules}/tree-sitter-${grammar}/src)
    set(sources ${folder}/parser.c)
    if(EXISTS ${folder}/scanner.c)
      list(APPEND sources ${folder}/scanner.c)
    endif()
    target_sources(hardwon_grammars PRIVATE ${sources})
    # Each is written against its own tree_sitter/parser.h.  They are tables: -O2 buys nothing.
    set_source_files_properties(${sources} PROPERTIES
      INCLUDE_DIRECTORIES ${folder} COMPILE_OPTIONS -O1)
  endforeach()
endfunction()

if(HARDWON_GRAMMARS)
  hardwon_grammars()
endif()
