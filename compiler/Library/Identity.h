//===- Identity.h - which compiler this is ----------------------*- C++ -*-===//

#ifndef KEOPS_COMPILER_LIBRARY_IDENTITY_H
#define KEOPS_COMPILER_LIBRARY_IDENTITY_H

#include <string>

namespace keops {

/// Versions, and the build ID that the linker gave to the file that this code
/// is in: another for each change of the compiler, which versions are not.
/// Empty if the file has none; what it compiles must not be kept then.
const std::string &compilerIdentity();

} // namespace keops

#endif // KEOPS_COMPILER_LIBRARY_IDENTITY_H
