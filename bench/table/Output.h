//===- Output.h - how benchmarks write numbers and files --------*- C++ -*-===//

#ifndef KEOPS_BENCH_TABLE_OUTPUT_H
#define KEOPS_BENCH_TABLE_OUTPUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <optional>
#include <string>

namespace keops::bench {

/// As printf.
template <typename... Arguments>
std::string format(const char *form, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof text, form, arguments...);
  return text;
}

/// The day, in UTC.
std::string today();

/// With six digits; null for what was not measured.
void writeNumber(llvm::json::OStream &json, llvm::StringRef name,
                 std::optional<double> number);

struct OutputFile {
  std::string path; // "" for none
  llvm::function_ref<void(llvm::raw_ostream &)> write;
};

/// Writes all files or none. Throws where that fails.
void writeFiles(llvm::ArrayRef<OutputFile> files);

} // namespace keops::bench

#endif // KEOPS_BENCH_TABLE_OUTPUT_H
