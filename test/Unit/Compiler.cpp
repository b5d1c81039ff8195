//===- Compiler.cpp - the road as a whole ---------------------------------===//

#include "compiler/Driver/Compiler.h"
#include "compiler/Frontend/Frontend.h"
#include "keops/runtime.h"
#include "test/Unit/Modules.h"
#include <cmath>

using namespace keops;
using namespace keops::test;

namespace {

class CompilerTest : public ModuleTest {
protected:
  mlir::OwningOpRef<mlir::ModuleOp> read(std::string text) {
    sources.AddNewSourceBuffer(
        llvm::MemoryBuffer::getMemBufferCopy(text, "test.keops"),
        llvm::SMLoc());
    auto module = parseKeopsFile(sources, context.get());
    EXPECT_TRUE(module) << messages;
    return module;
  }
  static std::string print(mlir::ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return text;
  }

  llvm::SourceMgr sources;
};

constexpr const char kGauss[] = R"(
kernel gauss
  G = Pm(1)
  X = Vi(3)
  Y = Vj(3)
  B = Vj(2)
  reduce Sum(Exp(-G * SqDist(X, Y)) * B, axis=1)
  grad X
)";

std::vector<float> fractions(int64_t count, unsigned seed) {
  std::vector<float> numbers(count);
  for (float &number : numbers) {
    seed = seed * 1664525u + 1013904223u;
    number = float(seed >> 8) / float(1 << 24);
  }
  return numbers;
}

} // namespace

TEST_F(CompilerTest, StagesHaveNames) {
  for (Stage stage :
       {Stage::Formula, Stage::Grad, Stage::Stable, Stage::Tile, Stage::Cpu,
        Stage::Gpu, Stage::Llvm, Stage::Ptx, Stage::Asm, Stage::Obj})
    EXPECT_EQ(parseStage(stageName(stage)), stage);
  EXPECT_EQ(stageName(Stage::Stable), "stable");
  EXPECT_FALSE(parseStage("object"));
  EXPECT_FALSE(parseStage(""));
}

TEST_F(CompilerTest, ReadsSignatures) {
  auto module = read(kGauss);
  ASSERT_TRUE(module);
  std::vector<KernelSignature> kernels = signaturesOf(*module);
  ASSERT_EQ(kernels.size(), 3u);
  EXPECT_EQ(kernels[0].name, "gauss");
  EXPECT_NE(kernels[0].text, "");
  ASSERT_EQ(kernels[0].inputs.size(), 4u);
  EXPECT_EQ(kernels[0].inputs[0].name, "G");
  EXPECT_EQ(kernels[0].inputs[0].axis, Axes::p);
  EXPECT_EQ(kernels[0].inputs[3].axis, Axes::j);
  EXPECT_EQ(kernels[0].inputs[3].dim, 2);
  ASSERT_EQ(kernels[0].outputs.size(), 1u);
  EXPECT_EQ(kernels[0].outputs[0].name, "out");
  EXPECT_EQ(kernels[0].outputs[0].axis, Axes::i);
  EXPECT_TRUE(kernels[0].outputs[0].scalar.isF32());
  EXPECT_EQ(kernels[1].name, "gauss_grad_X");
  EXPECT_EQ(kernels[1].inputs.back().name, "e");
  EXPECT_EQ(kernels[1].outputs[0].name, "out");
  EXPECT_EQ(kernels[1].outputs[0].dim, 3);
  EXPECT_EQ(kernels[2].name, "gauss_value_and_grad");
  ASSERT_EQ(kernels[2].outputs.size(), 2u);
  EXPECT_EQ(kernels[2].outputs[0].name, "out");
  EXPECT_EQ(kernels[2].outputs[1].name, "grad_X");
  EXPECT_EQ(kernelNames(*module), llvm::SmallVector<std::string>{"gauss"});
}

TEST_F(CompilerTest, GoesStageByStageAsInOneStep) {
  auto once = read(kGauss), often = read(kGauss);
  ASSERT_TRUE(once && often);
  StageTimes times;
  ASSERT_TRUE(succeeded(
      advance(*once, Stage::Formula, Stage::Llvm, CompileOptions(), &times)));
  std::vector<std::string> names;
  for (const StageTime &time : times) {
    names.push_back(time.name);
    EXPECT_GT(time.milliseconds, 0);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"grad", "stable", "tile", "cpu",
                                             "llvm"}));
  Stage from = Stage::Formula;
  for (Stage to :
       {Stage::Grad, Stage::Stable, Stage::Tile, Stage::Cpu, Stage::Llvm}) {
    ASSERT_TRUE(succeeded(advance(*often, from, to, CompileOptions())));
    from = to;
  }
  EXPECT_EQ(print(*once), print(*often));
  auto object = emitCode(*once, Stage::Obj, &times);
  ASSERT_TRUE(succeeded(object));
  EXPECT_EQ(times.back().name, "obj");
  // Making code leaves the module as it was.
  EXPECT_EQ(print(*once), print(*often));
}

TEST_F(CompilerTest, ShowsNoOpsToUsers) {
  auto module = read(kGauss);
  ASSERT_TRUE(module);
  int notes = 0;
  mlir::ScopedDiagnosticHandler handler(
      context.get(), [&](mlir::Diagnostic &diagnostic) {
        notes += llvm::size(diagnostic.getNotes());
        messages += diagnostic.str() + "\n";
        return llvm::success();
      });
  CompileOptions options;
  options.maxUnrolled = 1;
  EXPECT_TRUE(failed(advance(*module, Stage::Formula, Stage::Tile, options)));
  EXPECT_NE(messages.find("--max-unrolled"), std::string::npos) << messages;
  EXPECT_EQ(notes, 0);
}

TEST_F(CompilerTest, MakesFilesFromStageLlvmOnly) {
  auto module = read(kGauss);
  ASSERT_TRUE(module);
  for (Stage stage : {Stage::Asm, Stage::Obj}) {
    messages.clear();
    EXPECT_TRUE(
        failed(advance(*module, Stage::Formula, stage, CompileOptions())));
    EXPECT_EQ(messages,
              ("there is no way to stage " + stageName(stage) + "\n").str());
  }
}

TEST_F(CompilerTest, GoesByTheGpuWhereCodeForItIsWanted) {
  auto module = read(kGauss), text = read(kGauss);
  ASSERT_TRUE(module && text);
  CompileOptions options;
  options.device = true;
  StageTimes times;
  ASSERT_TRUE(succeeded(
      advance(*module, Stage::Formula, Stage::Llvm, options, &times)));
  std::vector<std::string> names;
  for (const StageTime &time : times)
    names.push_back(time.name);
  EXPECT_EQ(names, (std::vector<std::string>{"grad", "stable", "tile", "gpu",
                                             "ptx", "cpu", "llvm"}));
  // The text in the object is the one that is shown.
  options.host = false;
  ASSERT_TRUE(succeeded(advance(*text, Stage::Formula, Stage::Ptx, options)));
  auto ptx = emitCode(*text, Stage::Ptx),
       object = emitCode(*module, Stage::Obj);
  ASSERT_TRUE(succeeded(ptx) && succeeded(object));
  llvm::StringRef shown(ptx->data(), ptx->size());
  EXPECT_TRUE(shown.contains(".target sm_75"));
  EXPECT_TRUE(llvm::StringRef(object->data(), object->size()).contains(shown));
}

TEST_F(CompilerTest, KnowsArchitecturesThatThereIsCodeFor) {
  EXPECT_EQ(parseArch("sm_75"), 75);
  EXPECT_EQ(parseArch("sm_90"), 90);
  EXPECT_EQ(parseArch("sm_120"), 120);
  for (const char *name :
       {"sm_70", "sm_91", "sm_", "75", "sm_90a", "compute_75"})
    EXPECT_FALSE(parseArch(name)) << name;
}

TEST_F(CompilerTest, MakesCodeForTheInstructionSetsAskedFor) {
  auto module = read(kGauss);
  ASSERT_TRUE(module);
  CompileOptions options;
  options.isas = {tile::Isa::V3};
  ASSERT_TRUE(succeeded(advance(*module, Stage::Formula, Stage::Cpu, options)));
  std::string text = print(*module);
  EXPECT_NE(text.find("sweep_v3"), std::string::npos);
  EXPECT_EQ(text.find("sweep_v2"), std::string::npos);
  EXPECT_EQ(text.find("sweep_v4"), std::string::npos);
}

// From text to numbers, with every instruction set that this machine has.
TEST_F(CompilerTest, ComputesTheGaussian) {
  auto native = nativeIsa();
  ASSERT_TRUE(native);
  constexpr int64_t M = 37, N = 530;
  std::vector<float> G = {0.7f}, X = fractions(M * 3, 1),
                     Y = fractions(N * 3, 2), B = fractions(N * 2, 3);
  const void *inputs[] = {G.data(), X.data(), Y.data(), B.data()};
  for (tile::Isa isa : {tile::Isa::V2, tile::Isa::V3, tile::Isa::V4}) {
    if (isa > *native)
      continue;
    auto module = read(kGauss);
    ASSERT_TRUE(module);
    CompileOptions options;
    options.isas = {isa};
    ASSERT_TRUE(
        succeeded(advance(*module, Stage::Formula, Stage::Llvm, options)));
    auto bytes = emitCode(*module, Stage::Obj);
    ASSERT_TRUE(succeeded(bytes));
    std::string error;
    auto object = LoadedObject::load(*bytes, error);
    ASSERT_TRUE(object) << error;
    std::vector<float> out(M * 2, -1);
    void *outputs[] = {out.data()};
    ASSERT_EQ(
        keops_rt_launch(object->card("gauss"), nullptr, M, N, inputs, outputs),
        KEOPS_OK)
        << keops_last_error();
    for (int64_t i = 0; i < M; ++i)
      for (int64_t c = 0; c < 2; ++c) {
        double sum = 0;
        for (int64_t j = 0; j < N; ++j) {
          double distance = 0;
          for (int64_t k = 0; k < 3; ++k)
            distance += std::pow(double(X[i * 3 + k]) - Y[j * 3 + k], 2);
          sum += std::exp(-double(G[0]) * distance) * B[j * 2 + c];
        }
        EXPECT_NEAR(out[i * 2 + c], sum, 2e-6 * sum) << i << ", " << c;
      }
  }
}
