//===- Reference.h - the language as its users look it up -------*- C++ -*-===//
//
// What the records, the sugar and the parser say of each name, in chapters:
// `keopsc --list-ops` and the tables of docs/formula-language.md.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_REFERENCE_H
#define KEOPS_COMPILER_FRONTEND_REFERENCE_H

#include "compiler/Frontend/Catalogue.h"

namespace keops {

struct ReferenceEntry {
  std::string name, signature, summary;
  llvm::SmallVector<std::string, 1> definitions = {}; // of sugar
  std::string options = {}; // arguments that may be left out
  std::string dimension = {}, derivative = {};
  llvm::SmallVector<llvm::StringRef, 1> examples = {};
  llvm::SmallVector<llvm::StringRef> special = {}; // equations and remarks
};

struct ReferenceChapter {
  llvm::StringRef title;
  std::vector<ReferenceEntry> entries;
  /// Do its entries have dimensions and examples? Not so operators and other
  /// spellings, which stand for entries of other chapters.
  bool isComplete = true;
};

std::vector<ReferenceChapter> makeReference(const Catalogue &catalogue,
                                            mlir::MLIRContext *context);

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_REFERENCE_H
