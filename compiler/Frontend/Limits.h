//===- Limits.h - what a formula may ask for --------------------*- C++ -*-===//

#ifndef KEOPS_COMPILER_FRONTEND_LIMITS_H
#define KEOPS_COMPILER_FRONTEND_LIMITS_H

#include "mlir/IR/Diagnostics.h"
#include <array>
#include <cstdint>

namespace keops {

/// A bound on what a formula may ask for, so that a hostile or mistaken one
/// meets an error message and not the end of memory.
struct Limit {
  int64_t value;
  const char *name; // in errors: "the limit of 256 on nesting depth"
  const char *flag; // raises it
};

struct FrontendLimits {
  Limit nesting = {256, "nesting depth", "--max-nesting"};
  Limit nodes = {100000, "the number of nodes of a formula", "--max-nodes"};
  Limit dimension = {65536, "the dimension of a value", "--max-dimension"};
  Limit order = {8, "the order of derivatives", "--max-order"};
  Limit kept = {65536, "the number K of kept values", "--max-kept"};
  Limit text = {16 << 20, "the size of a text in bytes", "--max-text"};

  /// All of them, for tools that offer the flags.
  std::array<Limit *, 6> all() {
    return {&nesting, &nodes, &dimension, &order, &kept, &text};
  }
};

/// `the limit of 256 on nesting depth is exceeded; raise it with --max-nesting`
inline mlir::InFlightDiagnostic exceeds(mlir::Location location,
                                        const Limit &limit) {
  return mlir::emitError(location)
         << "the limit of " << limit.value << " on " << limit.name
         << " is exceeded; raise it with " << limit.flag;
}

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_LIMITS_H
