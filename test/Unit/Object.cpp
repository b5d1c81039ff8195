//===- Object.cpp - properties of generated code --------------------------===//

#include "compiler/Codegen/Object.h"
#include "compiler/Codegen/Target.h"
#include "test/Unit/Modules.h"
#include <filesystem>

using namespace keops;
using namespace keops::test;
using llvm::StringRef;

namespace {

class ObjectTest : public ModuleTest {
protected:
  std::string assembly(StringRef text) {
    llvm::SmallVector<char, 0> bytes = emit(text, Stage::Asm);
    return {bytes.begin(), bytes.end()};
  }
};

/// y = x0 * x1 + x2 over vectors of `width` floats, in a function for a CPU.
std::string multiplyAdd(StringRef flags, StringRef cpu, StringRef width) {
  std::string type = ("vector<" + width + "xf32>").str();
  return R"(
    llvm.func @f(%p: !llvm.ptr) attributes {passthrough = [
        ["target-cpu", ")" +
         cpu.str() + R"("], ["prefer-vector-width", "512"]]} {
      %x = llvm.load %p : !llvm.ptr -> )" +
         type + R"(
      %m = llvm.fmul %x, %x )" +
         flags.str() + " : " + type + R"(
      %s = llvm.fadd %m, %x )" +
         flags.str() + " : " + type + R"(
      llvm.store %s, %p : )" +
         type + R"(, !llvm.ptr
      llvm.return
    }
  )";
}

constexpr const char kContract[] = "{fastmathFlags = #llvm.fastmath<contract>}";

bool contains(StringRef text, StringRef part) { return text.contains(part); }

} // namespace

TEST_F(ObjectTest, FusesWhereContractSaysSoAndNowhereElse) {
  std::string fused = assembly(multiplyAdd(kContract, "x86-64-v3", "8"));
  EXPECT_TRUE(contains(fused, "vfmadd")) << fused;
  std::string apart = assembly(multiplyAdd("", "x86-64-v3", "8"));
  EXPECT_FALSE(contains(apart, "vfmadd")) << apart;
  EXPECT_TRUE(contains(apart, "vmulps") && contains(apart, "vaddps")) << apart;
}

TEST_F(ObjectTest, UsesTheInstructionsOfEachFunction) {
  std::string v2 = assembly(multiplyAdd(kContract, "x86-64-v2", "16"));
  EXPECT_TRUE(contains(v2, "mulps") && contains(v2, "xmm")) << v2;
  EXPECT_FALSE(contains(v2, "ymm") || contains(v2, "zmm") ||
               contains(v2, "vmulps") || contains(v2, "vmov"))
      << v2;
  std::string v3 = assembly(multiplyAdd(kContract, "x86-64-v3", "16"));
  EXPECT_TRUE(contains(v3, "ymm")) << v3;
  EXPECT_FALSE(contains(v3, "zmm")) << v3;
  std::string v4 = assembly(multiplyAdd(kContract, "x86-64-v4", "16"));
  EXPECT_TRUE(contains(v4, "zmm")) << v4;
  EXPECT_FALSE(contains(v4, "ymm")) << v4;
}

TEST_F(ObjectTest, IsTheSameEveryTime) {
  std::string text = multiplyAdd(kContract, "x86-64-v4", "16");
  EXPECT_EQ(emit(text), emit(text));
  // The place from which a module was read leaves no trace either.
  EXPECT_EQ(emit(text), emit("\n\n   " + text));
}

TEST_F(ObjectTest, NamesNoPlaceOfThisMachine) {
  llvm::SmallVector<char, 0> bytes =
      emit(multiplyAdd(kContract, "x86-64-v4", "16"));
  StringRef object(bytes.data(), bytes.size());
  EXPECT_FALSE(object.contains(std::filesystem::current_path().string()));
  EXPECT_FALSE(object.contains("/home"));
  EXPECT_FALSE(object.contains("/tmp"));
  EXPECT_FALSE(object.contains("LLVM"));
  EXPECT_TRUE(object.contains(".note.GNU-stack"));
}

TEST_F(ObjectTest, SaysWhatItLeavesToTheLinker) {
  auto bytes = emit(R"(
    llvm.func @keops_rt_launch()
    llvm.func @keops_rt_other()
    llvm.func @keops_rt_unused()
    llvm.func @f() {
      llvm.call @keops_rt_other() : () -> ()
      llvm.call @keops_rt_launch() : () -> ()
      llvm.return
    }
  )");
  EXPECT_EQ(undefinedSymbols(bytes), (llvm::SmallVector<std::string>{
                                         "keops_rt_launch", "keops_rt_other"}));
  EXPECT_TRUE(undefinedSymbols({}).empty());
}

TEST_F(ObjectTest, RefusesToCallAnythingButTheRuntime) {
  EXPECT_EQ(errorOf(R"(
    llvm.func @malloc(i64) -> !llvm.ptr
    llvm.func @f(%n: i64) -> !llvm.ptr {
      %p = llvm.call @malloc(%n) : (i64) -> !llvm.ptr
      llvm.return %p : !llvm.ptr
    }
  )"),
            "the generated code calls 'malloc', which is not part of the "
            "runtime\n");
  // Calls that the code generator invents count as well.
  EXPECT_EQ(errorOf(R"(
    llvm.func @f(%to: !llvm.ptr, %from: !llvm.ptr, %n: i64) {
      "llvm.intr.memcpy"(%to, %from, %n) <{isVolatile = false}>
          : (!llvm.ptr, !llvm.ptr, i64) -> ()
      llvm.return
    }
  )"),
            "the generated code calls 'memcpy', which is not part of the "
            "runtime\n");
}

TEST_F(ObjectTest, RefusesModulesThatAreNotAtStageLlvm) {
  std::string error = errorOf("func.func @f() { return }");
  EXPECT_TRUE(contains(error, "cannot be translated to LLVM IR")) << error;
  auto module = parse("llvm.func @f() { llvm.return }");
  EXPECT_TRUE(failed(emitCode(*module, Stage::Cpu)));
  EXPECT_EQ(StringRef(messages).rtrim().rsplit('\n').second,
            "no code is made at stage cpu");
}

TEST_F(ObjectTest, KnowsTheLevelOfThisMachine) {
  __builtin_cpu_init();
  std::optional<int> level = hostLevel();
  EXPECT_EQ(level.has_value(), __builtin_cpu_supports("x86-64-v2") != 0);
  if (level) {
    EXPECT_EQ(*level >= 3, __builtin_cpu_supports("x86-64-v3") != 0);
    EXPECT_EQ(*level >= 4, __builtin_cpu_supports("x86-64-v4") != 0);
  }
}
