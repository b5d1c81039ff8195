//===- Artifacts.cpp - the files that keopsc leaves -----------------------===//

#include "tools/keopsc/Artifacts.h"
#include "compiler/Driver/Header.h"
#include "tools/OutputFiles.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace keops {

static std::string withExtension(StringRef path, StringRef extension) {
  SmallString<128> result(path);
  sys::path::replace_extension(result, extension);
  return std::string(result);
}

static bool isFile(StringRef path) { return !path.empty() && path != "-"; }

Artifacts artifactsFor(const CompilerOptions &options,
                       ArrayRef<KernelSignature> kernels) {
  Artifacts artifacts{options.output, options.header, options.dependencies};
  bool object = options.emit == Stage::Obj;
  std::string name = isFile(options.source.file)
                         ? sys::path::stem(options.source.file).str()
                         : kernels.front().name;
  if (artifacts.output.empty())
    artifacts.output = object ? name + ".o" : "-";
  // Text is for reading: a header beside it only if one is asked for.
  if (artifacts.header.empty() && object && artifacts.output != "-")
    artifacts.header = withExtension(artifacts.output, "h");
  if (artifacts.dependencies.empty() && options.writeDependencies)
    artifacts.dependencies =
        withExtension(artifacts.output == "-" ? name : artifacts.output, "d");
  return artifacts;
}

/// A path as make and ninja read it.
static std::string escaped(StringRef path) {
  std::string result;
  for (char c : path) {
    if (c == ' ' || c == '#')
      result += '\\';
    if (c == '$')
      result += '$';
    result += c;
  }
  return result;
}

std::string dependencyRule(const Artifacts &artifacts, StringRef input) {
  std::string rule;
  for (StringRef target : {artifacts.output, artifacts.header})
    if (isFile(target))
      rule += escaped(target) + " ";
  if (!rule.empty())
    rule.pop_back();
  rule += ":";
  if (isFile(input))
    rule += " " + escaped(input);
  return rule + "\n";
}

/// No file may take the place of another, least of all of the formula.
static Error checkDistinct(const Artifacts &artifacts, StringRef input) {
  SmallVector<StringRef> paths;
  for (StringRef path :
       {input, StringRef(artifacts.output), StringRef(artifacts.header),
        StringRef(artifacts.dependencies)}) {
    if (!isFile(path))
      continue;
    if (is_contained(paths, path))
      return createStringError(path + ": would be overwritten" +
                               (path == input ? "" : " by another result") +
                               "; choose other names with -o, --header, -MF");
    paths.push_back(path);
  }
  return Error::success();
}

Error writeArtifacts(const CompilerOptions &options,
                     ArrayRef<KernelSignature> kernels, StringRef content) {
  Artifacts artifacts = artifactsFor(options, kernels);
  if (Error failed = checkDistinct(artifacts, options.source.file))
    return failed;
  OutputFiles files;
  if (Error failed = files.add(artifacts.output, content))
    return failed;
  if (!artifacts.header.empty())
    if (Error failed = files.add(
            artifacts.header,
            makeHeader(sys::path::filename(artifacts.header), kernels)))
      return failed;
  if (!artifacts.dependencies.empty())
    if (Error failed =
            files.add(artifacts.dependencies,
                      dependencyRule(artifacts, options.source.file)))
      return failed;
  return files.commit();
}

} // namespace keops
