//===- Jit.h - an object file loaded into this process ----------*- C++ -*-===//
//
// What `ld` and the dynamic linker would do with an object on disk, done in
// memory by ORC. The code that runs is that of the object, byte for byte.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CODEGEN_JIT_H
#define KEOPS_COMPILER_CODEGEN_JIT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace keops {

/// A function of this process that objects may call.
struct Import {
  llvm::StringRef name;
  const void *address;
};

/// Code and data stay where they are until the Jit is destroyed. Different
/// threads may load different objects at the same time.
class Jit {
public:
  static llvm::Expected<std::unique_ptr<Jit>>
  load(llvm::ArrayRef<char> object, llvm::ArrayRef<Import> imports);
  ~Jit();

  /// The address of a symbol that the object shows, null if there is none.
  void *lookup(llvm::StringRef name) const { return exports.lookup(name); }

private:
  explicit Jit(std::unique_ptr<llvm::orc::LLJIT> session);
  llvm::Error link(llvm::ArrayRef<char> object, llvm::ArrayRef<Import> imports);

  std::unique_ptr<llvm::orc::LLJIT> session;
  llvm::StringMap<void *> exports;
};

} // namespace keops

#endif // KEOPS_COMPILER_CODEGEN_JIT_H
