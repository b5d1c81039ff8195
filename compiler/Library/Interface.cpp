//===- Interface.cpp - keops/compiler.h -----------------------------------===//
//
// Handles are what the library works with, wrapped; whatever goes wrong comes
// back as a status and text.
//
//===----------------------------------------------------------------------===//

#include "compiler/Library/Kernels.h"
#include "keops/compiler.h"

using namespace keops;

struct keops_kernel {
  std::shared_ptr<const CompiledKernel> kernel;
};

struct keops_report {
  std::shared_ptr<const Report> report;
};

/// What the last failed keops_compile of this thread said, or null if another
/// call has failed since.
static thread_local std::shared_ptr<const Report> lastReport;

static Outcome answer(const keops_source *source,
                      Outcome (*make)(const CompileRequest &)) {
  auto report = std::make_shared<Report>();
  if (!source) {
    report->error("the source is a null pointer");
    return {nullptr, report, KEOPS_INVALID_ARGUMENT};
  }
  std::optional<CompileRequest> request =
      CompileRequest::read(*source, *report);
  if (!request)
    return {nullptr, report, KEOPS_INVALID_ARGUMENT};
  return make(*request);
}

/// Hands an outcome to the caller.
static int deliver(const Outcome &outcome, keops_kernel **kernel,
                   keops_report **report) {
  if (kernel)
    *kernel = outcome.kernel ? new keops_kernel{outcome.kernel} : nullptr;
  if (report)
    *report = new keops_report{outcome.report};
  if (outcome.status != KEOPS_OK)
    lastReport = outcome.report;
  return outcome.status;
}

static const keops_parameter *
parameterAt(const std::vector<keops_parameter> &parameters, int64_t index) {
  bool exists = index >= 0 && index < static_cast<int64_t>(parameters.size());
  return exists ? &parameters[index] : nullptr;
}

extern "C" {

int keops_compile(const keops_source *source, keops_kernel **kernel,
                  keops_report **report) {
  return deliver(answer(source, findOrCompile), kernel, report);
}

int keops_describe(const keops_source *source, keops_kernel **kernel,
                   keops_report **report) {
  return deliver(answer(source, describe), kernel, report);
}

void keops_kernel_free(keops_kernel *kernel) { delete kernel; }

const char *keops_report_text(const keops_report *report) {
  return report->report->text().c_str();
}

void keops_report_free(keops_report *report) { delete report; }

const keops_message *keops_report_message(const keops_report *report,
                                          int64_t index) {
  return index < 0 ? nullptr : report->report->message(index);
}

const keops_parameter *keops_kernel_input(const keops_kernel *kernel,
                                          int64_t index) {
  return parameterAt(kernel->kernel->inputs, index);
}

const keops_parameter *keops_kernel_output(const keops_kernel *kernel,
                                           int64_t index) {
  return parameterAt(kernel->kernel->outputs, index);
}

int keops_kernel_run(const keops_kernel *kernel, const keops_call *call,
                     int64_t M, int64_t N, const void *const *inputs,
                     void *const *outputs) {
  if (!kernel->kernel->card) {
    auto report = std::make_shared<Report>();
    report->error("this kernel has been described, not compiled");
    lastReport = report;
    return KEOPS_INVALID_ARGUMENT;
  }
  int status =
      keops_rt_launch(kernel->kernel->card, call, M, N, inputs, outputs);
  if (status != KEOPS_OK)
    lastReport = nullptr;
  return status;
}

const char *keops_compiler_last_error(void) {
  return lastReport ? lastReport->text().c_str() : keops_last_error();
}

const char *keops_compiler_version(void) { return KEOPS_VERSION; }
}
