//===- TensorCores.h - kernels on tensor cores, for tests -------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_TENSORCORES_H
#define KEOPS_TEST_UNIT_TENSORCORES_H

#include "runtime/Card.h"
#include "test/Unit/Device/Emulated.h"
#include "test/Unit/Kernels.h"
#include "llvm/ADT/Twine.h"
#include <cmath>
#include <random>

namespace keops::test {

using Table = std::vector<float>;

class TensorCores : public KernelTest {
protected:
  void SetUp() override { gpu::configure("multiprocessors=1"); }

  /// A kernel of points with `dim` components.
  void compile(llvm::StringRef reduction, int64_t dim,
               llvm::ArrayRef<int> archs = {}) {
    std::string text =
        ("kernel it\n  X = Vi(" + llvm::Twine(dim) + ")\n  Y = Vj(" +
         llvm::Twine(dim) + ")\n  B = Vj(4)\n  reduce " + reduction + "\n")
            .str();
    ASSERT_NO_FATAL_FAILURE(load(text, archs));
    card = object->card("it");
    ASSERT_TRUE(card && card->device);
  }

  /// The text that is for a GPU alone, that of the emulator if none is named;
  /// null if there is none.
  const keops_cubin *textFor(int arch = 90) const {
    for (int32_t n = 0; n < card->device->n_cubins; ++n)
      if (card->device->cubins[n].is_text &&
          card->device->cubins[n].arch == arch)
        return &card->device->cubins[n];
    return nullptr;
  }

  /// B is ones if it is not given.
  int launch(const keops_card &of, const Table &X, const Table &Y, Table B,
             std::vector<void *> outputs) {
    int64_t dim = of.tables[0].dim;
    B.resize(4 * Y.size() / size_t(dim), 1);
    const void *inputs[] = {X.data(), Y.data(), B.data()};
    call.backend = KEOPS_BACKEND_GPU;
    return keops_rt_launch(&of, &call, int64_t(X.size()) / dim,
                           int64_t(Y.size()) / dim, inputs, outputs.data());
  }

  const keops_card *card = nullptr;
  keops_call call = KEOPS_CALL_DEFAULTS;
};

inline Table randomTable(size_t size, unsigned seed, double offset = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(offset);
  Table table(size);
  for (float &number : table)
    number = float(normal(random));
  return table;
}

inline double squaredDistance(const float *x, const float *y, int64_t dim) {
  double sum = 0;
  for (int64_t k = 0; k < dim; ++k)
    sum += std::pow(double(x[k]) - double(y[k]), 2);
  return sum;
}

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_TENSORCORES_H
