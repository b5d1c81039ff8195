//===- Compiler.cpp - keops/compiler.h ------------------------------------===//

#include "keops/compiler.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

struct FreeKernel {
  void operator()(keops_kernel *kernel) const { keops_kernel_free(kernel); }
};
struct FreeReport {
  void operator()(keops_report *report) const { keops_report_free(report); }
};
using Kernel = std::unique_ptr<keops_kernel, FreeKernel>;

/// A formula in x = Vi(1), y = Vj(1), summed over j.
struct Source : keops_source {
  explicit Source(const char *formula) : keops_source(KEOPS_SOURCE_DEFAULTS) {
    static const char *const xy[] = {"x = Vi(1)", "y = Vj(1)"};
    this->formula = formula;
    aliases = xy;
    n_aliases = 2;
    axis = 1;
  }
};

struct Compiled {
  int status;
  Kernel kernel;
  std::unique_ptr<keops_report, FreeReport> report;

  explicit Compiled(const keops_source &source,
                    decltype(keops_compile) *make = keops_compile) {
    keops_kernel *k;
    keops_report *r;
    status = make(&source, &k, &r);
    kernel.reset(k);
    report.reset(r);
  }
  std::string text() const { return keops_report_text(report.get()); }
  float run(float x, float y) const {
    const void *inputs[] = {&x, &y};
    float result = -1;
    void *outputs[] = {&result};
    EXPECT_EQ(keops_kernel_run(kernel.get(), nullptr, 1, 1, inputs, outputs),
              KEOPS_OK);
    return result;
  }
};

std::string formulaNumber(int n) { return "x * y + " + std::to_string(n); }

std::string cacheFolder() { return std::getenv("KEOPSC_CACHE_DIR"); }

/// How many kernels are kept.
int count() {
  std::string file = cacheFolder() + ".count";
  std::system(
      ("ls -A " + cacheFolder() + " 2>/dev/null | wc -l > " + file).c_str());
  int found = -1;
  std::ifstream(file) >> found;
  return found;
}

} // namespace

TEST(Compiler, CompilesAndRuns) {
  Compiled compiled(Source("x * y + 1"));
  ASSERT_EQ(compiled.status, KEOPS_OK) << compiled.text();
  EXPECT_EQ(compiled.text(), "");
  EXPECT_EQ(compiled.run(2, 3), 7);
}

TEST(Compiler, SaysWhatAKernelTakesAndMakes) {
  const char *aliases[] = {"p = Pm(4)", "x = Vi(3)", "y = Vj(2)"};
  keops_source source = KEOPS_SOURCE_DEFAULTS;
  source.formula = "Sum(p) * Sum(x) * Sum(y)";
  source.aliases = aliases;
  source.n_aliases = 3;
  source.reduction = "Min_ArgMin";
  source.dtype = "float64";
  for (auto *make : {keops_compile, keops_describe}) {
    Compiled compiled(source, make);
    ASSERT_EQ(compiled.status, KEOPS_OK) << compiled.text();
    auto is = [](const keops_parameter *parameter, const char *name, int axis,
                 int dtype, int64_t dim) {
      return parameter && !std::strcmp(parameter->name, name) &&
             parameter->axis == axis && parameter->dtype == dtype &&
             parameter->dim == dim;
    };
    keops_kernel *kernel = compiled.kernel.get();
    EXPECT_TRUE(
        is(keops_kernel_input(kernel, 0), "p", KEOPS_AXIS_P, KEOPS_FLOAT64, 4));
    EXPECT_TRUE(
        is(keops_kernel_input(kernel, 1), "x", KEOPS_AXIS_I, KEOPS_FLOAT64, 3));
    EXPECT_TRUE(
        is(keops_kernel_input(kernel, 2), "y", KEOPS_AXIS_J, KEOPS_FLOAT64, 2));
    EXPECT_TRUE(is(keops_kernel_output(kernel, 0), "out0", KEOPS_AXIS_J,
                   KEOPS_FLOAT64, 1));
    EXPECT_TRUE(is(keops_kernel_output(kernel, 1), "out1", KEOPS_AXIS_J,
                   KEOPS_INT64, 1));
    for (int64_t past : {-1, 3})
      EXPECT_EQ(keops_kernel_input(kernel, past), nullptr);
    EXPECT_EQ(keops_kernel_output(kernel, 2), nullptr);
  }
}

TEST(Compiler, WhatIsDescribedCannotRun) {
  Compiled compiled(Source("x * y"), keops_describe);
  ASSERT_EQ(compiled.status, KEOPS_OK);
  EXPECT_EQ(
      keops_kernel_run(compiled.kernel.get(), nullptr, 1, 1, nullptr, nullptr),
      KEOPS_INVALID_ARGUMENT);
  EXPECT_STREQ(keops_compiler_last_error(),
               "error: this kernel has been described, not compiled\n");
}

TEST(Compiler, PointsAtThePlace) {
  Source source("Exp(-SqDst(x, y))");
  for (auto *make : {keops_compile, keops_describe}) {
    Compiled compiled(source, make);
    EXPECT_EQ(compiled.status, KEOPS_BAD_FORMULA);
    EXPECT_EQ(compiled.kernel, nullptr);
    EXPECT_EQ(compiled.text(),
              "<formula>:1:6: error: unknown operation 'SqDst'; did you mean "
              "'SqDist'?\nExp(-SqDst(x, y))\n     ^\n");
    EXPECT_EQ(compiled.text(), keops_compiler_last_error());
    const keops_message *message =
        keops_report_message(compiled.report.get(), 0);
    ASSERT_NE(message, nullptr);
    EXPECT_STREQ(message->text,
                 "unknown operation 'SqDst'; did you mean 'SqDist'?");
    EXPECT_STREQ(message->where, "<formula>");
    EXPECT_EQ(message->line, 1);
    EXPECT_EQ(message->column, 6);
    EXPECT_EQ(message->severity, KEOPS_ERROR);
    EXPECT_EQ(keops_report_message(compiled.report.get(), 1), nullptr);
  }
}

TEST(Compiler, NotesFollowTheirError) {
  const char *aliases[] = {"x = Vi(3)", "y = Vj(2)"};
  Source source("x - y");
  source.aliases = aliases;
  Compiled compiled(source);
  const keops_message *note = keops_report_message(compiled.report.get(), 2);
  ASSERT_NE(note, nullptr);
  EXPECT_EQ(note->severity, KEOPS_NOTE);
  EXPECT_STREQ(note->where, "<alias 2>");
  EXPECT_STREQ(note->text, "y has dimension 2, declared here");
}

TEST(Compiler, TakesFiles) {
  keops_source source = KEOPS_SOURCE_DEFAULTS;
  source.file =
      "kernel one\n  x = Vi(1)\n  y = Vj(1)\n  reduce Sum(x*y, axis=1)"
      "\n  grad x\nkernel two\n  x = Vi(1)\n  y = Vj(1)\n  "
      "reduce Sum(x+y, axis=1)\n";
  EXPECT_EQ(Compiled(source).text(),
            "error: choose one of several kernels: one, two\n");
  source.kernel = "three";
  EXPECT_EQ(Compiled(source).text(),
            "error: no kernel 'three'; there are one, two\n");
  source.kernel = "two";
  EXPECT_EQ(Compiled(source).run(2, 3), 5);
  source.kernel = "one_grad_x";
  Compiled gradient(source);
  ASSERT_EQ(gradient.status, KEOPS_OK) << gradient.text();
  EXPECT_STREQ(keops_kernel_input(gradient.kernel.get(), 2)->name, "e");
  source.file = "kernel one\n  reduce Sum(x, axis=1)\n";
  EXPECT_EQ(Compiled(source).text().substr(0, 16), "<file>:2:14: err");
}

// x² y³ differentiated along x, then y; then both at once.
TEST(Compiler, DifferentiatesAlongAChain) {
  Source source("x**2 * y**3");
  auto run = [&](std::vector<const char *> gradients, int outputs) {
    source.gradients = gradients.data();
    source.n_gradients = int64_t(gradients.size());
    Compiled compiled(source);
    EXPECT_EQ(compiled.status, KEOPS_OK) << compiled.text();
    float x = 5, y = 2, e = 7, e2 = 11;
    const void *in[] = {&x, &y, &e, &e2};
    std::vector<float> results(outputs, -1);
    std::vector<void *> out;
    for (float &result : results)
      out.push_back(&result);
    EXPECT_EQ(
        keops_kernel_run(compiled.kernel.get(), nullptr, 1, 1, in, out.data()),
        KEOPS_OK);
    return results;
  };
  using Results = std::vector<float>;
  EXPECT_EQ(run({"x"}, 1), Results{2 * 5 * 8 * 7});
  EXPECT_EQ(run({"x", "y"}, 1), Results{2 * 5 * 12 * 7 * 11});
  EXPECT_EQ(run({"x", "e"}, 1), Results{2 * 5 * 8 * 11});
  EXPECT_EQ(run({"x, y"}, 2), (Results{2 * 5 * 8 * 7, 25 * 12 * 7}));
  EXPECT_EQ(run({"y", "y, x, e"}, 3),
            (Results{25 * 12 * 7 * 11, 10 * 12 * 7 * 11, 25 * 12 * 11}));
}

// The derivative of log sum exp(x y) along x: Exp(x y - out) y, where out may
// be given. That it is used shows in a result that is wrong on purpose.
TEST(Compiler, DerivativesTakeResultsThatSaveASweep) {
  auto inputsOf = [](const char *reduction, const char *gradient,
                     std::vector<float> values) {
    Source source("x * y");
    source.reduction = reduction;
    source.gradients = &gradient;
    source.n_gradients = 1;
    source.takes_result = 1;
    Compiled compiled(source);
    EXPECT_EQ(compiled.status, KEOPS_OK) << compiled.text();
    std::string names;
    std::vector<const void *> in;
    while (auto *table =
               keops_kernel_input(compiled.kernel.get(), int64_t(in.size()))) {
      names += (in.empty() ? "" : " ") + std::string(table->name);
      in.push_back(&values[in.size()]);
    }
    float result = -1;
    void *out[] = {&result};
    EXPECT_EQ(
        keops_kernel_run(compiled.kernel.get(), nullptr, 1, 1, in.data(), out),
        KEOPS_OK);
    char rounded[32];
    std::snprintf(rounded, sizeof rounded, "%.4f", result); // to 1e-6 of it
    return names + ": " + rounded;
  };
  EXPECT_EQ(inputsOf("LogSumExp", "x", {2, 3, 7, 6}), "x y e out: 21.0000");
  EXPECT_EQ(inputsOf("LogSumExp", "x", {2, 3, 7, 6 - std::log(2.f)}),
            "x y e out: 42.0000");
  EXPECT_EQ(inputsOf("Sum", "x", {2, 3, 7}), "x y e: 21.0000");
  EXPECT_EQ(inputsOf("Max", "x", {2, 3, 7}), "x y e: 21.0000");
}

TEST(Compiler, GradientsAreLocatedToo) {
  auto message = [](const char *first, const char *second) {
    const char *gradients[] = {first, second};
    Source source("x * y");
    source.gradients = gradients;
    source.n_gradients = second ? 2 : 1;
    return Compiled(source).text();
  };
  EXPECT_EQ(message("X", nullptr).substr(0, 44),
            "<gradient 1>:1:1: error: unknown variable 'X");
  EXPECT_EQ(message("x", "x, z").substr(0, 44),
            "<gradient 2>:1:4: error: unknown variable 'z");
  EXPECT_EQ(message("", nullptr).substr(0, 33),
            "<gradient 1>:1:1: error: expected");
  Source source("x * y");
  const char *gradient = "x";
  source.reduction = "ArgMin";
  source.gradients = &gradient;
  source.n_gradients = 1;
  EXPECT_EQ(Compiled(source).text(),
            "<gradient 1>:1:1: error: ArgMin has no derivative\nx\n^\n");
}

TEST(Compiler, TakesOptions) {
  Source source("x * y");
  auto with = [&](const char *option) {
    source.options = &option;
    source.n_options = 1;
    return Compiled(source).text();
  };
  EXPECT_EQ(with("--precise"), "");
  EXPECT_EQ(with("--max-order=3"), "");
  EXPECT_EQ(with("--max-nodes=1").substr(0, 55),
            "<alias 2>:1:1: error: the limit of 1 on the number of n");
  EXPECT_EQ(with("--emit=asm"), "error: unknown option '--emit=asm'\n");
  EXPECT_EQ(with("precise"), "error: 'precise' is not an option\n");
  EXPECT_EQ(with("--max-order=few"),
            "error: '--max-order' takes a number that is at least 1, got "
            "'few'\n");
}

// The same text otherwise: what has been compiled in one way must not be found
// for another.
TEST(Compiler, AddsUpAsAsked) {
  // Ones are below the last digit of the first number.
  std::vector<float> y(4097, 1);
  y[0] = 16777216;
  auto sum = [&](const char *scheme, const char *precision) {
    Source source("x * y");
    source.sum_scheme = scheme;
    source.dtype_acc = precision;
    Compiled compiled(source);
    EXPECT_EQ(compiled.status, KEOPS_OK) << compiled.text();
    float x = 1, result = -1;
    const void *inputs[] = {&x, y.data()};
    void *outputs[] = {&result};
    EXPECT_EQ(keops_kernel_run(compiled.kernel.get(), nullptr, 1,
                               int64_t(y.size()), inputs, outputs),
              KEOPS_OK);
    return result;
  };
  EXPECT_NEAR(sum(nullptr, nullptr), 16781312, 600);
  EXPECT_EQ(sum("kahan_scheme", nullptr), 16781312);
  EXPECT_EQ(sum("direct_sum", "float64"), 16781312);
  Source wrong("x * y");
  wrong.sum_scheme = "kahn_scheme";
  Compiled compiled(wrong);
  EXPECT_EQ(compiled.status, KEOPS_BAD_FORMULA);
  EXPECT_NE(compiled.text().find("did you mean 'kahan_scheme'?"),
            std::string::npos)
      << compiled.text();
}

TEST(Compiler, RefusesSourcesThatMakeNoSense) {
  auto message = [](const keops_source &source) {
    Compiled compiled(source);
    EXPECT_EQ(compiled.status, KEOPS_INVALID_ARGUMENT);
    return compiled.text();
  };
  EXPECT_EQ(message(keops_source{}),
            "error: the size field of keops_source is 0; initialize the struct "
            "with KEOPS_SOURCE_DEFAULTS\n");
  EXPECT_EQ(message(KEOPS_SOURCE_DEFAULTS),
            "error: a source needs a formula or a file\n");
  Source both("x*y");
  both.file = "";
  EXPECT_EQ(message(both),
            "error: a source has a formula or a file, not both\n");
  Source negative("x*y");
  negative.n_aliases = -1;
  EXPECT_EQ(message(negative),
            "error: n_aliases is -1, but aliases is no list of that length\n");
  const char *nothing = nullptr;
  Source hole("x*y");
  hole.aliases = &nothing;
  hole.n_aliases = 1;
  EXPECT_EQ(message(hole), "error: aliases holds a null pointer\n");
  keops_kernel *kernel;
  EXPECT_EQ(keops_compile(nullptr, &kernel, nullptr), KEOPS_INVALID_ARGUMENT);
  EXPECT_EQ(kernel, nullptr);
}

TEST(Compiler, ErrorsOfRunsAreSentences) {
  Compiled compiled(Source("x * y"));
  void *outputs[] = {nullptr};
  const void *inputs[] = {nullptr, nullptr};
  EXPECT_EQ(
      keops_kernel_run(compiled.kernel.get(), nullptr, 1, 1, inputs, outputs),
      KEOPS_INVALID_ARGUMENT);
  EXPECT_STREQ(keops_compiler_last_error(),
               "x is a null pointer (expected M x 1 float32)");
}

TEST(Compiler, KeepsKernelsInAFolder) {
  std::string formula = formulaNumber(1);
  Compiled first(Source(formula.c_str()));
  int before = count();
  // Blanks and the names of sub-formulas make no difference.
  Compiled second(Source("x  *y+1"));
  EXPECT_EQ(second.run(2, 3), 7);
  Compiled third(Source("t = x*y; t + 1"));
  EXPECT_EQ(third.run(2, 3), 7);
  EXPECT_EQ(count(), before);
  Source other(formula.c_str());
  other.dtype = "float64";
  Compiled fourth(other);
  EXPECT_EQ(count(), before + 1);
}

// Eight processes that all find nothing, and the folder not even made.
TEST(Compiler, ProcessesStartColdTogether) {
  std::vector<pid_t> children;
  std::string formula = formulaNumber(2);
  int before = count();
  for (int n = 0; n < 8; ++n) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Compiled compiled(Source(formula.c_str()));
      _exit(compiled.status == KEOPS_OK && compiled.run(2, 3) == 8 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(count(), before + 1);
}

TEST(Compiler, DamagedEntriesAreMadeAgain) {
  std::string formula = formulaNumber(3);
  auto inChild = [&] {
    pid_t child = fork();
    if (child == 0) {
      Compiled compiled(Source(formula.c_str()));
      _exit(compiled.status == KEOPS_OK && compiled.run(2, 3) == 9 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
  };
  EXPECT_EQ(inChild(), 0);
  int before = count();
  std::string damage = "for f in " + cacheFolder() +
                       "/*; do printf X | dd of=$f bs=1 seek=300 conv=notrunc "
                       "2>/dev/null; sha256sum $f >> " +
                       cacheFolder() + ".sum; done";
  ASSERT_EQ(std::system(damage.c_str()), 0);
  EXPECT_EQ(inChild(), 0);
  EXPECT_NE(
      std::system(("sha256sum -c --status " + cacheFolder() + ".sum").c_str()),
      0);
  EXPECT_EQ(count(), before);
}

TEST(Compiler, ThreadsCompileAndRunTogether) {
  std::vector<std::thread> threads;
  std::vector<float> results(16);
  for (int n = 0; n < 16; ++n)
    threads.emplace_back([n, &results] {
      // Each formula is asked for by two threads.
      std::string formula = formulaNumber(100 + n / 2);
      Compiled compiled(Source(formula.c_str()));
      if (compiled.status == KEOPS_OK)
        results[n] = compiled.run(2, 3);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (int n = 0; n < 16; ++n)
    EXPECT_EQ(results[n], 106 + n / 2);
}

TEST(Compiler, ChildrenUseAndMakeKernels) {
  Compiled compiled(Source("x * y"));
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Compiled again(Source("x * y")), other(Source("x + y"));
    bool good =
        compiled.run(2, 3) == 6 && again.run(2, 3) == 6 && other.run(2, 3) == 5;
    _exit(good ? 0 : 1);
  }
  int status;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// More kernels than are kept; each lives as long as somebody holds it.
TEST(Compiler, ManyKernels) {
  std::vector<Compiled> held;
  for (int n = 0; n < 300; ++n) {
    std::string formula = formulaNumber(n);
    Compiled compiled(Source(formula.c_str()));
    ASSERT_EQ(compiled.status, KEOPS_OK) << compiled.text();
    if (n % 50 == 0)
      held.push_back(std::move(compiled));
  }
  for (size_t k = 0; k < held.size(); ++k)
    EXPECT_EQ(held[k].run(2, 3), 6 + 50 * k);
}
