//===- Output.cpp - how benchmarks write numbers and files ----------------===//

#include "bench/table/Output.h"
#include "tools/OutputFiles.h"

#include <ctime>
#include <stdexcept>

namespace keops::bench {

std::string today() {
  std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

void writeNumber(llvm::json::OStream &json, llvm::StringRef name,
                 std::optional<double> number) {
  json.attributeBegin(name);
  json.rawValue(number ? format("%.6g", *number) : "null");
  json.attributeEnd();
}

static void throwIf(llvm::Error failed) {
  if (failed)
    throw std::runtime_error(llvm::toString(std::move(failed)));
}

void writeFiles(llvm::ArrayRef<OutputFile> files) {
  OutputFiles all;
  for (const OutputFile &file : files)
    if (!file.path.empty())
      throwIf(all.add(file.path, file.write));
  throwIf(all.commit());
}

} // namespace keops::bench
