#===- KeopsInstall.cmake - what `cmake --install` leaves behind ------------===#
#
# Tools, both runtimes, the compiler library, the public headers, and the package
# that find_package(keops) reads.
#
#===------------------------------------------------------------------------===#

include(CMakePackageConfigHelpers)

# Tools of a build with shared LLVM find it where it is; others need nothing.
get_property(installed_tools GLOBAL PROPERTY KEOPS_INSTALLED_TOOLS)
set_target_properties(${installed_tools} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)

set(keops_package "${CMAKE_INSTALL_LIBDIR}/cmake/keops")

install(TARGETS keops_runtime keops_runtime_shared keops_compiler
    ${installed_tools}
  EXPORT keopsTargets
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY runtime/include/ compiler/include/
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file(cmake/keopsConfig.cmake.in
  "${PROJECT_BINARY_DIR}/cmake/keopsConfig.cmake"
  INSTALL_DESTINATION "${keops_package}" NO_SET_AND_CHECK_MACRO)
# Nothing is promised between minor versions before 1.0.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/cmake/keopsConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/keopsConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/keopsConfigVersion.cmake"
  cmake/KeopsKernels.cmake
  DESTINATION "${keops_package}")
install(EXPORT keopsTargets NAMESPACE keops::
  DESTINATION "${keops_package}")
