//===- Error.h - the last error of a thread ---------------------*- C++ -*-===//
//
// Errors are a status for programs and a sentence for people. The sentence
// stays in the thread that made the call; it is formatted into a fixed buffer,
// so that reporting a lack of memory needs none.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_ERROR_H
#define KEOPS_RUNTIME_ERROR_H

#include "runtime/include/keops/runtime.h"

/// Marks the functions of the public interface; all others stay hidden.
#define KEOPS_EXPORT __attribute__((visibility("default")))

namespace keops::rt {

/// Keeps the sentence for keops_last_error() and returns `status`.
__attribute__((format(printf, 2, 3))) int fail(keops_status status,
                                               const char *format, ...);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_ERROR_H
