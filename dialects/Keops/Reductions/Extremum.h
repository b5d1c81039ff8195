//===- Extremum.h - shared by Min, ArgMin, KMin and mirrors -----*- C++ -*-===//

#ifndef KEOPS_DIALECTS_KEOPS_REDUCTIONS_EXTREMUM_H
#define KEOPS_DIALECTS_KEOPS_REDUCTIONS_EXTREMUM_H

#include "dialects/Keops/Keops.h"
#include <limits>

namespace keops {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What a reduction returns. Its state has row numbers unless it is Values.
enum class Returned { Values, Rows, Both };

/// The result types of reductions that return values or row numbers, `copies`
/// of each component.
inline llvm::LogicalResult
inferExtremum(llvm::StringRef name, Locus location,
              llvm::ArrayRef<VecType> operands, Axes over, int64_t copies,
              Returned returned, llvm::SmallVectorImpl<mlir::Type> &results) {
  if (operands.size() != 1 || !operands[0].isReal())
    return mlir::emitOptionalError(location, name, " takes one formula");
  VecType type = operands[0];
  if (copies > kMaxDim / type.getDim())
    return mlir::emitOptionalError(location, name, " keeps ", copies, " times ",
                                   type.getDim(), " numbers, more than ",
                                   kMaxDim);
  mlir::Type rowNumber = mlir::IntegerType::get(type.getContext(), 64);
  auto add = [&](mlir::Type scalar) {
    results.push_back(VecType::get(type.getContext(), copies * type.getDim(),
                                   scalar, withoutAxes(type.getAxes(), over)));
  };
  if (returned != Returned::Rows)
    add(type.getScalar());
  if (returned != Returned::Values)
    add(rowNumber);
  return llvm::success();
}

/// The k best values of each component, and their columns, once those of the
/// columns of x are taken in. Most blocks have none that is among them, which
/// one test finds out. State: as in KMin.cpp.
Lanes bestOfBlock(Machine &machine, Order order, int64_t k, const Lanes &state,
                  const Lanes &x, const Lane &j);

/// The k first of the column numbers 0, 1, ... in ascending order of value
/// (descending if `greatest`), equal values in order of column, NaN and
/// infinite values left out. Missing ones are -1.
inline llvm::SmallVector<int64_t>
bestColumns(llvm::ArrayRef<llvm::SmallVector<double>> values, int64_t component,
            int64_t k, bool greatest) {
  double sign = greatest ? -1 : 1;
  llvm::SmallVector<int64_t> order;
  for (size_t n = 0; n < values.size(); ++n)
    if (sign * values[n][component] < kInfinity)
      order.push_back(n);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return sign * values[a][component] < sign * values[b][component];
  });
  order.resize(k, -1);
  return order;
}

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_EXTREMUM_H
