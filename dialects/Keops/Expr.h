//===- Expr.h - the language in which derivatives are written ---*- C++ -*-===//
//
// An Expr is a formula value with + - * /, so that a partial derivative in
// Pointwise.td reads like mathematics. Each operator builds an op.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_EXPR_H
#define KEOPS_DIALECTS_KEOPS_EXPR_H

#include "dialects/Keops/Summation.h"
#include "mlir/IR/Builders.h"
#include <optional>

namespace keops {

class VecType;
class ConcatOp;
class IfElseOp;
class ComplexOp;

class Expr {
public:
  Expr(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value)
      : builder(&builder), location(location), v(value) {}

  mlir::Value value() const { return v; }
  VecType type() const;
  int64_t dim() const;
  /// A number in the working type of this value.
  Expr number(double c) const;
  Expr with(mlir::Value value) const { return {*builder, location, value}; }

  mlir::OpBuilder *builder;
  mlir::Location location;

private:
  mlir::Value v;
};

Expr operator+(Expr a, Expr b);
Expr operator-(Expr a, Expr b);
Expr operator*(Expr a, Expr b);
Expr operator/(Expr a, Expr b);
Expr operator-(Expr a);
// clang-format off
inline Expr operator+(double c, Expr a) { return a.number(c) + a; }
inline Expr operator-(double c, Expr a) { return a.number(c) - a; }
inline Expr operator*(double c, Expr a) { return a.number(c) * a; }
inline Expr operator/(double c, Expr a) { return a.number(c) / a; }
inline Expr operator-(Expr a, double c) { return a - a.number(c); }
// clang-format on
Expr exp(Expr x);
Expr log(Expr x);
Expr rsqrt(Expr x);
Expr square(Expr x);
Expr sign(Expr x);
Expr step(Expr x);
Expr floor(Expr x);
Expr sin(Expr x);
Expr cos(Expr x);
/// 1 where a < b, 0 elsewhere.
Expr lessThan(Expr a, Expr b);
/// 1 where a <= b, 0 elsewhere.
Expr lessOrEqual(Expr a, Expr b);
/// a where c >= 0, b elsewhere.
Expr ifElse(Expr c, Expr a, Expr b);
/// x where the row numbers `row` are `number`, else 0.
Expr ifRow(Expr x, Expr row, Expr number);
/// low where x < low, else high where x > high, else x.
Expr clamp(Expr x, Expr low, Expr high);
Expr diffClampInt(Expr x, int64_t a, int64_t b);
/// The derivative of sin(x) / x.
Expr sinXDivXSlope(Expr x);
Expr powi(Expr x, int64_t n);
Expr powf(Expr a, Expr b);
Expr concat(Expr a, Expr b);
Expr extract(Expr x, int64_t start, int64_t size);
/// x from component `start` on, zeros elsewhere, `size` components in all.
Expr placeAt(Expr x, int64_t start, int64_t size);
Expr oneHot(Expr x, int64_t size);
Expr argMax(Expr x);
Expr argMin(Expr x);
Expr matVec(Expr matrix, Expr x);
Expr vecMat(Expr x, Expr matrix);
Expr tensorProd(Expr a, Expr b);
Expr complexOf(Expr real, Expr imaginary);
Expr realPart(Expr x);
Expr imagPart(Expr x);

/// A partial derivative: a number, which folds away, or an Expr.
struct Partial {
  Partial(double number) : number(number) {}
  Partial(int number) : number(number) {}
  Partial(Expr expr) : expr(expr) {}
  double number = 0;
  std::optional<Expr> expr;
  bool isZero() const { return !expr && number == 0; }
};

/// Partial times cotangent or tangent; null if zero.
mlir::Value product(const Partial &partial, Expr x);

/// The usual reverse rule: the cotangent times each partial.
llvm::SmallVector<mlir::Value> times(Expr cotangent,
                                     std::initializer_list<Partial> partials);

/// Tangents of the operands of an op; an absent one is zero.
class Tangents {
public:
  Tangents(mlir::OpBuilder &builder, mlir::Location location,
           llvm::ArrayRef<mlir::Value> values)
      : builder(&builder), location(location), values(values) {}
  std::optional<Expr> operator[](size_t k) const {
    if (!values[k])
      return std::nullopt;
    return Expr(*builder, location, values[k]);
  }

private:
  mlir::OpBuilder *builder;
  mlir::Location location;
  llvm::ArrayRef<mlir::Value> values;
};

/// The usual forward rule: the sum of partial times tangent, as a `result`.
mlir::Value push(const Tangents &tangents,
                 std::initializer_list<Partial> partials, VecType result);

llvm::SmallVector<mlir::Value> splitConcat(ConcatOp op, Expr cotangent);
mlir::Value joinConcat(ConcatOp op, const Tangents &tangents);
mlir::Value chooseTangent(IfElseOp op, const Tangents &tangents);
mlir::Value joinComplex(ComplexOp op, const Tangents &tangents);

/// The forward rule of an op that is linear in each of two operands.
mlir::Value pushBilinear(mlir::Operation *op, const Tangents &tangents);
/// The reverse rule of TensorDot and Kron: two more TensorDots.
llvm::SmallVector<mlir::Value> splitTensorDot(mlir::Operation *op,
                                              Expr cotangent);

/// The one place where components and axes are spread or summed: `value` as a
/// value of type `type`. More components than `type`: their sum. Fewer
/// components or axes: a broadcast. More axes: their sum if `closeAxes`, else
/// they stay. Sums over axes add up as `summation` says.
mlir::Value conform(mlir::OpBuilder &builder, mlir::Location location,
                    mlir::Value value, VecType type, bool closeAxes,
                    Summation summation = {});

/// A dim-1 number, or zeros of any type.
mlir::Value makeNumber(mlir::OpBuilder &builder, mlir::Location location,
                       double number, mlir::Type scalar);
mlir::Value makeZero(mlir::OpBuilder &builder, mlir::Location location,
                     VecType type);

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_EXPR_H
