//===- Lane.h - the language in which lowerings are written -----*- C++ -*-===//
//
// A Lane is one component of a formula value on its way through a kernel: a
// small bundle of R x U SSA values, for R groups of rows and U columns that
// are in flight at the same time. The shape of the bundle follows the axes of
// the value it carries:
//
//   p: 1 x 1      i: R x 1      j: 1 x U      ij: R x U
//
// Each SSA value is a scalar (one GPU thread, or a scalar loop) or a vector
// (SIMD), as the Machine says. An operator emits its instruction for all R * U
// values before the next operator emits anything. Unrolling, broadcasting and
// the instruction order that keeps the pipes of a CPU busy all follow from
// this; see docs/architecture.md.
//
// A Machine supplies what differs between targets: the lane types, and the
// expansions of exp, log and their kin, themselves written with Lane.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_LANE_H
#define KEOPS_DIALECTS_KEOPS_LANE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <functional>

namespace keops {

class Machine;

struct Lane {
  Machine *machine = nullptr;
  int rows = 1;                             // R
  int cols = 1;                             // U
  llvm::SmallVector<mlir::Value, 4> values; // values[u * rows + r]

  mlir::Value at(int r, int u) const {
    return values[(cols == 1 ? 0 : u) * rows + (rows == 1 ? 0 : r)];
  }
  /// f32, f64, i1 or an integer: the type of one number.
  mlir::Type element() const {
    return mlir::getElementTypeOrSelf(values.front().getType());
  }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(element()); }
};

/// The components of one formula value, or of one accumulator.
using Lanes = llvm::SmallVector<Lane>;

/// A vector whose components are reached by index values: one in memory, or one
/// that can be computed component by component.
struct LaneVector {
  int64_t dim;
  std::function<Lane(mlir::Value component)> load;
  std::function<void(mlir::Value component, const Lane &value)> store;
};

/// What a target can do. Reductions and ops see only this class.
class Machine {
public:
  Machine(mlir::ImplicitLocOpBuilder &builder, mlir::FloatType real,
          mlir::IntegerType index)
      : builder(builder), realType(real), indexType(index) {}
  virtual ~Machine();

  mlir::ImplicitLocOpBuilder &builder;

  /// The working precision, f32 or f64.
  mlir::FloatType real() const { return realType; }
  bool isDouble() const { return realType.isF64(); }
  /// The integer in which column numbers are kept inside the kernel.
  mlir::IntegerType index() const { return indexType; }
  /// The integer of the same width as real(), for work on bit patterns.
  mlir::IntegerType bitsType();

  // -- What a target must say ------------------------------------------------

  /// The SSA type that carries one element per row in flight: `element` itself
  /// or a vector of it.
  virtual mlir::Type laneType(mlir::Type element) = 0;
  /// One scalar repeated in every row of a lane value.
  virtual mlir::Value splat(mlir::Value scalar) = 0;
  /// An i1 that says whether a mask holds in any row, column or group.
  virtual mlir::Value any(const Lane &mask) = 0;
  /// `then()` if `mask` holds anywhere, else `keep`. Both have the same shape.
  virtual Lanes ifAny(const Lane &mask, llvm::ArrayRef<Lane> keep,
                      llvm::function_ref<Lanes()> then) = 0;

  /// `body` for 0, ..., count - 1, carrying lanes. An inner loop takes a few
  /// turns at once, which hides the loop itself behind arithmetic.
  virtual Lanes
  loop(int64_t count, llvm::ArrayRef<Lane> carried,
       llvm::function_ref<Lanes(mlir::Value, llvm::ArrayRef<Lane>)> body,
       bool isInner = true) = 0;

  /// What `emit` emits for one component of several, in an order that suits the
  /// target.
  virtual Lane oneComponent(llvm::function_ref<Lane()> emit) { return emit(); }

  virtual Lane exp(Lane x) = 0;
  virtual Lane exp2(Lane x) = 0;
  virtual Lane log(Lane x) = 0;
  virtual Lane log2(Lane x) = 0;
  virtual Lane sqrt(Lane x) = 0;
  /// 1 / sqrt(x), and 0 at 0.
  virtual Lane rsqrt(Lane x) = 0;
  virtual Lane pow(Lane x, Lane y) = 0;
  virtual Lane roundEven(Lane x) = 0;
  virtual Lane floor(Lane x) = 0;
  virtual Lane sin(Lane x) = 0;
  virtual Lane cos(Lane x) = 0;
  virtual Lane asin(Lane x) = 0;
  virtual Lane acos(Lane x) = 0;
  virtual Lane atan(Lane x) = 0;
  /// The angle of the point (x, y), signed zeros included.
  virtual Lane atan2(Lane y, Lane x) = 0;
  /// The lesser and the greater of x and a number that is never NaN: the number
  /// if x is NaN. Which of two zeros of different sign is left open.
  virtual Lane lesser(Lane x, Lane number);
  virtual Lane greater(Lane x, Lane number);

  // -- Constants and shapes ---------------------------------------------------

  /// A number in the working precision.
  Lane constant(double value) { return constant(value, realType); }
  /// The same in another precision.
  Lane constant(double value, mlir::FloatType type);
  /// An integer constant of the given type.
  Lane integer(mlir::Type type, int64_t value);
  /// The index value a * scale + offset.
  mlir::Value position(mlir::Value a, int64_t scale, int64_t offset = 0);
  mlir::Value position(int64_t value);
  /// a + b of two index values.
  mlir::Value sum(mlir::Value a, mlir::Value b);
  /// A column number.
  Lane columnNumber(int64_t value) { return integer(indexType, value); }
  /// The same SSA value for every row group and column.
  Lane wrap(mlir::Value value);

  /// Emits `f` for each (r, u) in lock step; the result has the larger shape.
  Lane map(llvm::ArrayRef<Lane> operands,
           llvm::function_ref<mlir::Value(llvm::ArrayRef<mlir::Value>)> f);
  /// Column u alone, R x 1.
  Lane column(const Lane &x, int u);
  /// Combines the U columns, first to last: R x U to R x 1.
  Lane foldColumns(const Lane &x, llvm::function_ref<Lane(Lane, Lane)> f);
  /// Combines all R * U values to one.
  Lane foldAll(const Lane &x, llvm::function_ref<Lane(Lane, Lane)> f);
  /// `x` repeated to the shape rows x cols.
  Lane spread(const Lane &x, int rows, int cols);

  /// The SSA values of several lanes as one list, and back again.
  static llvm::SmallVector<mlir::Value> flatten(llvm::ArrayRef<Lane> lanes);
  Lanes unflatten(mlir::ValueRange values, llvm::ArrayRef<Lane> like);

private:
  mlir::FloatType realType;
  mlir::IntegerType indexType;
};

// Arithmetic picks the float or the integer instruction by element type. Float
// add, subtract, multiply and negate carry `contract`, so that back ends may
// form fused multiply-adds, and no other fast-math flag: data may hold
// infinities and NaN, and expansions rely on the order of operations.
Lane operator+(const Lane &a, const Lane &b);
Lane operator-(const Lane &a, const Lane &b);
Lane operator*(const Lane &a, const Lane &b);
Lane operator/(const Lane &a, const Lane &b);
Lane operator-(const Lane &a);
// A number gets the precision of the lane.
Lane operator+(const Lane &a, double b);
Lane operator-(const Lane &a, double b);
Lane operator*(const Lane &a, double b);
Lane operator+(double a, const Lane &b);
Lane operator-(double a, const Lane &b);
Lane operator*(double a, const Lane &b);
Lane operator/(double a, const Lane &b);

// Without `contract`, where the rounding is the point.
Lane plainAdd(const Lane &a, const Lane &b);
Lane plainSub(const Lane &a, const Lane &b);
Lane plainMul(const Lane &a, const Lane &b);

// Comparisons give masks (i1). Ordered: false if either side is NaN.
Lane operator<(const Lane &a, const Lane &b);
Lane operator<=(const Lane &a, const Lane &b);
Lane operator==(const Lane &a, const Lane &b);
Lane operator&(const Lane &a, const Lane &b); // masks and integers
Lane operator|(const Lane &a, const Lane &b);
Lane operator^(const Lane &a, const Lane &b);
Lane shiftLeft(const Lane &a, int count);         // integers
Lane shiftRightLogical(const Lane &a, int count); // integers
Lane shiftRightSigned(const Lane &a, int count);  // integers
/// Is x NaN?
Lane isNaN(const Lane &x);
Lane select(const Lane &mask, const Lane &a, const Lane &b);
/// a < b ? a : b and its mirror image: b if either side is NaN, which is what
/// the hardware instruction does.
Lane min(const Lane &a, const Lane &b);
Lane max(const Lane &a, const Lane &b);

/// The same bits seen as another type of equal width.
Lane bitcast(const Lane &x, mlir::Type element);
/// Nearest float of a signed integer, and signed integer of a float that is
/// known to be integral and in range.
Lane toReal(const Lane &integer, mlir::FloatType type);
Lane toInteger(const Lane &real, mlir::IntegerType type);
/// f32 to f64 and back (rounding to nearest).
Lane convert(const Lane &real, mlir::FloatType type);

inline Lane exp(const Lane &x) { return x.machine->exp(x); }
inline Lane exp2(const Lane &x) { return x.machine->exp2(x); }
inline Lane log(const Lane &x) { return x.machine->log(x); }
inline Lane log2(const Lane &x) { return x.machine->log2(x); }
inline Lane sqrt(const Lane &x) { return x.machine->sqrt(x); }
inline Lane rsqrt(const Lane &x) { return x.machine->rsqrt(x); }
inline Lane pow(const Lane &x, const Lane &y) { return x.machine->pow(x, y); }
inline Lane floor(const Lane &x) { return x.machine->floor(x); }
inline Lane sin(const Lane &x) { return x.machine->sin(x); }
inline Lane cos(const Lane &x) { return x.machine->cos(x); }
inline Lane asin(const Lane &x) { return x.machine->asin(x); }
inline Lane acos(const Lane &x) { return x.machine->acos(x); }
inline Lane atan(const Lane &x) { return x.machine->atan(x); }
inline Lane atan2(const Lane &y, const Lane &x) {
  return y.machine->atan2(y, x);
}
inline Lane lesser(const Lane &x, const Lane &number) {
  return x.machine->lesser(x, number);
}
inline Lane greater(const Lane &x, const Lane &number) {
  return x.machine->greater(x, number);
}
Lane abs(const Lane &x);
/// x to an integer power, by repeated squaring; 1 / x^-n for negative n.
Lane powi(const Lane &x, int64_t n);
/// low if x < low, else high if high < x, else x.
Lane clamp(const Lane &x, const Lane &low, const Lane &high);
/// f - m floor((f - offset) / m), computed in f64: a quotient off by one unit
/// would be off by m.
Lane modulo(const Lane &f, const Lane &m, const Lane &offset);
/// x to `decimals` decimals, halves away from zero; computed in f64.
Lane roundDecimals(const Lane &x, int64_t decimals);

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_LANE_H
