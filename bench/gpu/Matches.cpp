//===- Matches.cpp - workloads on a GPU, what they need, and rivals -------===//

#include "bench/gpu/Rivals.h"
#include "compiler/Conversion/GPU/Units.h"

#include <algorithm>
#include <stdexcept>

namespace keops::bench {

double Match::cyclesOn(int arch) const {
  return tensorCycles && device::isTensorArch(arch)
             ? std::min(boundCycles, *tensorCycles)
             : boundCycles;
}

std::string Match::name() const {
  return workload.name.substr(0, workload.name.find(", N="));
}

static Workload named(const std::string &name) {
  for (const Workload &workload : workloads())
    if (workload.name == name)
      return workload;
  throw std::runtime_error("no workload is called " + name);
}

static Workload logSumExpOfDistances() {
  Workload workload{"LogSumExp D3",
                    "-G * SqDist(X, Y)",
                    {"G = Pm(1)", "X = Vi(3)", "Y = Vj(3)"},
                    "LogSumExp"};
  workload.given = {{"G", 0.5}};
  return workload;
}

/// A product of components is one fused instruction, if it is the norms that
/// are added. Of 8 bits there are six for each, besides a power or a minimum.
static Match withDimension(Workload workload, int dim, double more,
                           double least, Rival rival = {}) {
  Match match{std::move(workload), dim + more, rival};
  match.tensorCycles = std::max(least, dim * 6 * 32 / 512.0);
  return match;
}

// Instructions for a pair: Gauss 3 differences, a square, 2 fused, the power,
// the weights; its gradient 2 products and a sum more of each component, the
// weight first; a square root and a power of 8 cycles each; log-sum-exp a fused
// product and difference, a power of 8 cycles, a sum; of distances 3
// differences, 3 fused, the power, a sum; nearest a minimum instead of power
// and weight; many dimensions a fused product for each component, norms, power
// and weight; float64 19 instructions of 2 cycles, 12 of which are the power.
std::vector<Match> matches() {
  return {{named("Gauss D3, b1"), 8, {"gauss", 8}},
          {named("Gauss D3, b2"), 9, {"gauss2", 8, 2}},
          {named("its gradient along x, b1"),
           11,
           {"gradient", 4, 3, {"G", "X", "Y", "B", "E"}}},
          {logSumExpOfDistances(), 8, {"logsumexp3", 4, 2}},
          {named("LogSumExp, tutorial"),
           8,
           {"logsumexp", 4, 2, {"p", "x", "y", "a", ""}}},
          {named("Laplacian"), 16, {"laplace", 8}},
          {named("Cauchy"), 8, {"cauchy", 8}},
          {named("Gauss D3, float64"), 38, {"double", 4}},
          {named("ArgKMin K=10 D3, N=10k"), 7, {"nearest", 2, 20}},
          {named("ArgKMin K=10 D10, N=10k"), 11, {"nearest10", 2, 20}},
          withDimension(nearestNeighbors("ArgKMin K=10 D64", 64, 10, {}), 64, 2,
                        2, {"nearest64", 1, 20}),
          withDimension(longGaussian(16), 16, 3, 8, {"gauss16", 4}),
          withDimension(longGaussian(64), 64, 3, 8, {"gauss64", 2}),
          withDimension(longGaussian(128), 128, 3, 8, {"gauss128", 1}),
          withDimension(longGaussian(784), 784, 3, 8)};
}

} // namespace keops::bench
