//===- Card.h - launch cards and entry functions ----------------*- C++ -*-===//
//
// A `tile.plan` becomes, in LLVM IR,
//
//   keops_card_NAME   the constant of runtime/Card.h, with all that it points
//                     to: position independent and, once relocated, read-only
//   NAME              int NAME(const keops_call *, int64_t M, int64_t N,
//                              inputs..., outputs...)
//                     which hands the card and its arguments to the runtime
//
// and the functions that the card names become private to the object. No user
// can name a kernel keops_card_NAME: names that start with keops_ are refused.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_DRIVER_CARD_H
#define KEOPS_COMPILER_DRIVER_CARD_H

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace keops {

/// Makes plans part of the translation to LLVM IR.
void registerCardTranslation(mlir::DialectRegistry &registry);

/// The symbol of a kernel's card.
std::string cardSymbol(llvm::StringRef kernel);

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_CARD_H
