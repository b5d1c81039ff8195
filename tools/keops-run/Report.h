//===- Report.h - what keops-run prints -------------------------*- C++ -*-===//

#ifndef KEOPS_TOOLS_KEOPS_RUN_REPORT_H
#define KEOPS_TOOLS_KEOPS_RUN_REPORT_H

#include "tools/keops-run/Check.h"
#include "tools/keops-run/Kernel.h"

namespace keops::run {

/// Milliseconds of some runs.
struct Times {
  double median = 0, least = 0;
};

/// Runs a problem `runs` times after one run that does not count.
llvm::Expected<Times> timeRuns(const Kernel &kernel, const Problem &problem,
                               const keops_call &call, int64_t runs);

/// One line of JSON: names are part of the command line's promise.
void printTimes(llvm::raw_ostream &os, const Kernel &kernel,
                const Problem &problem, const keops_call &call,
                const Times &times);

/// Shape and first rows of each output.
void printSummary(llvm::raw_ostream &os, const KernelSignature &kernel,
                  const Problem &problem);

void printCheck(llvm::raw_ostream &os, const KernelSignature &kernel,
                const Problem &problem, const CheckResult &result);

} // namespace keops::run

#endif // KEOPS_TOOLS_KEOPS_RUN_REPORT_H
