//===- Planted.cpp - faults in code for GPUs are found --------------------===//
//
// A test that passes says little unless it can fail. Here faults are planted in
// the text of a kernel that the compiler has made, one at a time, and each has
// to show: as a fault that the emulator tells, or as wrong results.
//
//===----------------------------------------------------------------------===//

#include "runtime/Card.h"
#include "test/Unit/Device/DeviceTable.h"
#include "test/Unit/Device/Emulated.h"
#include "test/Unit/Kernels.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include <cmath>
#include <functional>

using namespace keops;
using namespace keops::test;
using llvm::StringRef;

namespace {

constexpr const char kFormula[] = R"(
kernel gauss
  X = Vi(3)
  Y = Vj(3)
  B = Vj(2)
  reduce Sum(Exp(-SqDist(X, Y)) * B, axis=1)
)";

/// Rows and columns that end within a tile and within a block, so many that all
/// rows of a thread are in use, and each chunk of columns has several blocks.
constexpr int64_t M = 500, N = 4203;

class Planted : public KernelTest {
protected:
  void SetUp() override {
    if (!gpu::isEmulated())
      GTEST_SKIP() << "faults are planted for the emulator only";
    ASSERT_NO_FATAL_FAILURE(load(kFormula));
    card = object->card("gauss");
    ASSERT_TRUE(card && card->device);
    unsigned seed = 1;
    for (std::vector<float> *table : {&X, &Y, &B})
      for (float &number : *table) {
        seed = seed * 1664525u + 1013904223u;
        number = float(seed >> 8) / float(1 << 24);
      }
    for (bool some : {false, true}) {
      takeSome(some);
      ASSERT_EQ(KEOPS_OK, launchHere(expected[some])) << keops_last_error();
    }
    text = card->device->ptx;
  }

  int launchHere(std::vector<float> &results) {
    const void *inputs[] = {X.data(), Y.data(), B.data()};
    void *outputs[] = {results.data()};
    call.backend = KEOPS_BACKEND_CPU;
    return keops_rt_launch(card, &call, M, N, inputs, outputs);
  }

  /// Some pairs, of two elements that share Y and B.
  void takeSome(bool some) {
    call.ranges = some ? &ranges : nullptr;
    call.batch = some ? &batch : nullptr;
  }

  /// The results are the host's, so that the call waits for them.
  int launchThere(const keops_card &code, std::vector<float> &results) {
    DeviceTables device;
    auto copy = [&](const std::vector<float> &table) {
      return device.copy(table.data(), table.size() * sizeof(float));
    };
    const void *inputs[] = {copy(X), copy(Y), copy(B)};
    void *outputs[] = {results.data()};
    call.backend = KEOPS_BACKEND_GPU;
    return keops_rt_launch(&code, &call, M, N, inputs, outputs);
  }

  /// Is the text of another kernel found to be wrong, on a device that the rows
  /// fill, or on one for which the columns have to be cut, for all pairs or for
  /// some?
  bool isFound(const std::string &changed) {
    keops_device_code code = *card->device;
    code.ptx = changed.c_str();
    code.ptx_bytes = int64_t(changed.size());
    keops_card copy = *card;
    copy.device = &code;
    for (bool some : {false, true})
      for (const char *settings : {"multiprocessors=1", "multiprocessors=64"}) {
        gpu::configure(settings);
        takeSome(some);
        std::vector<float> results(expected[some].size(), NAN);
        if (launchThere(copy, results) != KEOPS_OK)
          return true;
        for (size_t n = 0; n < results.size(); ++n)
          if (!(std::fabs(results[n] - expected[some][n]) <=
                1e-4f * expected[some][n]))
            return true;
      }
    return false;
  }

  /// Changes one line after the other, as `change` says, and expects each to be
  /// found. Returns how many there were.
  int plant(const std::function<std::string(StringRef)> &change) {
    int count = 0;
    StringRef rest = text;
    while (!rest.empty()) {
      auto [line, after] = rest.split('\n');
      std::string changed = change(line);
      if (!changed.empty()) {
        StringRef before(text.data(), size_t(line.data() - text.data()));
        EXPECT_TRUE(isFound((before + changed + "\n" + after).str()))
            << line.str() << "\n  became\n"
            << changed;
        ++count;
      }
      rest = after;
    }
    return count;
  }

  const keops_card *card = nullptr;
  std::string text;
  keops_call call = KEOPS_CALL_DEFAULTS;
  std::vector<float> X = std::vector<float>(2 * 3 * M),
                     Y = std::vector<float>(3 * N),
                     B = std::vector<float>(2 * N);
  std::vector<float> expected[2] = {std::vector<float>(2 * M),
                                    std::vector<float>(2 * 2 * M)};
  // Blocks that end within a tile; intervals out of order, with gaps.
  const std::vector<int64_t> rows = {0, 300, 320, 500}, slices = {3, 4},
                             cols = {900, 1501, 0, 333, 400, 401, 7, 2103};
  const keops_ranges ranges = {2, rows.data(), slices.data(), cols.data(),
                               0, nullptr,     nullptr,       nullptr};
  const int64_t shape[1] = {2}, strides[3] = {1, 0, 0};
  const keops_batch batch = {1, 0, shape, strides};
};

/// The line without its instruction.
constexpr const char kNothing[] = "\t// gone";

/// With another number instead of its offset.
std::string withOffset(StringRef line, int by) {
  size_t end = line.find(']');
  auto [address, old] = line.take_front(end).rsplit('+');
  int64_t offset = 0;
  if (old.getAsInteger(10, offset))
    address = line.take_front(end);
  return (address + "+" + llvm::Twine(offset + by) + line.drop_front(end))
      .str();
}

TEST_F(Planted, NothingIsFoundWhereNothingIs) {
  EXPECT_FALSE(isFound(text));
  EXPECT_FALSE(isFound(text + "// another comment\n"));
}

TEST_F(Planted, BarriersThatAreGone) {
  EXPECT_LE(2, plant([](StringRef line) {
              return line.contains("bar.sync") ? kNothing : "";
            }));
}

TEST_F(Planted, StoresThatAreGone) {
  EXPECT_LE(7, plant([](StringRef line) {
              return line.contains("st.shared") || line.contains("st.global")
                         ? kNothing
                         : "";
            }));
}

TEST_F(Planted, AddressesThatAreOneNumberOff) {
  EXPECT_LE(20, plant([](StringRef line) {
              return line.contains("ld.global") || line.contains("ld.shared") ||
                             line.contains("st.shared") ||
                             line.contains("st.global")
                         ? withOffset(line, 4)
                         : "";
            }));
}

TEST_F(Planted, AlignmentThatIsMissing) {
  EXPECT_LE(1, plant([](StringRef line) {
              size_t align = line.find(".align 16");
              return line.contains(".shared") && align != StringRef::npos
                         ? (line.take_front(align) + ".align 4" +
                            line.drop_front(align + 9))
                               .str()
                         : "";
            }));
}

TEST_F(Planted, RowsThatAreNotKeptWithinTheirTable) {
  // The last row is end - 1; one row further is beyond the tables, which only
  // sweep reads.
  bool sweep = false;
  EXPECT_LE(1, plant([&](StringRef line) {
              if (line.contains(".entry"))
                sweep = line.contains("_sweep");
              return sweep && line.contains("add.s64") &&
                             line.ends_with(", -1;")
                         ? line.drop_back(3).str() + "0;"
                         : "";
            }));
}

TEST_F(Planted, ChunksThatAreNotCombined) {
  // finish takes the number of chunks behind its tables, two rows and the
  // states.
  std::string parameter =
      (llvm::Twine(card->steps[0].device->finish) + "_param_" +
       llvm::Twine(card->steps[0].n_tables + 3) + "]")
          .str();
  EXPECT_EQ(1, plant([&](StringRef line) {
              if (!line.contains(parameter))
                return std::string();
              StringRef target = line.split("\t").second.split("\t").second;
              return ("\tmov.b64 \t" + target.split(',').first + ", 1;").str();
            }));
}

TEST_F(Planted, TermsThatAreLeftOut) {
  EXPECT_LE(8, plant([](StringRef line) {
              return line.contains("ex2.approx") ? kNothing : "";
            }));
}

} // namespace
