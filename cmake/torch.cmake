# libtorch, for the rooms `nets` and `train` and the program hardwon-train alone: sets
# HARDWON_TORCH_LIBRARIES, or leaves it empty after saying why; all else is built all the same.
#
# Debian's libtorch-dev is found by itself; another one by
# -DCMAKE_PREFIX_PATH=$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)').
option(HARDWON_TORCH "Build the training program if libtorch is there" ON)

function(hardwon_torch libraries)
  set(${libraries} "" PARENT_SCOPE)
  if(NOT HARDWON_TORCH)
    message(STATUS "HARDWON_TORCH is off: hardwon-train is not built")
    return()
  endif()
  if(HARDWON_SANITIZE)
    # It is not built with them: half of what they saw would be its own, and wrong.
    message(STATUS "a sanitized build: hardwon-train is not built")
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(STATUS "clang 19 refuses libtorch 1.13's headers in C++23: hardwon-train is not built")
    return()
  endif()
  find_package(Torch QUIET)  # in a function: its many variables stay here
  if(NOT Torch_FOUND)
    message(STATUS "libtorch was not found (Debian: libtorch-dev): hardwon-train is not built")
    return()
  endif()
  foreach(library IN LISTS TORCH_LIBRARIES)  # imported targets are known where they were found
    if(TARGET ${library})
      set_target_properties(${library} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endforeach()
  set(${libraries} ${TORCH_LIBRARIES} PARENT_SCOPE)
endfunction()

hardwon_torch(HARDWON_TORCH_LIBRARIES)
