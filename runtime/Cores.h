//===- Cores.h - how many cores this process may use ------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_CORES_H
#define KEOPS_RUNTIME_CORES_H

namespace keops::rt {

/// Cores that the calling thread may run on, and no more than a control group
/// (a container, a batch system) grants. At least 1.
int availableCores();

/// The core that the calling thread runs on, or -1 if that is not known.
int currentCore();

/// Moves the calling thread to another core if it runs on this one and may run
/// on others. It stays free to come back.
void leaveCore(int core);

/// Cores that the text of a cpu.max file grants, rounded up; 0 for no limit or
/// a text that is none.
int coresOfCpuMax(const char *text);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_CORES_H
