//===- Report.cpp - what the compiler has to say --------------------------===//

#include "compiler/Library/Report.h"
#include "compiler/Frontend/Diagnostics.h"
#include "mlir/IR/Location.h"

using namespace mlir;

namespace keops {

static keops_severity severityOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return KEOPS_ERROR;
  case DiagnosticSeverity::Warning:
    return KEOPS_WARNING;
  case DiagnosticSeverity::Note:
  case DiagnosticSeverity::Remark:
    return KEOPS_NOTE;
  }
  return KEOPS_ERROR;
}

void Report::keep(std::string text, std::string where, unsigned line,
                  unsigned column, keops_severity severity) {
  Message &kept = messages.emplace_back();
  kept.text = std::move(text);
  kept.where = std::move(where);
  kept.view = {kept.text.c_str(), kept.where.c_str(), int32_t(line),
               int32_t(column),   severity,           0};
  errors |= severity == KEOPS_ERROR;
}

void Report::keep(std::string text, Location location,
                  keops_severity severity) {
  if (auto file = location->findInstanceOf<FileLineColLoc>())
    keep(std::move(text), file.getFilename().str(), file.getLine(),
         std::max(1u, file.getColumn()), severity);
  else
    keep(std::move(text), "", 0, 0, severity);
}

void Report::error(const llvm::Twine &message) {
  keep(message.str(), "", 0, 0, KEOPS_ERROR);
  printed += "error: " + messages.back().text + "\n";
}

void Report::add(const llvm::SourceMgr &sources, Diagnostic &diagnostic) {
  llvm::raw_string_ostream os(printed);
  printDiagnostic(sources, diagnostic, os);
  keep(diagnostic.str(), diagnostic.getLocation(),
       severityOf(diagnostic.getSeverity()));
  for (Diagnostic &note : diagnostic.getNotes())
    keep(note.str(), note.getLocation(), severityOf(note.getSeverity()));
}

const keops_message *Report::message(size_t index) const {
  return index < messages.size() ? &messages[index].view : nullptr;
}

ReportHandler::ReportHandler(Report &report, const llvm::SourceMgr &sources,
                             MLIRContext *context)
    : ScopedDiagnosticHandler(context, [&](Diagnostic &diagnostic) {
        report.add(sources, diagnostic);
      }) {}

} // namespace keops
