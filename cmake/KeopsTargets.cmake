#===- KeopsTargets.cmake - how a dialect, a library, a tool is built -------===#
#
#   keops_tablegen   one TableGen file, some of its generators
#   keops_dialect    the TableGen files of a dialect, all their generators
#   keops_library    a static library
#   keops_tool       an executable in bin/
#   keops_unit_test  a GoogleTest executable in test/Unit/
#
# Generated files keep the path of their source: dialects/Keops/Ops.td gives
# `#include "dialects/Keops/Ops.h.inc"`.
#
#===------------------------------------------------------------------------===#

# keops_tablegen(<target> <file.td>
#   <output> "<generator options>" [<output> "<generator options>"...])
# Runs mlir-tblgen once per output; <target> is built when all are there.
function(keops_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(TABLEGEN_OUTPUT)
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest output options)
    separate_arguments(options UNIX_COMMAND "${options}")
    mlir_tablegen(${output} ${options})
  endwhile()
  add_custom_target(${target} DEPENDS ${TABLEGEN_OUTPUT})
endfunction()

# keops_dialect(<name> NAME <mnemonic>
#   [DIALECT <td>] [ENUMS <td>] [TYPES <td>] [ATTRS <td>] [OPS <td>]
#   [OP_INTERFACES <td>] [ATTR_INTERFACES <td>] [TYPE_INTERFACES <td>])
# Each <td> gives declarations and definitions: {Dialect,Enums,Types,Attributes,Ops,
# OpInterfaces,AttrInterfaces,TypeInterfaces}.{h,cpp}.inc. The target that
# builds them is <name>IncGen.
function(keops_dialect name)
  cmake_parse_arguments(arg "" "NAME;DIALECT;ENUMS;TYPES;ATTRS;OPS;OP_INTERFACES;ATTR_INTERFACES;TYPE_INTERFACES" "" ${ARGN})
  add_custom_target(${name}IncGen)
  set(DIALECT_options dialect "-dialect=${arg_NAME}" Dialect)
  set(ENUMS_options enum "" Enums)
  set(TYPES_options typedef "-typedefs-dialect=${arg_NAME}" Types)
  set(ATTRS_options attrdef "-attrdefs-dialect=${arg_NAME}" Attributes)
  set(OPS_options op "-dialect=${arg_NAME}" Ops)
  set(OP_INTERFACES_options op-interface "" OpInterfaces)
  set(ATTR_INTERFACES_options attr-interface "" AttrInterfaces)
  set(TYPE_INTERFACES_options type-interface "" TypeInterfaces)
  foreach(kind DIALECT ENUMS TYPES ATTRS OPS OP_INTERFACES ATTR_INTERFACES TYPE_INTERFACES)
    if(arg_${kind})
      list(GET ${kind}_options 0 generator)
      list(GET ${kind}_options 1 filter)
      list(GET ${kind}_options 2 output)
      keops_tablegen(${name}${output}IncGen ${arg_${kind}}
        ${output}.h.inc "-gen-${generator}-decls ${filter}"
        ${output}.cpp.inc "-gen-${generator}-defs ${filter}")
      add_dependencies(${name}IncGen ${name}${output}IncGen)
    endif()
  endforeach()
endfunction()

# The headers that nearly every compiler source includes, compiled once.
file(WRITE "${PROJECT_BINARY_DIR}/cmake/Precompiled.cpp.new" "")
file(COPY_FILE "${PROJECT_BINARY_DIR}/cmake/Precompiled.cpp.new"
  "${PROJECT_BINARY_DIR}/cmake/Precompiled.cpp" ONLY_IF_DIFFERENT)
add_library(KeopsPrecompiled STATIC "${PROJECT_BINARY_DIR}/cmake/Precompiled.cpp")
target_precompile_headers(KeopsPrecompiled PRIVATE
  "${PROJECT_SOURCE_DIR}/cmake/Precompiled.h")
target_compile_options(KeopsPrecompiled PRIVATE -fno-exceptions)

# Options that compiler code shares: no exceptions, and with PRECOMPILED the
# precompiled MLIR headers.
function(keops_compiler_options target precompiled)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  get_target_property(type ${target} TYPE)
  if(KEOPS_SANITIZE AND precompiled AND type STREQUAL "EXECUTABLE")
    target_sources(${target} PRIVATE
      "${PROJECT_SOURCE_DIR}/cmake/SanitizerOptions.cpp")
  endif()
  if(precompiled)
    target_precompile_headers(${target} REUSE_FROM KeopsPrecompiled)
  endif()
endfunction()

# keops_library(<name> SOURCES <files...> [PRECOMPILED]
#   [DEPENDS <targets...>] [LINK_LIBS <our or other libraries...>]
#   [MLIR_LIBS <MLIR archives...>] [LLVM_COMPONENTS <components...>])
# MLIR_LIBS and LLVM_COMPONENTS are what a static build links; a shared build
# links libMLIR and libLLVM instead.
function(keops_library name)
  cmake_parse_arguments(arg "PRECOMPILED" ""
    "SOURCES;DEPENDS;LINK_LIBS;MLIR_LIBS;LLVM_COMPONENTS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  keops_compiler_options(${name} ${arg_PRECOMPILED})
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${arg_LINK_LIBS})
  keops_link_llvm(${name} MLIR ${arg_MLIR_LIBS} COMPONENTS ${arg_LLVM_COMPONENTS})
endfunction()

# keops_tool(<name> SOURCES <files...> [PRECOMPILED] [INSTALL]
#   [LINK_LIBS ...] [MLIR_LIBS ...] [LLVM_COMPONENTS ...])
function(keops_tool name)
  cmake_parse_arguments(arg "PRECOMPILED;INSTALL" ""
    "SOURCES;LINK_LIBS;MLIR_LIBS;LLVM_COMPONENTS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  add_executable(keops::${name} ALIAS ${name})
  keops_compiler_options(${name} ${arg_PRECOMPILED})
  target_link_libraries(${name} PRIVATE ${arg_LINK_LIBS})
  keops_link_llvm(${name} MLIR ${arg_MLIR_LIBS} COMPONENTS ${arg_LLVM_COMPONENTS})
  if(arg_INSTALL)
    set_property(GLOBAL APPEND PROPERTY KEOPS_INSTALLED_TOOLS ${name})
  endif()
endfunction()

# keops_unit_test(<name> SOURCES <files...> [PRECOMPILED]
#   [LINK_LIBS ...] [MLIR_LIBS ...] [LLVM_COMPONENTS ...])
# Every unit test is run by check-keops and by scripts/test.
function(keops_unit_test name)
  cmake_parse_arguments(arg "PRECOMPILED" ""
    "SOURCES;LINK_LIBS;MLIR_LIBS;LLVM_COMPONENTS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  keops_compiler_options(${name} ${arg_PRECOMPILED})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test/Unit")
  target_link_libraries(${name} PRIVATE ${arg_LINK_LIBS} GTest::gtest_main)
  keops_link_llvm(${name} MLIR ${arg_MLIR_LIBS} COMPONENTS ${arg_LLVM_COMPONENTS})
  set_property(GLOBAL APPEND PROPERTY KEOPS_UNIT_TESTS ${name})
endfunction()

# keops_runtime(SOURCES <files...>)
# The runtime twice from the same objects: archive keops_runtime and shared
# library keops_runtime_shared. Neither sees LLVM.
function(keops_runtime)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  find_package(Threads REQUIRED)
  add_library(keops_runtime_objects OBJECT ${arg_SOURCES})
  target_compile_options(keops_runtime_objects PRIVATE
    -fno-exceptions -fvisibility-inlines-hidden)
  add_library(keops_runtime STATIC $<TARGET_OBJECTS:keops_runtime_objects>)
  add_library(keops_runtime_shared SHARED
    $<TARGET_OBJECTS:keops_runtime_objects>)
  foreach(library keops_runtime keops_runtime_shared)
    target_link_libraries(${library} PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
    target_include_directories(${library} INTERFACE
      "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>"
      "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  endforeach()
  set_target_properties(keops_runtime PROPERTIES EXPORT_NAME runtime)
  set(exports "${CMAKE_CURRENT_SOURCE_DIR}/exports.map")
  set_target_properties(keops_runtime_shared PROPERTIES
    OUTPUT_NAME keops_runtime
    EXPORT_NAME runtime_shared
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}
    LINK_DEPENDS "${exports}")
  target_link_options(keops_runtime_shared PRIVATE
    "-Wl,--version-script=${exports}")
  add_library(keops::runtime ALIAS keops_runtime)
  add_library(keops::runtime_shared ALIAS keops_runtime_shared)
endfunction()
