//===- lse.cpp - a log-sum-exp that does not overflow -----------*- C++ -*-===//
//
// Evaluates lse.keops both ways, stable and naive, with gradients; measures
// the errors of both against double precision, on an input that the naive way
// survives and on one that it does not; draws the first of the two. See lse.md.
//
//===----------------------------------------------------------------------===//

#include "lse.h"
#include "example.h"
#include "plot.h"

namespace {

constexpr int64_t M = 3000, N = 5000, pairs = M * N;

struct Inputs {
  std::vector<float> x, y, a, e; // M, N, N, M
  float p;
};

Inputs makeInputs() {
  example::Random random(3);
  Inputs in;
  in.x = random.uniforms(M);
  in.y = random.uniforms(N);
  in.a = random.uniforms(N);
  in.p = random.uniform();
  in.e = random.uniforms(M);
  return in;
}

/// Values and their gradient: adding d to y adds <g, d> to <e, c>.
template <typename Number> struct Result {
  std::vector<Number> c = std::vector<Number>(M);
  std::vector<Number> g = std::vector<Number>(N);
};

// [stable]
void stableValues(const Inputs &in, Result<float> &out) {
  example::require(lse(nullptr, M, N, in.x.data(), in.y.data(), in.a.data(),
                       &in.p, out.c.data()));
}

void stableGradient(const Inputs &in, Result<float> &out) {
  example::require(lse_grad_y(nullptr, M, N, in.x.data(), in.y.data(),
                              in.a.data(), &in.p, in.e.data(), out.g.data()));
}
// [/stable]

// [naive]
Result<float> naive(const Inputs &in) {
  Result<float> out;
  std::vector<float> sum(M), ratio(M);
  example::require(sumexp(nullptr, M, N, in.x.data(), in.y.data(), in.a.data(),
                          &in.p, sum.data()));
  for (size_t i = 0; i < M; ++i) {
    out.c[i] = std::log(sum[i]);
    ratio[i] = in.e[i] / sum[i]; // the derivative of the logarithm, times e
  }
  example::require(sumexp_grad_y(nullptr, M, N, in.x.data(), in.y.data(),
                                 in.a.data(), &in.p, ratio.data(),
                                 out.g.data()));
  return out;
}
// [/naive]

/// The exponent, which is also its own derivative with respect to y_j.
double exponent(const Inputs &in, size_t i, size_t j) {
  double difference = double(in.p) - double(in.a[j]);
  return difference * difference * std::exp(double(in.x[i]) + double(in.y[j]));
}

Result<double> inDouble(const Inputs &in) {
  Result<double> out;
  std::vector<double> f(N);
  for (size_t i = 0; i < M; ++i) {
    for (size_t j = 0; j < N; ++j)
      f[j] = exponent(in, i, j);
    double largest = *std::max_element(f.begin(), f.end());
    double sum = 0;
    for (double value : f)
      sum += std::exp(value - largest);
    out.c[i] = largest + std::log(sum);
    for (size_t j = 0; j < N; ++j)
      out.g[j] += double(in.e[i]) * std::exp(f[j] - out.c[i]) * f[j];
  }
  return out;
}

size_t countFinite(const std::vector<float> &values) {
  return static_cast<size_t>(
      std::count_if(values.begin(), values.end(),
                    [](float value) { return std::isfinite(value); }));
}

void draw(const char *path, const Result<float> &stable,
          const Result<float> &naive) {
  constexpr size_t shown = 40;
  auto panel = [](const char *title, const char *axis,
                  const std::vector<float> &ours,
                  const std::vector<float> &theirs) {
    auto first = [](const std::vector<float> &values) {
      return std::vector<double>(values.begin(), values.begin() + shown);
    };
    return plot::Panel{
        title,
        axis,
        {{"LogSumExp, stable", "#7fb2e5", false, first(ours)},
         {"log of sum of exp, naive", "#b8400b", true, first(theirs)}}};
  };
  plot::write(path, {panel("c, first 40 entries", "i", stable.c, naive.c),
                     panel("gradient with respect to y, first 40 entries", "j",
                           stable.g, naive.g)});
}

/// An input that stays in the range of float32: both ways agree.
void compareBoth(const Inputs &in, const char *path, example::Report &report) {
  std::printf("p = %.4f\n", double(in.p));
  Result<float> stable;
  stableValues(in, stable);
  stableGradient(in, stable);
  Result<float> plain = naive(in);
  Result<double> exact = inDouble(in);
  for (size_t i = 0; i < 3; ++i)
    std::printf("c[%zu]  stable %.4f  naive %.4f    g[%zu]  stable %.4f  "
                "naive %.4f\n",
                i, double(stable.c[i]), double(plain.c[i]), i,
                double(stable.g[i]), double(plain.g[i]));
  using example::largestError;
  report.error("c, stable", largestError(stable.c, exact.c), 1e-6);
  report.error("c, naive", largestError(plain.c, exact.c), 1e-6);
  report.error("gradient, stable", largestError(stable.g, exact.g), 5e-6);
  report.error("gradient, naive", largestError(plain.g, exact.g), 5e-6);
  draw(path, stable, plain);
}

/// An input whose exponentials leave the range of float32.
void overflowOne(const Inputs &in, example::Report &report) {
  std::printf("p = %.4f\n", double(in.p));
  Result<float> stable;
  stableValues(in, stable);
  stableGradient(in, stable);
  Result<float> plain = naive(in);
  Result<double> exact = inDouble(in);
  for (size_t i = 0; i < 3; ++i)
    std::printf("c[%zu]  stable %.2f  naive %.2f\n", i, double(stable.c[i]),
                double(plain.c[i]));
  std::printf("finite in c: stable %zu, naive %zu of %d\n",
              countFinite(stable.c), countFinite(plain.c), int(M));
  std::printf("finite in the gradient: stable %zu, naive %zu of %d\n",
              countFinite(stable.g), countFinite(plain.g), int(N));
  report.check("only the stable way has a result",
               countFinite(plain.c) + countFinite(plain.g) == 0);
  using example::largestError;
  report.error("c, stable", largestError(stable.c, exact.c), 1e-6);
  // An exponent near 1000 is known to within 1000 * 2^-24 or so, which the
  // exponential turns into a relative error of the weight.
  report.error("gradient, stable", largestError(stable.g, exact.g), 1e-3);
}

} // namespace

int main(int argc, char **argv) {
  Inputs in = makeInputs();
  example::Report report;
  std::printf("lse: M = %d, N = %d\n", int(M), int(N));
  compareBoth(in, argc > 1 ? argv[1] : "lse.svg", report);

  Inputs large = in;
  large.p *= 20;
  overflowOne(large, report);

  Result<float> out;
  report.time("c, in double, one loop", example::seconds([&] { inDouble(in); }),
              pairs);
  report.time("c, all threads",
              example::medianSeconds([&] { stableValues(in, out); }), pairs);
  report.time("gradient, all threads",
              example::medianSeconds([&] { stableGradient(in, out); }), pairs);
  return report.finish();
}
