//===- Buffer.h - numbers in memory, and positions in it --------*- C++ -*-===//
//
// What the code of all targets does to reach numbers behind a raw pointer.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_BUFFER_H
#define KEOPS_COMPILER_CONVERSION_BUFFER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace keops {

/// Index arithmetic that reads like arithmetic.
class Indices {
public:
  explicit Indices(mlir::ImplicitLocOpBuilder &builder) : builder(builder) {}
  mlir::Value constant(int64_t value) const {
    return mlir::arith::ConstantIndexOp::create(builder, value);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) const;
  mlir::Value add(mlir::Value a, int64_t b) const;
  mlir::Value sub(mlir::Value a, mlir::Value b) const;
  mlir::Value mul(mlir::Value a, int64_t b) const;
  mlir::Value times(mlir::Value a, mlir::Value b) const;
  mlir::Value div(mlir::Value a, int64_t b) const;
  mlir::Value min(mlir::Value a, mlir::Value b) const;
  mlir::Value min(mlir::Value a, int64_t b) const {
    return min(a, constant(b));
  }
  mlir::Value rem(mlir::Value a, int64_t b) const;
  /// An index from an i64 argument.
  mlir::Value of(mlir::Value integer) const;

private:
  mlir::ImplicitLocOpBuilder &builder;
};

/// A run of numbers in memory: memref<?xT> around a raw pointer.
class Buffer {
public:
  /// From a pointer, `offset` bytes on, in the address space of the pointer.
  Buffer(mlir::ImplicitLocOpBuilder &builder, mlir::Value pointer,
         mlir::Type element, mlir::Value offsetBytes = {});
  /// All of a memref of one dimension.
  Buffer(mlir::ImplicitLocOpBuilder &builder, mlir::Value memref);
  mlir::Type element() const { return type; }

  /// The scalar at an index.
  mlir::Value load(mlir::Value index) const;
  void store(mlir::Value scalar, mlir::Value index) const;
  /// Consecutive numbers at a multiple of their size, scratch memory only.
  mlir::Value loadAligned(mlir::Type lane, mlir::Value index) const;
  void storeAligned(mlir::Value lane, mlir::Value index) const;
  /// The same at any place.
  mlir::Value loadVector(mlir::Type lane, mlir::Value index) const;
  void storeVector(mlir::Value lane, mlir::Value index) const;
  /// Has the processor fetch the cache line of a number that will be written.
  void prefetchForStore(mlir::Value index) const;
  /// The numbers at base + offsets[l].
  mlir::Value gather(mlir::Type lane, mlir::Value base,
                     mlir::Value offsets) const;

private:
  mlir::ImplicitLocOpBuilder &builder;
  mlir::Type type;
  mlir::Value memref;
};

/// How many bytes a number takes.
inline int64_t bytesOf(mlir::Type number) {
  return number.getIntOrFloatBitWidth() / 8;
}
/// The most that one of them takes.
int64_t widestOf(mlir::TypeRange numbers);

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_BUFFER_H
