//===- Cpu.cpp - what the processor can run -------------------------------===//

#include "runtime/Cpu.h"
#include "runtime/Error.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// Detection
//===----------------------------------------------------------------------===//

static bool hasAll(uint64_t word, std::initializer_list<int> bits) {
  for (int bit : bits)
    if (!(word >> bit & 1))
      return false;
  return true;
}

int keops::rt::isaOf(const CpuFeatures &f) {
  // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF in 64-bit mode.
  if (!hasAll(f.leaf1Ecx, {0, 9, 13, 19, 20, 23}) ||
      !hasAll(f.extendedEcx, {0}))
    return 0;
  // FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT. A system that
  // does not save the YMM registers makes their instructions fault.
  if (!hasAll(f.leaf1Ecx, {12, 22, 27, 28, 29}) ||
      !hasAll(f.leaf7Ebx, {3, 5, 8}) || !hasAll(f.extendedEcx, {5}) ||
      !hasAll(f.xcr0, {1, 2}))
    return KEOPS_X86_64_V2;
  // AVX512 F, DQ, CD, BW, VL; mask registers and both halves of ZMM saved.
  if (!hasAll(f.leaf7Ebx, {16, 17, 28, 30, 31}) || !hasAll(f.xcr0, {5, 6, 7}))
    return KEOPS_X86_64_V3;
  return KEOPS_X86_64_V4;
}

static CpuFeatures readFeatures() {
  CpuFeatures features;
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d))
    features.leaf1Ecx = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
    features.leaf7Ebx = b;
  if (__get_cpuid(0x80000001, &a, &b, &c, &d))
    features.extendedEcx = c;
  if (features.leaf1Ecx >> 27 & 1) { // OSXSAVE: XGETBV may be executed
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    features.xcr0 = uint64_t(d) << 32 | a;
  }
#endif
  return features;
}

/// CPUID leaves the guest on a virtual machine (tens of microseconds), so its
/// answer is kept. Two threads may both ask; they get the same answer.
int keops::rt::processorIsa() {
  static std::atomic<int> known{-1};
  int isa = known.load(std::memory_order_relaxed);
  if (isa < 0) {
    isa = isaOf(readFeatures());
    known.store(isa, std::memory_order_relaxed);
  }
  return isa;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

const char *keops::rt::isaName(int isa) {
  switch (isa) {
  case KEOPS_X86_64_V2:
    return "x86-64-v2";
  case KEOPS_X86_64_V3:
    return "x86-64-v3";
  case KEOPS_X86_64_V4:
    return "x86-64-v4";
  default:
    return nullptr;
  }
}

int keops::rt::parseIsa(const char *text) {
  if (!text || !*text)
    return 0;
  for (int isa = KEOPS_X86_64_V2; isa <= KEOPS_X86_64_V4; ++isa)
    if (std::strcmp(text, isaName(isa)) == 0)
      return isa;
  return -1;
}

/// Read once: getenv at every launch would race with a program that changes
/// its environment.
int keops::rt::requestedIsa() {
  constexpr int unread = -2;
  static std::atomic<int> known{unread};
  int isa = known.load(std::memory_order_relaxed);
  if (isa == unread) {
    isa = parseIsa(std::getenv("KEOPS_CPU"));
    known.store(isa, std::memory_order_relaxed);
  }
  return isa;
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

const keops_host_code *keops::rt::chooseHost(const keops_step &step,
                                             int processor, int request) {
  const keops_host_code *best = nullptr;
  for (int32_t h = 0; h < step.n_host; ++h) {
    const keops_host_code &code = step.host[h];
    // Code for an instruction set that this release does not know is skipped.
    if (!isaName(code.isa) || code.isa > processor)
      continue;
    if (request ? code.isa == request : !best || code.isa > best->isa)
      best = &code;
  }
  return best;
}

/// "x86-64-v3, x86-64-v4" into `text`; false if there is no known name.
static bool listHostCode(const keops_step &step, char (&text)[128]) {
  text[0] = 0;
  size_t length = 0;
  for (int isa = KEOPS_X86_64_V2; isa <= KEOPS_X86_64_V4; ++isa)
    for (int32_t h = 0; h < step.n_host; ++h)
      if (step.host[h].isa == isa) {
        length += std::snprintf(text + length, sizeof(text) - length, "%s%s",
                                length ? ", " : "", isaName(isa));
        break;
      }
  return length > 0;
}

static int failHost(const keops_card &card, const keops_step &step,
                    int processor, int request) {
  const char *own = isaName(processor);
  if (request > processor)
    return fail(KEOPS_UNSUPPORTED_CPU,
                "KEOPS_CPU asks for %s, which this processor does not support",
                isaName(request));
  if (request)
    return fail(KEOPS_UNSUPPORTED_CPU,
                "KEOPS_CPU asks for %s, and kernel '%s' has no code for it; "
                "compile with --cpu=%s",
                isaName(request), card.name, isaName(request));
  char list[128];
  bool known = listHostCode(step, list);
  if (!own)
    return fail(KEOPS_UNSUPPORTED_CPU,
                "kernel '%s' needs a processor of %s, which this one is not",
                card.name, known ? list : "a later release of keops");
  return fail(KEOPS_UNSUPPORTED_CPU,
              "kernel '%s' has code for %s, and this processor supports %s; "
              "compile with --cpu=%s",
              card.name, known ? list : "no processor of this release", own,
              own);
}

int keops::rt::checkHost(const keops_card &card, int processor, int request) {
  if (request < 0)
    return fail(KEOPS_INVALID_ARGUMENT,
                "KEOPS_CPU is set to no known processor; expected x86-64-v2, "
                "x86-64-v3 or x86-64-v4");
  for (int32_t s = 0; s < card.n_steps; ++s)
    if (!chooseHost(card.steps[s], processor, request))
      return failHost(card, card.steps[s], processor, request);
  return KEOPS_OK;
}

//===----------------------------------------------------------------------===//
// Floating-point state
//===----------------------------------------------------------------------===//

#if defined(__x86_64__)
DefaultFloatState::DefaultFloatState() : saved(_mm_getcsr()) {
  _mm_setcsr(0x1F80); // the state of a new process
}
DefaultFloatState::~DefaultFloatState() { _mm_setcsr(saved); }
#else
DefaultFloatState::DefaultFloatState() : saved(0) {}
DefaultFloatState::~DefaultFloatState() { (void)saved; }
#endif
