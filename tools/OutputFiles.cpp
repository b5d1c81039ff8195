//===- OutputFiles.cpp - all files or none --------------------------------===//

#include "tools/OutputFiles.h"

using namespace llvm;

namespace keops {

static Error cannotWrite(StringRef path, const Twine &reason) {
  return createStringError(path + ": cannot be written: " + reason);
}

OutputFiles::~OutputFiles() {
  for (File &file : files)
    consumeError(file.temporary.discard());
}

/// Writes to an open file; failures, as a full disk, are not left for the
/// destructor of the stream, which would end the program.
static Error writeTo(raw_fd_ostream &os, StringRef path,
                     function_ref<void(raw_ostream &)> write) {
  write(os);
  os.flush();
  std::error_code code = os.error();
  os.clear_error();
  return code ? cannotWrite(path, code.message()) : Error::success();
}

static bool isSpecial(StringRef path) {
  sys::fs::file_status status;
  return !sys::fs::status(path, status) && sys::fs::exists(status) &&
         status.type() != sys::fs::file_type::regular_file;
}

Error OutputFiles::add(StringRef path,
                       function_ref<void(raw_ostream &)> write) {
  if (path == "-" || isSpecial(path)) {
    std::error_code code;
    raw_fd_ostream os(path, code, sys::fs::OF_None);
    if (code)
      return cannotWrite(path, code.message());
    return writeTo(os, path, write);
  }
  Expected<sys::fs::TempFile> temporary = sys::fs::TempFile::create(
      path + ".%%%%%%.tmp", sys::fs::all_read | sys::fs::all_write);
  if (!temporary)
    return cannotWrite(path, toString(temporary.takeError()));
  files.push_back({path.str(), std::move(*temporary)});
  raw_fd_ostream os(files.back().temporary.FD, /*shouldClose=*/false);
  return writeTo(os, path, write);
}

Error OutputFiles::commit() {
  for (File &file : files)
    if (Error failed = file.temporary.keep(file.path))
      return cannotWrite(file.path, toString(std::move(failed)));
  files.clear();
  return Error::success();
}

} // namespace keops
