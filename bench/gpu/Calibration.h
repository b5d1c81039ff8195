//===- Calibration.h - what estimates take for true, measured ---*- C++ -*-===//

#ifndef KEOPS_BENCH_GPU_CALIBRATION_H
#define KEOPS_BENCH_GPU_CALIBRATION_H

#include "bench/gpu/Gpu.h"

namespace keops::bench {

struct Calibrated {
  std::string what, unit;
  std::string constant; // its name in the source
  double assumed = 0, measured = 0;
};

/// All that compiler/Conversion/GPU/Units.h and runtime/DeviceSpeed.h say and
/// this GPU has. `isQuick` does little work, for an emulator.
std::vector<Calibrated> calibrate(Gpu &gpu, bool isQuick);

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_CALIBRATION_H
