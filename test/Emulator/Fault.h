//===- Fault.h - what a program did wrong -----------------------*- C++ -*-===//

#ifndef KEOPS_TEST_EMULATOR_FAULT_H
#define KEOPS_TEST_EMULATOR_FAULT_H

#include <stdexcept>
#include <string>

namespace emulator {

/// The number that the driver would report, and what the emulator knows beyond
/// it.
class Fault : public std::runtime_error {
public:
  enum Kind {
    InvalidText = 218,  // CUDA_ERROR_INVALID_PTX
    BadAddress = 700,   // CUDA_ERROR_ILLEGAL_ADDRESS
    Misaligned = 716,   // CUDA_ERROR_MISALIGNED_ADDRESS
    LaunchFailed = 719, // CUDA_ERROR_LAUNCH_FAILED
    Unsupported = 801   // CUDA_ERROR_NOT_SUPPORTED
  };
  Fault(Kind kind, const std::string &text)
      : std::runtime_error(text), kind(kind) {}
  const Kind kind;
};

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_FAULT_H
