//===- Npy.h - arrays in .npy files -----------------------------*- C++ -*-===//
//
// The reader takes what a kernel can take, little-endian float32, float64 and
// int64 in row order, and says of anything else what it is. Sizes are checked
// against the file before memory is asked for.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TOOLS_KEOPS_RUN_NPY_H
#define KEOPS_TOOLS_KEOPS_RUN_NPY_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <memory>
#include <optional>

namespace keops::run {

enum class Scalar { Float32, Float64, Int64 };
inline int64_t sizeOf(Scalar scalar) {
  return scalar == Scalar::Float32 ? 4 : 8;
}
/// As NumPy calls it.
llvm::StringRef nameOf(Scalar scalar);

/// Numbers in memory, zero at first.
class Memory {
public:
  Memory() = default;
  /// Null data if there is too little memory.
  explicit Memory(int64_t bytes)
      : bytes(static_cast<char *>(std::calloc(bytes ? bytes : 1, 1))) {}
  char *data() const { return bytes.get(); }
  template <typename T> T *as() const {
    return reinterpret_cast<T *>(bytes.get());
  }

private:
  struct Free {
    void operator()(char *p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> bytes;
};

struct Array {
  Scalar scalar = Scalar::Float32;
  llvm::SmallVector<int64_t, 2> shape;
  Memory memory;
};

/// What the header of a .npy file says.
struct NpyHeader {
  Scalar scalar;
  llvm::SmallVector<int64_t, 2> shape;
  int64_t count; // of numbers
  int64_t bytes; // of the header, what comes before the numbers
};

/// `head` holds the start of a file of `fileBytes`, all of its header or all
/// of the file. Errors do not name the file.
llvm::Expected<NpyHeader> parseNpyHeader(llvm::StringRef head,
                                         int64_t fileBytes);

llvm::Expected<Array> readNpy(llvm::StringRef path);
void writeNpy(llvm::raw_ostream &os, Scalar scalar,
              llvm::ArrayRef<int64_t> shape, const char *data);

/// rows * columns * bytes of a number, none if that is no size of an object.
std::optional<int64_t> byteCount(llvm::ArrayRef<int64_t> shape, Scalar scalar);

} // namespace keops::run

#endif // KEOPS_TOOLS_KEOPS_RUN_NPY_H
