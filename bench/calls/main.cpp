//===- main.cpp - what a call of a formula costs --------------------------===//
//
// Ten points on either side, so that next to nothing is computed: the time of
// the first call, which compiles or finds the kernel in the cache, and of later
// ones. Start it twice, with KEOPSC_CACHE_DIR set to an empty folder.
//
// Then the time of this process on its core until a formula has run for the
// first time. Without a cache (KEOPSC_CACHE_DIR empty), that is what compiling
// takes. Formulas are given once more with other numbers, for what LLVM does
// only once in a process.
//
//===----------------------------------------------------------------------===//

#include "keops/genred.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

static double microseconds() {
  std::chrono::duration<double, std::micro> now =
      std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}

/// Seconds of this process on all cores, whatever others do.
static double secondsOfProcess() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

static void printCompileTimes() {
  std::vector<float> x(30), y(30), b(10), e(10);
  for (const char *g : {"2*G", "3*G"}) {
    std::string gauss = "Exp(-" + std::string(g) + "*SqDist(X,Y))*B";
    std::vector<std::string> aliases{"G=Pm(1)", "X=Vi(3)", "Y=Vj(3)",
                                     "B=Vj(1)"};
    double start = secondsOfProcess();
    keops::Genred(gauss, aliases, "Sum", 1)(0.5f, x, y, b);
    double middle = secondsOfProcess();
    aliases.push_back("E=Vi(1)");
    keops::Genred("Grad(Sum(" + gauss + ",axis=1),X,E)", aliases, "Sum",
                  1)(0.5f, x, y, b, e);
    std::printf("Gaussian %.1f ms, its gradient %.1f ms of this process\n",
                (middle - start) * 1e3, (secondsOfProcess() - middle) * 1e3);
  }
}

int main() {
  keops::Genred op("Exp(-G*SqDist(X,Y))*B",
                   {"G=Pm(1)", "X=Vi(3)", "Y=Vj(3)", "B=Vj(2)"}, "Sum", 1);
  std::vector<float> x(30), y(30), b(20);
  double start = microseconds();
  op(0.5f, x, y, b);
  double first = microseconds() - start;
  std::vector<double> later;
  for (int round = 0; round < 101; ++round) {
    start = microseconds();
    for (int call = 0; call < 100; ++call)
      op(0.5f, x, y, b);
    later.push_back((microseconds() - start) / 100);
  }
  std::nth_element(later.begin(), later.begin() + 50, later.end());
  std::printf("first call %.1f ms, later ones %.2f us\n", first / 1e3,
              later[50]);
  printCompileTimes();
}
