//===- OutputFiles.h - all files or none ------------------------*- C++ -*-===//
//
// Results go to temporary files beside their places and are renamed when all
// of them are complete: a failed run leaves no half of a file, and not the
// object of one formula beside the header of another.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TOOLS_OUTPUTFILES_H
#define KEOPS_TOOLS_OUTPUTFILES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <vector>

namespace keops {

class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  /// Files that were not committed are removed.
  ~OutputFiles();

  /// Writes one file; "-" is standard output. What is no regular file, as a
  /// pipe, is written to at once.
  llvm::Error add(llvm::StringRef path,
                  llvm::function_ref<void(llvm::raw_ostream &)> write);
  llvm::Error add(llvm::StringRef path, llvm::StringRef content) {
    return add(path, [&](llvm::raw_ostream &os) { os << content; });
  }

  /// Puts all files in their places.
  llvm::Error commit();

private:
  struct File {
    std::string path;
    llvm::sys::fs::TempFile temporary;
  };
  std::vector<File> files;
};

} // namespace keops

#endif // KEOPS_TOOLS_OUTPUTFILES_H
