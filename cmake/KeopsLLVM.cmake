#===- KeopsLLVM.cmake - the LLVM and MLIR that we are built on -------------===#
#
# Finds LLVM/MLIR 22 and defines keops_link_llvm(), which links a target to
# either the shared libraries or exactly the archives that it names. The two
# must never be mixed: the program would hold MLIR twice.
#
#===------------------------------------------------------------------------===#

find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(LLVM_VERSION_MAJOR LESS 22)
  message(FATAL_ERROR "keopsc needs LLVM and MLIR 22, found ${LLVM_VERSION}")
endif()
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

separate_arguments(keops_llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_definitions(${keops_llvm_definitions})
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
include_directories(
  "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}"
  "${PROJECT_SOURCE_DIR}/compiler/include"
  "${PROJECT_SOURCE_DIR}/runtime/include")

# Debian's MLIR archives name the shared libraries among their dependencies,
# and its LLVMSupport names the shared zlib and zstd.
function(keops_detach_shared_llvm)
  get_property(libs GLOBAL PROPERTY MLIR_ALL_LIBS)
  foreach(lib IN LISTS libs)
    if(TARGET ${lib})
      get_target_property(deps ${lib} INTERFACE_LINK_LIBRARIES)
      if(deps)
        list(REMOVE_ITEM deps LLVM MLIR)
        set_property(TARGET ${lib} PROPERTY INTERFACE_LINK_LIBRARIES ${deps})
      endif()
    endif()
  endforeach()
  find_library(KEOPS_ZLIB_ARCHIVE libz.a)
  find_library(KEOPS_ZSTD_ARCHIVE libzstd.a)
  mark_as_advanced(KEOPS_ZLIB_ARCHIVE KEOPS_ZSTD_ARCHIVE)
  get_target_property(deps LLVMSupport INTERFACE_LINK_LIBRARIES)
  if(KEOPS_ZLIB_ARCHIVE)
    list(TRANSFORM deps REPLACE "^ZLIB::ZLIB$" "${KEOPS_ZLIB_ARCHIVE}")
  endif()
  if(KEOPS_ZSTD_ARCHIVE)
    list(TRANSFORM deps REPLACE "^zstd::libzstd_shared$" "${KEOPS_ZSTD_ARCHIVE}")
  endif()
  set_property(TARGET LLVMSupport PROPERTY INTERFACE_LINK_LIBRARIES ${deps})
endfunction()

if(KEOPS_LLVM_LINK STREQUAL "static")
  keops_detach_shared_llvm()
endif()

# keops_link_llvm(<target> MLIR <MLIR libraries...> COMPONENTS <LLVM components...>)
function(keops_link_llvm target)
  cmake_parse_arguments(arg "" "" "MLIR;COMPONENTS" ${ARGN})
  if(KEOPS_LLVM_LINK STREQUAL "static")
    llvm_map_components_to_libnames(llvm_libs support ${arg_COMPONENTS})
    target_link_libraries(${target} PUBLIC ${arg_MLIR} ${llvm_libs})
  elseif(arg_MLIR)
    target_link_libraries(${target} PUBLIC MLIR LLVM)
  elseif(arg_COMPONENTS)
    target_link_libraries(${target} PUBLIC LLVM)
  endif()
endfunction()
