//===- Cubin.cpp - from PTX to machine code of GPUs -----------------------===//

#include "compiler/Codegen/Cubin.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace keops {

std::optional<std::string> findPtxas() {
  ErrorOr<std::string> path = sys::findProgramByName("ptxas");
  if (!path)
    path = sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"});
  return path ? std::optional(*path) : std::nullopt;
}

namespace {
/// A file that is gone when its name is.
class ScratchFile {
public:
  explicit ScratchFile(StringRef suffix) {
    problem = sys::fs::createTemporaryFile("keopsc", suffix, path);
    if (!problem)
      remover.setFile(path);
  }
  std::error_code problem;
  SmallString<128> path;

private:
  FileRemover remover;
};
} // namespace

static std::string contentOf(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(path);
  return file ? (*file)->getBuffer().str() : "";
}

/// Bytes of spill stores that do no harm: the assembler keeps in memory what is
/// needed once in a while, so that more threads fit. See
/// docs/rationale/gpu-schedule.md.
static constexpr uint64_t kHarmlessSpills = 100;

/// Reads what `ptxas -v` says of each function:
///   Function properties for NAME
///     8 bytes stack frame, 4 bytes spill stores, 4 bytes spill loads
static std::vector<std::string> spillingIn(StringRef log) {
  std::vector<std::string> names;
  StringRef name, line;
  while (!log.empty()) {
    std::tie(line, log) = log.split('\n');
    if (size_t at = line.find("Function properties for ");
        at != StringRef::npos)
      name = line.substr(at).split("for ").second.trim();
    else if (line.contains(" bytes spill stores")) {
      StringRef count = line.split("frame, ").second;
      uint64_t bytes = 0;
      if (!count.consumeInteger(10, bytes) && bytes > kHarmlessSpills)
        names.push_back(name.str());
    }
  }
  return names;
}

FailureOr<Cubin> assemblePtx(StringRef ptxas, StringRef ptx, int arch,
                             mlir::Location location) {
  ScratchFile text("ptx"), code("cubin"), messages("log");
  for (const ScratchFile *file : {&text, &code, &messages})
    if (file->problem) {
      mlir::emitError(location)
          << "no temporary file for ptxas: " << file->problem.message();
      return failure();
    }
  {
    std::error_code problem;
    raw_fd_ostream os(text.path, problem);
    os << ptx;
    os.close();
    if (problem || os.has_error()) {
      os.clear_error();
      mlir::emitError(location) << text.path << ": cannot be written";
      return failure();
    }
  }
  std::string name = "sm_" + std::to_string(arch);
  std::string target = "-arch=" + name, reason;
  StringRef arguments[] = {ptxas, "-v", target, text.path, "-o", code.path};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(messages.path),
                                          StringRef(messages.path)};
  int status =
      sys::ExecuteAndWait(ptxas, arguments, std::nullopt, redirects,
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &reason);
  Cubin cubin{contentOf(code.path), {}};
  std::string said = contentOf(messages.path);
  if (status == 0 && !cubin.code.empty()) {
    cubin.spilling = spillingIn(said);
    return cubin;
  }
  mlir::emitError(location)
      << "ptxas makes no code for " << name << ": "
      << (reason.empty() ? StringRef(said).rtrim() : StringRef(reason));
  return failure();
}

} // namespace keops
