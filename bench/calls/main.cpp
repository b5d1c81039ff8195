//===- main.cpp - what a call of a formula costs
//---------------------------===//
//
// Ten points on either side, so that next to nothing is computed: the time of
// the first call, which compiles or finds the kernel in the cache, and of later
// ones. Start it twice, with KEOPSC_CACHE_DIR set to an empty folder.
//
//===----------------------------------------------------------------------===//

#include "keops/genred.h"
#include <algorithm>
#include <chrono>
#include <cstdio>

static double microseconds() {
  std::chrono::duration<double, std::micro> now =
      std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
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
}
