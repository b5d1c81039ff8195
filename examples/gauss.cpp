//===- gauss.cpp - sums of Gaussians, and their gradients -------*- C++ -*-===//
//
// Calls functions that keopsc makes of gauss.keops and compares what they
// return with plain loops in double precision. See gauss.md.
//
//===----------------------------------------------------------------------===//

#include "gauss.h"
#include "example.h"

namespace {

constexpr int64_t M = 1000, N = 2000, pairs = M * N;

struct Inputs {
  float g = 0.5f;
  std::vector<float> x, y, b; // M x 3, N x 3, N x 2
  std::vector<float> e;       // M x 2, what the gradients are applied to
};

Inputs makeInputs() {
  example::Random random(1);
  Inputs in;
  in.x = random.normals(M * 3);
  in.y = random.normals(N * 3);
  in.b = random.normals(N * 2);
  in.e = random.normals(M * 2);
  return in;
}

struct Reference {
  std::vector<double> a, gradX, gradB;
};

/// exp(-g |x_i - y_j|^2) and, in `difference`, x_i - y_j.
double gaussian(const Inputs &in, size_t i, size_t j, double difference[3]) {
  double distance = 0;
  for (size_t d = 0; d < 3; ++d) {
    difference[d] = double(in.x[3 * i + d]) - double(in.y[3 * j + d]);
    distance += difference[d] * difference[d];
  }
  return std::exp(-double(in.g) * distance);
}

void convolve(const Inputs &in, Reference &out) {
  out.a.assign(M * 2, 0);
  for (size_t i = 0; i < M; ++i)
    for (size_t j = 0; j < N; ++j) {
      double difference[3];
      double k = gaussian(in, i, j, difference);
      for (size_t d = 0; d < 2; ++d)
        out.a[2 * i + d] += k * double(in.b[2 * j + d]);
    }
}

/// With s = <e_i, b_j>: the pair (i, j) adds s exp(-g |x_i - y_j|^2) to
/// <e, a>, and the gradients are the derivatives of that.
void differentiate(const Inputs &in, Reference &out) {
  out.gradX.assign(M * 3, 0);
  out.gradB.assign(N * 2, 0);
  for (size_t i = 0; i < M; ++i)
    for (size_t j = 0; j < N; ++j) {
      const float *e = &in.e[2 * i], *b = &in.b[2 * j];
      double difference[3];
      double k = gaussian(in, i, j, difference);
      double s = double(e[0]) * double(b[0]) + double(e[1]) * double(b[1]);
      for (size_t d = 0; d < 3; ++d)
        out.gradX[3 * i + d] -= 2 * double(in.g) * s * k * difference[d];
      for (size_t d = 0; d < 2; ++d)
        out.gradB[2 * j + d] += k * double(e[d]);
    }
}

} // namespace

int main() {
  Inputs in = makeInputs();

  // [call]
  std::vector<float> a(M * 2), gradX(M * 3), gradB(N * 2);

  example::require(gauss(nullptr, M, N, &in.g, in.x.data(), in.y.data(),
                         in.b.data(), a.data()));
  example::require(gauss_grad(nullptr, M, N, &in.g, in.x.data(), in.y.data(),
                              in.b.data(), in.e.data(), gradX.data(),
                              gradB.data()));
  // [/call]

  std::printf("gauss: M = %d, N = %d\n", int(M), int(N));
  for (size_t i = 0; i < 4; ++i)
    std::printf("a[%zu]  %9.4f %9.4f    gradient %9.4f %9.4f %9.4f\n", i,
                double(a[2 * i]), double(a[2 * i + 1]), double(gradX[3 * i]),
                double(gradX[3 * i + 1]), double(gradX[3 * i + 2]));

  Reference reference;
  double plainTime = example::seconds([&] { convolve(in, reference); });
  differentiate(in, reference);

  example::Report report;
  report.error("a", example::largestError(a, reference.a), 5e-6);
  report.error("gradient with respect to X",
               example::largestError(gradX, reference.gradX), 5e-6);
  report.error("gradient with respect to B",
               example::largestError(gradB, reference.gradB), 5e-6);

  // [threads]
  keops_call oneThread = KEOPS_CALL_DEFAULTS;
  oneThread.threads = 1;
  auto run = [&](const keops_call *call) {
    example::require(gauss(call, M, N, &in.g, in.x.data(), in.y.data(),
                           in.b.data(), a.data()));
  };
  // [/threads]
  auto runGradient = [&] {
    example::require(gauss_grad_X(&oneThread, M, N, &in.g, in.x.data(),
                                  in.y.data(), in.b.data(), in.e.data(),
                                  gradX.data()));
  };
  report.time("a, plain loop in double", plainTime, pairs);
  report.time("a, one thread", example::medianSeconds([&] { run(&oneThread); }),
              pairs);
  report.time("a, all threads", example::medianSeconds([&] { run(nullptr); }),
              pairs);
  report.time("gradient X, one thread", example::medianSeconds(runGradient),
              pairs);
  return report.finish();
}
