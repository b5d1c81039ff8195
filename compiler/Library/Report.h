//===- Report.h - what the compiler has to say ------------------*- C++ -*-===//
//
// Messages about one formula, kept for whoever asked for it: as text with
// carets, and one by one with their places.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_LIBRARY_REPORT_H
#define KEOPS_COMPILER_LIBRARY_REPORT_H

#include "keops/compiler.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/SourceMgr.h"
#include <deque>
#include <string>

namespace keops {

class Report {
public:
  /// An error that is about no place in a text.
  void error(const llvm::Twine &message);
  /// A diagnostic and its notes.
  void add(const llvm::SourceMgr &sources, mlir::Diagnostic &diagnostic);

  bool hasErrors() const { return errors; }
  const std::string &text() const { return printed; }
  /// Null past the last one; valid until the next is added.
  const keops_message *message(size_t index) const;

private:
  struct Message {
    std::string text, where;
    keops_message view;
  };
  void keep(std::string text, mlir::Location location, keops_severity severity);
  void keep(std::string text, std::string where, unsigned line, unsigned column,
            keops_severity severity);

  std::string printed;
  std::deque<Message> messages; // stay where they are: views point into them
  bool errors = false;
};

/// Puts all diagnostics of a context into a report while it lives.
class ReportHandler : public mlir::ScopedDiagnosticHandler {
public:
  ReportHandler(Report &report, const llvm::SourceMgr &sources,
                mlir::MLIRContext *context);
};

} // namespace keops

#endif // KEOPS_COMPILER_LIBRARY_REPORT_H
