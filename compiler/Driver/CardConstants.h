//===- CardConstants.h - the data of cards in LLVM's terms ------*- C++ -*-===//

#ifndef KEOPS_COMPILER_DRIVER_CARDCONSTANTS_H
#define KEOPS_COMPILER_DRIVER_CARDCONSTANTS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"

namespace keops {

/// Constants of an LLVM module: of cards and what they point to.
class CardConstants {
public:
  explicit CardConstants(llvm::Module &module) : module(module) {}

  llvm::Constant *i32(int64_t value) const {
    return llvm::ConstantInt::getSigned(
        llvm::Type::getInt32Ty(module.getContext()), value);
  }
  llvm::Constant *i64(int64_t value) const {
    return llvm::ConstantInt::getSigned(
        llvm::Type::getInt64Ty(module.getContext()), value);
  }
  llvm::Constant *f64(double value) const {
    return llvm::ConstantFP::get(llvm::Type::getDoubleTy(module.getContext()),
                                 value);
  }
  llvm::PointerType *pointerType() const {
    return llvm::PointerType::getUnqual(module.getContext());
  }
  llvm::Constant *null() const {
    return llvm::ConstantPointerNull::get(pointerType());
  }
  llvm::Constant *fields(llvm::ArrayRef<llvm::Constant *> values) const {
    return llvm::ConstantStruct::getAnon(values);
  }
  /// A pointer to the text.
  llvm::Constant *text(llvm::StringRef value) const {
    return place(
        llvm::ConstantDataArray::getString(module.getContext(), value));
  }
  /// A pointer to the first of the elements, null if there are none.
  llvm::Constant *array(llvm::ArrayRef<llvm::Constant *> elements) const {
    if (elements.empty())
      return null();
    auto *type =
        llvm::ArrayType::get(elements.front()->getType(), elements.size());
    return place(llvm::ConstantArray::get(type, elements));
  }

private:
  llvm::Constant *place(llvm::Constant *value) const {
    auto *global = new llvm::GlobalVariable(module, value->getType(),
                                            /*isConstant=*/true,
                                            llvm::GlobalValue::PrivateLinkage,
                                            value, "keops_card_data");
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return global;
  }

  llvm::Module &module;
};

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_CARDCONSTANTS_H
