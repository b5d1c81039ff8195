//===- Reference.cpp - what the language says of itself is true -----------===//
//
// Over all names, so that a new record is held to it without a test of its own.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Reference.h"
#include "compiler/Driver/Compiler.h"
#include "compiler/Frontend/Frontend.h"
#include "test/Unit/Equations.h"

using namespace keops;
using namespace keops::test;

namespace {

class Reference : public ::testing::Test {
protected:
  /// Compiles equations as one file, and computes them.
  std::vector<::testing::AssertionResult>
  compute(const std::vector<Equation> &equations);

  static std::unique_ptr<mlir::MLIRContext> load() {
    std::unique_ptr<mlir::MLIRContext> context = makeContext();
    context->getOrLoadDialect<KeopsDialect>();
    return context;
  }

  std::unique_ptr<mlir::MLIRContext> context = load();
  Catalogue catalogue{context.get()};
  std::vector<ReferenceChapter> chapters =
      makeReference(catalogue, context.get());
};

std::vector<::testing::AssertionResult>
Reference::compute(const std::vector<Equation> &equations) {
  std::string text, messages, reason;
  for (auto [index, equation] : llvm::enumerate(equations))
    text += equation.kernel("e" + std::to_string(index));
  llvm::raw_string_ostream errors(messages);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "examples.keops"),
      llvm::SMLoc());
  FormulaDiagnostics diagnostics(sources, context.get(), errors);
  CompileOptions options;
  options.isas = {*nativeIsa()};
  auto module = parseKeopsFile(sources, context.get());
  std::vector<KernelSignature> kernels;
  llvm::FailureOr<llvm::SmallVector<char, 0>> bytes = llvm::failure();
  if (module) {
    kernels = signaturesOf(*module);
    if (succeeded(advance(*module, Stage::Formula, Stage::Llvm, options)))
      bytes = emitCode(*module, Stage::Obj);
  }
  std::vector<::testing::AssertionResult> results;
  auto object = succeeded(bytes) ? LoadedObject::load(*bytes, reason) : nullptr;
  if (!object)
    return {::testing::AssertionFailure() << messages << reason};
  for (auto [equation, kernel] : llvm::zip_equal(equations, kernels))
    results.push_back(equation.holds(kernel, object->card(kernel.name)));
  return results;
}

TEST_F(Reference, ExamplesAndSpecialValuesAreTrue) {
  for (const ReferenceChapter &chapter : chapters)
    for (const ReferenceEntry &entry : chapter.entries) {
      std::vector<Equation> equations;
      for (llvm::StringRef example : entry.examples)
        equations.emplace_back(example, catalogue);
      for (llvm::StringRef line : entry.special)
        if (line.contains(" = ")) // others are remarks
          equations.emplace_back(line, catalogue);
      if (equations.empty())
        continue;
      for (const ::testing::AssertionResult &result : compute(equations))
        EXPECT_TRUE(result);
    }
}

TEST_F(Reference, NothingIsMissing) {
  std::vector<std::string> missing;
  for (const ReferenceChapter &chapter : chapters)
    for (const ReferenceEntry &entry : chapter.entries) {
      auto expect = [&](llvm::StringRef what, bool isThere) {
        if (!isThere)
          missing.push_back(entry.name + ": " + what.str());
      };
      expect("summary", !entry.summary.empty());
      if (!chapter.isComplete)
        continue;
      expect("dimension", !entry.dimension.empty());
      expect("example", !entry.examples.empty());
      // What is short for something has its derivative, and a variable none.
      if (chapter.title.starts_with("operations") ||
          chapter.title.starts_with("reductions"))
        expect("derivative", !entry.derivative.empty());
    }
  EXPECT_EQ(missing, std::vector<std::string>());
}

// A test of the test: wrong equations do not hold.
TEST_F(Reference, WrongEquationsAreFound) {
  std::vector<Equation> equations;
  for (const char *wrong :
       {"Exp(0) = 2", "Exp(1) = 2.719...", "Rsqrt'(0) = 1", "Log(0) = inf",
        "Sum([1, 2, 3]) = 7", "Min_ArgMin([3, 1]) = 1, 0",
        "Norm2((3, 4)) = nan", "x = 3: Grad(Square(x), x, 1) = 5",
        "Concat(1, 2) = 1"})
    equations.emplace_back(wrong, catalogue);
  std::vector<::testing::AssertionResult> results = compute(equations);
  EXPECT_EQ(results.size(), equations.size());
  for (const ::testing::AssertionResult &result : results) {
    EXPECT_FALSE(result);
    EXPECT_NE(llvm::StringRef(result.message()).find("does not hold"),
              llvm::StringRef::npos)
        << result.message();
  }
}

TEST_F(Reference, DetailsNameAllThatIsKnown) {
  std::string text;
  llvm::raw_string_ostream os(text);
  EXPECT_FALSE(printOperation(context.get(), "Sum", os));
  EXPECT_NE(text.find("Sum(x)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n\nSum(f, axis=a)\n"), std::string::npos) << text;
  llvm::Error unknown = printOperation(context.get(), "SqNorm", os);
  EXPECT_EQ(llvm::toString(std::move(unknown)),
            "no operation 'SqNorm'; did you mean 'SqNorm2'?");
}

} // namespace
