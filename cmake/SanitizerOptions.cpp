//===- SanitizerOptions.cpp - defaults of sanitized programs --------------===//
//
// Part of every program with LLVM in a build with sanitizers. The LLVM of the
// system is not instrumented: its containers do not unpoison what ours have
// poisoned, and AddressSanitizer would report memory that is in good order.
//
//===----------------------------------------------------------------------===//

extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0";
}
