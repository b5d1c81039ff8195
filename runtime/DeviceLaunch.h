//===- DeviceLaunch.h - one launch on a GPU ---------------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_DEVICELAUNCH_H
#define KEOPS_RUNTIME_DEVICELAUNCH_H

#include "runtime/Batch.h"

namespace keops::rt {

/// Is a launch, which has been checked, to run on a GPU? Fails silently: where
/// nobody has asked for one, there may be none.
bool usesDevice(const keops_card &card, const keops_call &call,
                const Sizes &sizes, const Batch &batch,
                const void *const *inputs, void *const *outputs);

/// Runs it there.
int runOnDevice(const keops_card &card, const keops_call &call,
                const Sizes &sizes, const Batch &batch,
                const void *const *inputs, void *const *outputs);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICELAUNCH_H
