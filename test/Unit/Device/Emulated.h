//===- Emulated.h - the driver of a test, emulated or real ------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_DEVICE_EMULATED_H
#define KEOPS_TEST_UNIT_DEVICE_EMULATED_H

namespace gpu {

/// A function of the driver; null if it has none of that name.
void *findInDriver(const char *name);
/// Is the driver of this process the emulator?
bool isEmulated();
/// Plays another machine from now on, see test/Emulator/Settings.h; a real GPU
/// is what it is.
void configure(const char *settings);

} // namespace gpu

#endif // KEOPS_TEST_UNIT_DEVICE_EMULATED_H
