//===- Cache.h - compiled code in a folder of the user ----------*- C++ -*-===//
//
// One file for each kernel, named by the hash of all that it depends on:
//
//   keopsc-kernel 1
//   <hash of what it was made from, the name of the file>
//   <hash of the bytes that follow>
//   <bytes>
//
// Files are written under another name and renamed, so that a reader sees a
// whole file or none, whatever other processes do. What is read is code that
// will run: the folder and the file must belong to this user and be writable
// by nobody else, and the hashes must fit. Whatever is wrong with a folder or
// a file, the answer is that there is nothing, and the kernel is compiled.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_LIBRARY_CACHE_H
#define KEOPS_COMPILER_LIBRARY_CACHE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace keops {

/// The hash of a text, as 64 hexadecimal digits.
std::string hashOf(llvm::StringRef text);

class Cache {
public:
  /// A cache in a folder that need not be there; no folder, no cache.
  explicit Cache(std::string folder) : folder(std::move(folder)) {}
  /// The one that the environment of this process asks for.
  static const Cache &ofUser();

  /// What was kept under a key, which is a hash.
  std::optional<llvm::SmallVector<char, 0>> find(llvm::StringRef key) const;
  /// Keeps bytes, or does nothing if that is not possible.
  void keep(llvm::StringRef key, llvm::ArrayRef<char> bytes) const;

  llvm::StringRef getFolder() const { return folder; }

private:
  std::string folder;
};

} // namespace keops

#endif // KEOPS_COMPILER_LIBRARY_CACHE_H
