//===- Error.cpp - the last error of a thread -----------------------------===//

#include "runtime/Error.h"

#include <cstdarg>
#include <cstdio>

// Plain data: no constructor to run in new threads, no destructor at exit.
static thread_local char lastError[512];

int keops::rt::fail(keops_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(lastError, sizeof(lastError), format, arguments);
  va_end(arguments);
  return status;
}

extern "C" {

KEOPS_EXPORT const char *keops_last_error(void) { return lastError; }

// KEOPS_VERSION comes from the build.
KEOPS_EXPORT const char *keops_runtime_version(void) { return KEOPS_VERSION; }
}
