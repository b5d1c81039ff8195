#===- KeopsKernels.cmake - formulas as sources of a target -----------------===#
#
#   add_executable(app main.cpp)
#   keops_add_kernels(app gauss.keops lse.keops)
#
# compiles each formula with keopsc, links the objects and keops::runtime into
# the target and puts the generated headers (`#include "gauss.h"`) on its
# include path. A formula is compiled again when it, or keopsc, has changed.
# Call it in the folder that makes the target.
#
# keops_add_kernels(<target> <file.keops>...
#   [CPU <x86-64-v2|x86-64-v3|x86-64-v4|native>...]   instruction sets
#   [OPTIONS <option>...])                            more options of keopsc
#
# This file serves our own build and, installed, everybody else's.
#
#===------------------------------------------------------------------------===#

include_guard(GLOBAL)

# A formula twice in a target, or two of one name, would overwrite each other.
function(keops_check_kernel_names target)
  set(stems)
  foreach(formula IN LISTS ARGN)
    cmake_path(GET formula STEM LAST_ONLY stem)
    if(stem IN_LIST stems)
      message(FATAL_ERROR "keops_add_kernels: target '${target}' has two "
        "formulas named '${stem}'; rename one")
    endif()
    list(APPEND stems ${stem})
  endforeach()
endfunction()

function(keops_add_kernels target)
  cmake_parse_arguments(arg "" "" "CPU;OPTIONS" ${ARGN})
  if(NOT TARGET ${target})
    message(FATAL_ERROR "keops_add_kernels: there is no target '${target}'")
  endif()
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "keops_add_kernels: no formula file is given")
  endif()
  keops_check_kernel_names(${target} ${arg_UNPARSED_ARGUMENTS})

  set(options ${arg_OPTIONS})
  if(arg_CPU)
    list(JOIN arg_CPU "," cpus)
    list(PREPEND options --cpu "${cpus}")
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/keops/${target}")
  file(MAKE_DIRECTORY "${folder}")

  foreach(formula IN LISTS arg_UNPARSED_ARGUMENTS)
    cmake_path(GET formula STEM LAST_ONLY stem)
    cmake_path(ABSOLUTE_PATH formula BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    set(object "${folder}/${stem}.o")
    set(header "${folder}/${stem}.h")
    add_custom_command(
      OUTPUT "${object}" "${header}"
      COMMAND keops::keopsc "${formula}" -o "${object}" --header "${header}"
        -MD ${options}
      DEPENDS "${formula}" keops::keopsc
      DEPFILE "${folder}/${stem}.d"
      COMMENT "Compiling formula ${stem}.keops"
      VERBATIM COMMAND_EXPAND_LISTS)
    set_source_files_properties("${object}" PROPERTIES
      EXTERNAL_OBJECT TRUE GENERATED TRUE)
    target_sources(${target} PRIVATE "${object}" "${header}")
  endforeach()
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${folder}>")
  target_link_libraries(${target} PUBLIC keops::runtime)
endfunction()
