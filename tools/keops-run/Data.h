//===- Data.h - the tables of one run ---------------------------*- C++ -*-===//
//
// Tables come from files or are drawn at random. Files say how many rows there
// are; they must agree, and a message says which do not.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TOOLS_KEOPS_RUN_DATA_H
#define KEOPS_TOOLS_KEOPS_RUN_DATA_H

#include "compiler/Driver/Options.h"
#include "tools/keops-run/Npy.h"

namespace keops::run {

struct Size {
  int64_t M, N;
  int64_t rowsAlong(Axes axis) const {
    return axis == Axes::i ? M : axis == Axes::j ? N : 1;
  }
};

Scalar scalarOf(const Parameter &parameter);

/// The tables that the user gave, by the position of their variable.
class GivenTables {
public:
  static llvm::Expected<GivenTables> load(const KernelSignature &kernel,
                                          const RunnerOptions &options);

  /// M and N, from the files and from what the user said.
  llvm::Expected<Size> size(const KernelSignature &kernel,
                            std::optional<Size> wanted) const;

  const std::optional<Array> &operator[](size_t position) const {
    return arrays[position];
  }

private:
  llvm::Error add(const KernelSignature &kernel, size_t position,
                  llvm::StringRef file);

  std::vector<std::optional<Array>> arrays;
  std::vector<std::string> files;
};

/// All tables of one launch, outputs zero.
struct Problem {
  Size size;
  std::vector<Memory> drawn, results;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;

  static llvm::Expected<Problem> make(const KernelSignature &kernel,
                                      const GivenTables &given, Size size,
                                      uint64_t seed);
};

} // namespace keops::run

#endif // KEOPS_TOOLS_KEOPS_RUN_DATA_H
