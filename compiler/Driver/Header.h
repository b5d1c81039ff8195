//===- Header.h - the C header of an object ---------------------*- C++ -*-===//
//
// One prototype for each kernel, gradients included, that C and C++ can call:
//
//   /* gauss: one row for each i, float
//    *   G   1 x 1 ...  */
//   int gauss(const keops_call *call, int64_t M, int64_t N, const float *G,
//             const float *X, const float *Y, const float *B, float *out);
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_DRIVER_HEADER_H
#define KEOPS_COMPILER_DRIVER_HEADER_H

#include "compiler/Driver/Compiler.h"

namespace keops {

/// The text of a header. `name` is that of its file, from which the include
/// guard is made. The same kernels give the same bytes.
std::string makeHeader(llvm::StringRef name,
                       llvm::ArrayRef<KernelSignature> kernels);

/// Names for the arguments of a prototype: the user's, with underscores
/// appended to those that mean something else in C or C++ or that are taken.
llvm::SmallVector<std::string> argumentNames(const KernelSignature &kernel);

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_HEADER_H
