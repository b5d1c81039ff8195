//===- Workloads.cpp - the formulas that are measured ---------------------===//

#include "bench/table/Workloads.h"
#include "bench/floors/Floors.h"
#include "bench/peers/Peers.h"

namespace keops::bench {

namespace {

// Multiples of 960, as the floors want it.
constexpr int64_t k10000 = 9600, k100000 = 96000;

const std::vector<std::string> kPoints = {"G = Pm(1)", "X = Vi(3)", "Y = Vj(3)",
                                          "B = Vj(1)"};

/// floor(M, N, g, x, y, b, result), as most are called.
template <typename T, typename F> Program withScale(F f) {
  return [f](Tables &t, Sizes n, void *result) {
    f(n.rows, n.columns, t.get<T>("G")[0], t.get<T>("X"), t.get<T>("Y"),
      t.get<T>("B"), static_cast<T *>(result));
  };
}

Program cauchyBy(decltype(floors::cauchy) f) {
  return [f](Tables &t, Sizes n, void *result) {
    f(n.rows, n.columns, t.get("X"), t.get("Y"), t.get("B"),
      static_cast<float *>(result));
  };
}

Program gradientBy(decltype(floors::gaussGradient) f) {
  return [f](Tables &t, Sizes n, void *result) {
    f(n.rows, n.columns, t.get("G")[0], t.get("X"), t.get("Y"), t.get("B"),
      t.get("E"), static_cast<float *>(result));
  };
}

Program logSumExpBy(decltype(floors::logSumExp) f) {
  return [f](Tables &t, Sizes n, void *result) {
    f(n.rows, n.columns, t.get("p")[0], t.get("a"), t.get("x"), t.get("y"),
      static_cast<float *>(result));
  };
}

Program logSumExpGradientBy(decltype(floors::logSumExpGradient) f) {
  return [f](Tables &t, Sizes n, void *result) {
    f(n.rows, n.columns, t.get("p")[0], t.get("a"), t.get("x"), t.get("y"),
      t.get("e"), t.get("c"), static_cast<float *>(result));
  };
}

/// With a dimension, or with so many columns of B.
Program longBy(decltype(floors::gaussLong) f, int count) {
  return [f, count](Tables &t, Sizes n, void *result) {
    f(count, n.rows, n.columns, t.get("G")[0], t.get("X"), t.get("Y"),
      t.get("B"), static_cast<float *>(result));
  };
}

Program nearestBy(decltype(floors::nearest) f, int dim, int count) {
  return [f, dim, count](Tables &t, Sizes n, void *result) {
    f(dim, count, n.rows, n.columns, t.get("X"), t.get("Y"),
      static_cast<int64_t *>(result));
  };
}

} // namespace

Workload nearestNeighbors(std::string name, int dim, int count, Sizes sizes) {
  std::string d = std::to_string(dim);
  Workload row{std::move(name),
               "SqDist(X, Y)",
               {"X = Vi(" + d + ")", "Y = Vj(" + d + ")"},
               count == 1 ? "ArgMin" : "ArgKMin"};
  row.ranks = count == 1 ? 0 : count;
  row.sizes = sizes;
  row.floor = nearestBy(floors::nearest, dim, count);
  row.peer = nearestBy(peers::nearest, dim, count);
  return row;
}

Workload longGaussian(int dim) {
  std::string d = std::to_string(dim);
  Workload row{
      "Gauss D" + d,
      "Exp(-G * SqDist(X, Y)) * B",
      {"G = Pm(1)", "X = Vi(" + d + ")", "Y = Vj(" + d + ")", "B = Vj(1)"}};
  row.sizes = {1920, k10000};
  row.given = {{"G", 1.0 / dim}};
  row.floor = longBy(floors::gaussLong, dim);
  row.peer = longBy(peers::gaussLong, dim);
  return row;
}

namespace {

Workload wideGaussian(int weights) {
  std::string b = std::to_string(weights);
  Workload row{"Gauss D3, b" + b, "Exp(-G * SqDist(X, Y)) * B", kPoints};
  row.aliases[3] = "B = Vj(" + b + ")";
  row.sizes = {1920, k10000};
  row.given = {{"G", 0.5}};
  row.floor = longBy(floors::gaussWide, weights);
  row.peer = longBy(peers::gaussWide, weights);
  return row;
}

/// No floor was written for it.
Workload attention() {
  Workload row{"softmax D64, b64",
               "SumSoftMaxWeight(X | Y, weight=B, axis=1)",
               {"X = Vi(64)", "Y = Vj(64)", "B = Vj(64)"}};
  row.sizes = {1920, k10000};
  row.peer = [](Tables &t, Sizes n, void *result) {
    peers::attention(n.rows, n.columns, t.get("X"), t.get("Y"), t.get("B"),
                     static_cast<float *>(result));
  };
  return row;
}

std::vector<Workload> points() {
  Workload gauss{"Gauss D3, b1", "Exp(-G * SqDist(X, Y)) * B", kPoints};
  gauss.sizes = {k10000, k10000};
  gauss.given = {{"G", 0.5}};
  gauss.floor = withScale<float>(floors::gauss);
  gauss.peer = withScale<float>(peers::gauss);

  Workload two = gauss;
  two.name = "Gauss D3, b2";
  two.aliases[3] = "B = Vj(2)";
  two.floor = withScale<float>(floors::gaussTwoWeights);
  two.peer = withScale<float>(peers::gaussTwoWeights);

  Workload gradient = gauss;
  gradient.name = "its gradient along x, b1";
  gradient.formula = "Grad(Sum(Exp(-G * SqDist(X, Y)) * B, axis=1), X, E)";
  gradient.aliases.push_back("E = Vi(1)");
  gradient.floor = gradientBy(floors::gaussGradient);
  gradient.peer = gradientBy(peers::gaussGradient);

  Workload laplace = gauss;
  laplace.name = "Laplacian";
  laplace.formula = "Exp(-G * Norm2(X - Y)) * B";
  laplace.floor = withScale<float>(floors::laplace);
  laplace.peer = withScale<float>(peers::laplace);

  Workload cauchy = gauss;
  cauchy.name = "Cauchy";
  cauchy.formula = "B / (1 + SqDist(X, Y))";
  cauchy.aliases.erase(cauchy.aliases.begin());
  cauchy.floor = cauchyBy(floors::cauchy);
  cauchy.peer = cauchyBy(peers::cauchy);

  Workload wide = gauss;
  wide.name = "Gauss D3, float64";
  wide.isDouble = true;
  wide.tolerance = 1e-13;
  wide.goal = 1.2;
  wide.floor = withScale<double>(floors::gaussDouble);
  wide.peer = withScale<double>(peers::gaussDouble);
  return {gauss, two, gradient, laplace, cauchy, wide};
}

std::vector<Workload> logSumExps() {
  Workload forward{"LogSumExp, tutorial",
                   "Square(p - a) * Exp(x + y)",
                   {"x = Vi(1)", "y = Vj(1)", "a = Vj(1)", "p = Pm(1)"},
                   "LogSumExp"};
  forward.sizes = {k10000, k10000};
  forward.given = {{"p", 0.3}};
  forward.goal = 1.2;
  forward.floor = logSumExpBy(floors::logSumExp);
  forward.peer = logSumExpBy(peers::logSumExp);

  // Its value is near log N + 1.
  Workload gradient = forward;
  gradient.name = "its gradient along y";
  gradient.formula =
      "Grad_WithSavedForward(LogSumExp(Square(p - a) * Exp(x + y), axis=1), y, "
      "e, c)";
  gradient.reduction = "Sum";
  gradient.aliases.insert(gradient.aliases.end(), {"e = Vi(1)", "c = Vi(1)"});
  gradient.given.push_back({"c", 9.6});
  gradient.goal = 1.1;
  gradient.axis = 0;
  gradient.floor = logSumExpGradientBy(floors::logSumExpGradient);
  gradient.peer = logSumExpGradientBy(peers::logSumExpGradient);
  return {forward, gradient};
}

std::vector<Workload> neighbors() {
  std::vector<Workload> rows = {
      nearestNeighbors("ArgKMin K=10 D3, N=10k", 3, 10, {k10000, k10000}),
      nearestNeighbors("ArgKMin K=10 D3, N=100k", 3, 10, {1920, k100000}),
      nearestNeighbors("ArgKMin K=10 D10, N=10k", 10, 10, {1920, k10000}),
      nearestNeighbors("ArgMin D3", 3, 1, {k10000, k10000})};
  rows[0].goal = rows[2].goal = 1.2;
  return rows;
}

} // namespace

std::vector<Workload> workloads() {
  std::vector<Workload> all, last = points();
  all.assign(last.begin(), last.begin() + 3);
  for (Workload &row : logSumExps())
    all.push_back(row);
  for (Workload &row : neighbors())
    all.push_back(row);
  all.insert(all.end(), last.begin() + 3, last.begin() + 5);
  for (int dim : {16, 64, 128})
    all.push_back(longGaussian(dim));
  for (int weights : {64, 128})
    all.push_back(wideGaussian(weights));
  all.push_back(attention());
  all.push_back(last[5]);
  return all;
}

} // namespace keops::bench
