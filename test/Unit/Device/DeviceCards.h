//===- DeviceCards.h - cards with device code -------------------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_DEVICE_DEVICECARDS_H
#define KEOPS_TEST_UNIT_DEVICE_DEVICECARDS_H

#include "test/Unit/Runtime/Cards.h"

#include <string>

namespace cards {

/// Rows and threads of all blocks.
constexpr int32_t deviceThreads = 64;

/// The cards of Cards.h, with kernels of kernels.ptx as well.
struct DeviceCard : Card {
  keops_device_code code = {};
  std::vector<keops_device_step> deviceSteps;

  /// Says that step s has these kernels; null for those that it lacks.
  void addKernels(size_t s, const char *sweep, const char *finish,
                  const char *close, int64_t stateBytes, int64_t partialBytes);
  /// After all steps have theirs.
  void finishDevice();
};

/// The text of kernels.ptx.
const std::string &deviceText();

void makeDeviceSum(DeviceCard &card);
void makeDeviceTotal(DeviceCard &card);
void makeDeviceChain(DeviceCard &card);
/// A_i = X_i X_i, by a kernel that writes elsewhere. X and A are float64.
void makeDeviceWild(DeviceCard &card);

} // namespace cards

#endif // KEOPS_TEST_UNIT_DEVICE_DEVICECARDS_H
