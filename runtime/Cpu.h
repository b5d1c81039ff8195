//===- Cpu.h - what the processor can run -----------------------*- C++ -*-===//
//
// An object may hold code for several instruction sets. The best one that
// both the processor and the operating system support is run; the environment
// variable KEOPS_CPU (x86-64-v2, x86-64-v3, x86-64-v4) asks for one by name,
// so that each can be tested on one machine.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_CPU_H
#define KEOPS_RUNTIME_CPU_H

#include "runtime/Card.h"

#include <cstdint>

namespace keops::rt {

/// What CPUID and XGETBV report, as far as the instruction sets depend on it.
struct CpuFeatures {
  uint32_t leaf1Ecx = 0;
  uint32_t leaf7Ebx = 0;
  uint32_t extendedEcx = 0; // leaf 0x80000001
  uint64_t xcr0 = 0;        // registers that the operating system saves
};

/// The best instruction set (KEOPS_X86_64_V...) of a processor, 0 if none.
int isaOf(const CpuFeatures &features);

/// The same for the processor that runs this.
int processorIsa();

/// "x86-64-v3", or null for an unknown number.
const char *isaName(int isa);

/// What KEOPS_CPU says: an instruction set, 0 if it is null or empty, -1 if it
/// is no name of one.
int parseIsa(const char *text);

/// KEOPS_CPU as it was at the first launch.
int requestedIsa();

/// The code of a step to run on `processor`, or null. `request` is what
/// parseIsa returned.
const keops_host_code *chooseHost(const keops_step &step, int processor,
                                  int request);

/// KEOPS_OK if there is code for each step; otherwise the status and sentence
/// that say what is wrong.
int checkHost(const keops_card &card, int processor, int request);

/// Rounding to nearest, no traps and no flushing to zero for a scope: results
/// must not depend on which thread runs a task nor on what its owner set.
class DefaultFloatState {
public:
  DefaultFloatState();
  ~DefaultFloatState();

private:
  unsigned saved;
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_CPU_H
