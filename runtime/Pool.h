//===- Pool.h - a few threads that wait for work ----------------*- C++ -*-===//
//
// Own threads and no OpenMP: the library must neither bring a second OpenMP
// runtime into a program nor keep its threads spinning.
//
// The pool is started by the first launch that can use it, grows to the number
// of threads that a launch asked for, and serves all launches of the process:
// each puts up a job, works on it itself, and waiting threads join in. A
// launch therefore always makes progress, whatever the others do. A forked
// child starts with an empty pool of its own.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_POOL_H
#define KEOPS_RUNTIME_POOL_H

namespace keops::rt {

/// More threads than this are never used.
constexpr int maxThreads = 1024;

/// Calls work(context) on the calling thread and, at the same time, on at most
/// `threads` - 1 others. Each call is to return when nothing is left to do.
/// Returns when all of them have; some may not have taken part at all.
void share(int threads, void (*work)(void *context), void *context);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_POOL_H
