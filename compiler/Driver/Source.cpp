//===- Source.cpp - where a formula comes from ----------------------------===//

#include "compiler/Driver/Source.h"
#include "llvm/Support/Process.h"

using namespace llvm;

namespace keops {

bool wantColors(raw_ostream &os) {
  std::optional<std::string> no = sys::Process::GetEnv("NO_COLOR");
  return os.has_colors() && (!no || no->empty());
}

raw_ostream &error(raw_ostream &os) {
  bool colors = wantColors(os);
  if (colors)
    os.changeColor(raw_ostream::RED, /*Bold=*/true);
  os << "error: ";
  if (colors)
    os.resetColor();
  return os;
}

mlir::OwningOpRef<mlir::ModuleOp> readFormula(const SourceOptions &source,
                                              SourceMgr &sources,
                                              mlir::MLIRContext *context,
                                              raw_ostream &errors) {
  if (source.file.empty())
    return parseKeopsFormula(source.text, sources, context, source.limits);
  auto buffer = MemoryBuffer::getFileOrSTDIN(source.file, /*IsText=*/true);
  if (!buffer) {
    error(errors) << source.file
                  << ": cannot be read: " << buffer.getError().message()
                  << "\n";
    return nullptr;
  }
  sources.AddNewSourceBuffer(std::move(*buffer), SMLoc());
  return parseKeopsFile(sources, context, source.limits,
                        {source.kernel, source.text.gradients});
}

} // namespace keops
