#===- KeopsFlags.cmake - compiler and linker flags of every target ---------===#
#
# Build type `Dev` is the developers' choice: optimized enough to be quick,
# with line numbers and with our own assertions on.
#
#===------------------------------------------------------------------------===#

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev CACHE STRING "Dev, Debug or Release" FORCE)
endif()
foreach(lang C CXX)
  set(CMAKE_${lang}_FLAGS_DEV "-O1 -gline-tables-only")
  set(CMAKE_${lang}_FLAGS_RELEASE "-O2 -DNDEBUG")
endforeach()

# The flags of a precompiled header must be those of its users, libraries and
# executables alike; position-independent code serves both.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE "-fPIC")
set(CMAKE_C_COMPILE_OPTIONS_PIE "-fPIC")

# libstdc++ instantiates its own deprecated templates in std::stable_sort.
add_compile_options(-Wall -Wextra -Wno-unused-parameter
  -Wno-deprecated-declarations -ffunction-sections
  -fdata-sections -fdiagnostics-color=auto)
# One place for the version: project() of the top level.
add_compile_definitions(KEOPS_VERSION="${PROJECT_VERSION}")
add_link_options(-fuse-ld=lld -Wl,--gc-sections -Wl,--as-needed)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_link_options(-Wl,--icf=all -Wl,-z,pack-relative-relocs -Wl,--strip-all)
endif()
if(KEOPS_LLVM_LINK STREQUAL "static")
  add_link_options(-static-libstdc++ -static-libgcc)
endif()

# LLVM itself is not instrumented, so calls through its vtables cannot be
# checked.
if(KEOPS_SANITIZE)
  set(keops_sanitizer_flags "-fsanitize=${KEOPS_SANITIZE}"
    -fno-sanitize=vptr,function -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_compile_options(${keops_sanitizer_flags})
  add_link_options(${keops_sanitizer_flags})
endif()
if(KEOPS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# ccache needs to be told that precompiled headers are safe to reuse; clang
# needs to be told not to write the time into them.
find_program(KEOPS_CCACHE ccache)
mark_as_advanced(KEOPS_CCACHE)
if(KEOPS_CCACHE)
  foreach(lang C CXX)
    if(NOT CMAKE_${lang}_COMPILER_LAUNCHER
       OR CMAKE_${lang}_COMPILER_LAUNCHER MATCHES "ccache$")
      set(CMAKE_${lang}_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
        "${KEOPS_CCACHE}")
    endif()
  endforeach()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()
endif()
