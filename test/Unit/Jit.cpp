//===- Jit.cpp - loading objects into this process ------------------------===//

#include "compiler/Codegen/Jit.h"
#include "compiler/Codegen/Object.h"
#include "test/Unit/Modules.h"
#include <fstream>
#include <thread>

using namespace keops;
using namespace keops::test;
using llvm::SmallVector;
using llvm::StringRef;

namespace {

using Bytes = SmallVector<char, 0>;

constexpr const char kTwice[] = R"(
  llvm.mlir.global internal constant @two(2 : i64) : i64
  llvm.func @twice(%x: i64) -> i64 {
    %p = llvm.mlir.addressof @two : !llvm.ptr
    %two = llvm.load %p : !llvm.ptr -> i64
    %y = llvm.mul %x, %two : i64
    llvm.return %y : i64
  }
)";

constexpr const char kCaller[] = R"(
  llvm.func @keops_rt_launch(i64) -> i64
  llvm.func @forward(%x: i64) -> i64 {
    %y = llvm.call @keops_rt_launch(%x) : (i64) -> i64
    llvm.return %y : i64
  }
)";

using Function = int64_t (*)(int64_t);

extern "C" int64_t addSeven(int64_t x) { return x + 7; }

class JitTest : public ModuleTest {
protected:
  static std::unique_ptr<Jit> load(llvm::ArrayRef<char> object,
                                   llvm::ArrayRef<Import> imports = {}) {
    auto jit = Jit::load(object, imports);
    if (!jit) {
      ADD_FAILURE() << llvm::toString(jit.takeError());
      return nullptr;
    }
    return std::move(*jit);
  }
  static std::string refusal(llvm::ArrayRef<char> object) {
    auto jit = Jit::load(object, {});
    EXPECT_FALSE(static_cast<bool>(jit));
    return jit ? "" : llvm::toString(jit.takeError());
  }
};

int64_t mappings() {
  std::ifstream maps("/proc/self/maps");
  int64_t count = 0;
  for (std::string line; std::getline(maps, line);)
    ++count;
  return count;
}

} // namespace

TEST_F(JitTest, LoadsFunctionsAndData) {
  auto jit = load(emit(kTwice));
  ASSERT_TRUE(jit);
  auto twice = reinterpret_cast<Function>(jit->lookup("twice"));
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice(21), 42);
}

TEST_F(JitTest, HasNoSymbolThatTheObjectDoesNotShow) {
  auto jit = load(emit(kTwice));
  ASSERT_TRUE(jit);
  EXPECT_FALSE(jit->lookup("two"));
  EXPECT_FALSE(jit->lookup("thrice"));
  EXPECT_FALSE(jit->lookup("printf"));
  EXPECT_FALSE(jit->lookup(""));
}

TEST_F(JitTest, CallsWhatItWasGiven) {
  auto jit =
      load(emit(kCaller),
           {{"keops_rt_launch", reinterpret_cast<const void *>(&addSeven)}});
  ASSERT_TRUE(jit);
  EXPECT_EQ(reinterpret_cast<Function>(jit->lookup("forward"))(35), 42);
}

TEST_F(JitTest, NamesTheSymbolThatIsMissing) {
  std::string error = refusal(emit(kCaller));
  EXPECT_NE(error.find("keops_rt_launch"), std::string::npos) << error;
}

TEST_F(JitTest, RefusesWhatIsNoObject) {
  Bytes text(StringRef("this is no object file").begin(),
             StringRef("this is no object file").end());
  EXPECT_NE(refusal(text), "");
  EXPECT_NE(refusal({}), "");
}

TEST_F(JitTest, RefusesTruncatedObjects) {
  Bytes object = emit(kTwice);
  for (size_t size : {size_t(64), object.size() / 2, object.size() - 1})
    EXPECT_NE(refusal(llvm::ArrayRef<char>(object).take_front(size)), "")
        << size << " of " << object.size() << " bytes";
}

TEST_F(JitTest, KeepsObjectsOfOneNameApart) {
  auto twice = load(emit(kTwice));
  std::string text = kTwice;
  text.replace(text.find("(2 : i64)"), 9, "(3 : i64)");
  auto thrice = load(emit(text));
  ASSERT_TRUE(twice && thrice);
  EXPECT_EQ(reinterpret_cast<Function>(twice->lookup("twice"))(5), 10);
  EXPECT_EQ(reinterpret_cast<Function>(thrice->lookup("twice"))(5), 15);
}

TEST_F(JitTest, LoadsInSeveralThreads) {
  Bytes object = emit(kTwice);
  std::vector<int64_t> results(4);
  std::vector<std::thread> threads;
  for (int64_t &result : results)
    threads.emplace_back([&object, &result] {
      for (int64_t k = 0; k < 25; ++k)
        if (auto jit = load(object))
          result += reinterpret_cast<Function>(jit->lookup("twice"))(k);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (int64_t result : results)
    EXPECT_EQ(result, 600); // 2 * (0 + ... + 24)
}

TEST_F(JitTest, GivesItsMemoryBack) {
  Bytes object = emit(kTwice);
  for (int k = 0; k < 10; ++k)
    load(object);
  int64_t before = mappings();
  for (int k = 0; k < 50; ++k)
    load(object);
  EXPECT_LE(mappings(), before + 5);
}
