//===- Cpu.cpp - the right code for each processor ------------------------===//

#include "runtime/Cpu.h"
#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

using namespace cards;
using namespace keops::rt;

namespace {

constexpr uint32_t bits(std::initializer_list<int> positions) {
  uint32_t word = 0;
  for (int position : positions)
    word |= uint32_t(1) << position;
  return word;
}

CpuFeatures v2() {
  CpuFeatures f;
  f.leaf1Ecx = bits({0, 9, 13, 19, 20, 23});
  f.extendedEcx = bits({0});
  return f;
}
CpuFeatures v3() {
  CpuFeatures f = v2();
  f.leaf1Ecx |= bits({12, 22, 26, 27, 28, 29});
  f.leaf7Ebx = bits({3, 5, 8});
  f.extendedEcx |= bits({5});
  f.xcr0 = bits({0, 1, 2});
  return f;
}
CpuFeatures v4() {
  CpuFeatures f = v3();
  f.leaf7Ebx |= bits({16, 17, 28, 30, 31});
  f.xcr0 |= bits({5, 6, 7});
  return f;
}

TEST(Cpu, LevelsNeedAllOfTheirFeatures) {
  EXPECT_EQ(0, isaOf(CpuFeatures()));
  EXPECT_EQ(KEOPS_X86_64_V2, isaOf(v2()));
  EXPECT_EQ(KEOPS_X86_64_V3, isaOf(v3()));
  EXPECT_EQ(KEOPS_X86_64_V4, isaOf(v4()));
  for (int bit : {0, 9, 13, 19, 20, 23}) {
    CpuFeatures f = v4();
    f.leaf1Ecx &= ~bits({bit});
    EXPECT_EQ(0, isaOf(f)) << bit;
  }
  for (int bit : {12, 22, 27, 28, 29}) {
    CpuFeatures f = v4();
    f.leaf1Ecx &= ~bits({bit});
    EXPECT_EQ(KEOPS_X86_64_V2, isaOf(f)) << bit;
  }
  for (int bit : {16, 17, 28, 30, 31}) {
    CpuFeatures f = v4();
    f.leaf7Ebx &= ~bits({bit});
    EXPECT_EQ(KEOPS_X86_64_V3, isaOf(f)) << bit;
  }
}

TEST(Cpu, RegistersMustBeSavedByTheSystem) {
  CpuFeatures f = v4();
  f.xcr0 = bits({0, 1, 2});
  EXPECT_EQ(KEOPS_X86_64_V3, isaOf(f));
  f.xcr0 = bits({0, 1});
  EXPECT_EQ(KEOPS_X86_64_V2, isaOf(f));
}

TEST(Cpu, AgreesWithTheCompilersOwnDetection) {
  // The instruction sets of one level are not all asked for; none may be
  // claimed that the compiler's library denies.
  int isa = processorIsa();
  if (isa >= KEOPS_X86_64_V3) {
    EXPECT_TRUE(__builtin_cpu_supports("avx2") &&
                __builtin_cpu_supports("fma") &&
                __builtin_cpu_supports("bmi2"));
  }
  EXPECT_EQ(isa == KEOPS_X86_64_V4, __builtin_cpu_supports("avx512f") &&
                                        __builtin_cpu_supports("avx512bw") &&
                                        __builtin_cpu_supports("avx512cd") &&
                                        __builtin_cpu_supports("avx512dq") &&
                                        __builtin_cpu_supports("avx512vl"));
}

TEST(Cpu, NamesAreParsed) {
  for (int isa = KEOPS_X86_64_V2; isa <= KEOPS_X86_64_V4; ++isa)
    EXPECT_EQ(isa, parseIsa(isaName(isa)));
  EXPECT_EQ(0, parseIsa(nullptr));
  EXPECT_EQ(0, parseIsa(""));
  EXPECT_EQ(-1, parseIsa("v3"));
  EXPECT_EQ(-1, parseIsa("x86-64-v5"));
  EXPECT_EQ(nullptr, isaName(0));
  EXPECT_EQ(nullptr, isaName(5));
}

/// makeTotal with code for the given instruction sets.
struct Choice : testing::Test {
  Card card;
  std::vector<keops_host_code> codes;

  void compileFor(std::initializer_list<int> isas) {
    makeTotal(card);
    for (int isa : isas) {
      codes.push_back(card.host[0]);
      codes.back().isa = isa;
    }
    card.steps[0].host = codes.data();
    card.steps[0].n_host = int32_t(codes.size());
  }
  int chosen(int processor, int request = 0) {
    const keops_host_code *code = chooseHost(card.steps[0], processor, request);
    return code ? code->isa : 0;
  }
  void expectFailure(const char *sentence, int processor, int request = 0) {
    EXPECT_EQ(KEOPS_UNSUPPORTED_CPU, checkHost(card.card, processor, request));
    EXPECT_STREQ(sentence, keops_last_error());
  }
};

TEST_F(Choice, BestThatTheProcessorSupports) {
  compileFor({99, 4, 3, 2}); // 99: a level of a later release
  EXPECT_EQ(4, chosen(4));
  EXPECT_EQ(3, chosen(3));
  EXPECT_EQ(2, chosen(2));
  EXPECT_EQ(0, chosen(0));
  EXPECT_EQ(KEOPS_OK, checkHost(card.card, 2, 0));
}

TEST_F(Choice, RequestIsExact) {
  compileFor({4, 2});
  EXPECT_EQ(2, chosen(4, 2));
  EXPECT_EQ(4, chosen(4, 4));
  expectFailure("KEOPS_CPU asks for x86-64-v3, and kernel 'total' has no code "
                "for it; compile with --cpu=x86-64-v3",
                4, 3);
  expectFailure("KEOPS_CPU asks for x86-64-v4, which this processor does not "
                "support",
                3, 4);
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT, checkHost(card.card, 4, -1));
  EXPECT_STREQ("KEOPS_CPU is set to no known processor; expected x86-64-v2, "
               "x86-64-v3 or x86-64-v4",
               keops_last_error());
}

TEST_F(Choice, NoCodeForThisProcessor) {
  compileFor({4, 3});
  expectFailure("kernel 'total' has code for x86-64-v3, x86-64-v4, and this "
                "processor supports x86-64-v2; compile with --cpu=x86-64-v2",
                2);
  expectFailure("kernel 'total' needs a processor of x86-64-v3, x86-64-v4, "
                "which this one is not",
                0);
}

TEST_F(Choice, OnlyUnknownCode) {
  compileFor({99});
  expectFailure("kernel 'total' has code for no processor of this release, and "
                "this processor supports x86-64-v4; compile with "
                "--cpu=x86-64-v4",
                4);
  double x[1] = {1}, y[1] = {1}, g[1];
  const void *inputs[] = {x, y};
  void *outputs[] = {g};
  EXPECT_EQ(KEOPS_UNSUPPORTED_CPU,
            keops_rt_launch(&card.card, nullptr, 1, 1, inputs, outputs));
  // Also when nothing is to be computed: a program learns it at once.
  EXPECT_EQ(KEOPS_UNSUPPORTED_CPU,
            keops_rt_launch(&card.card, nullptr, 0, 0, inputs, outputs));
}

/// The status of a launch in a process with another environment. A child
/// process, for the variable is read once; this test must come before any
/// launch of its own process, so the test program runs itself.
int launchWith(const char *value) {
  pid_t child = fork();
  if (child == 0) {
    setenv("KEOPS_CPU", value, 1);
    // A runner that deals out tests must not deal out this one.
    unsetenv("GTEST_TOTAL_SHARDS");
    unsetenv("GTEST_SHARD_INDEX");
    unsetenv("GTEST_OUTPUT");
    execl("/proc/self/exe", "self", "--gtest_brief=1",
          "--gtest_also_run_disabled_tests",
          "--gtest_filter=CpuChild.DISABLED_Launch", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Not a test but the child of the next one.
TEST(CpuChild, DISABLED_Launch) {
  Card card;
  makeTotal(card);
  double x[1] = {1}, y[1] = {1}, g[1];
  const void *inputs[] = {x, y};
  void *outputs[] = {g};
  _exit(100 + keops_rt_launch(&card.card, nullptr, 1, 1, inputs, outputs));
}

TEST(Cpu, EnvironmentAsksForCode) {
  EXPECT_EQ(100 + KEOPS_OK, launchWith(""));
  EXPECT_EQ(100 + KEOPS_OK, launchWith("x86-64-v2"));
  EXPECT_EQ(100 + KEOPS_UNSUPPORTED_CPU, launchWith("x86-64-v3"));
  EXPECT_EQ(100 + KEOPS_INVALID_ARGUMENT, launchWith("pentium"));
}

} // namespace
