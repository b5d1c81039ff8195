//===- PlantedProducts.cpp - faults on tensor cores are found -------------===//
//
// Like Planted.cpp, for products of matrices, with numbers that show which part
// of a number met which.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/TensorCores.h"
#include <cmath>
#include <functional>

using namespace keops;
using namespace keops::test;
using llvm::StringRef;

namespace {

/// A kernel whose text is changed, and what its results have to be.
class PlantedText : public TensorCores {
protected:
  void SetUp() override {
    TensorCores::SetUp();
    if (!gpu::isEmulated())
      GTEST_SKIP() << "faults are planted for the emulator only";
  }

  void plantIn(StringRef reduction, int64_t dim) {
    compile(reduction, dim);
    ASSERT_TRUE(textFor());
    text = static_cast<const char *>(textFor()->data);
  }

  bool isFound(const std::string &changed) {
    keops_cubin later = *textFor();
    later.data = changed.c_str();
    later.bytes = int64_t(changed.size());
    keops_device_code code = *card->device;
    // Modules are known by their text.
    std::string base = code.ptx + ("// " + std::to_string(++launches));
    code.ptx = base.c_str();
    code.ptx_bytes = int64_t(base.size());
    code.cubins = &later;
    code.n_cubins = 1;
    keops_card copy = *card;
    copy.device = &code;
    gpu::configure("multiprocessors=1");
    Table results(expected.size(), NAN);
    if (launch(copy, X, Y, B, {results.data()}) != KEOPS_OK)
      return true;
    for (size_t n = 0; n < results.size(); ++n)
      if (!(std::fabs(double(results[n]) - expected[n]) <= allowed[n]))
        return true;
    return false;
  }

  /// Changes one instruction after the other, up to its semicolon.
  int plant(StringRef name,
            const std::function<std::string(StringRef)> &change) {
    int count = 0;
    for (size_t at = text.find(name.str()); at != std::string::npos;
         at = text.find(name.str(), at + 1)) {
      size_t end = text.find(';', at) + 1;
      std::string changed = change(StringRef(text).slice(at, end));
      EXPECT_TRUE(isFound(text.substr(0, at) + changed + text.substr(end)))
          << text.substr(at, end - at) << "\n  became\n"
          << changed;
      ++count;
    }
    return count;
  }

  std::string text;
  static inline int launches = 0; // of all tests: modules stay loaded
  Table X, Y, B;
  std::vector<double> expected, allowed;
};

/// The registers of an instruction, in order.
std::vector<std::string> registersOf(StringRef instruction) {
  std::vector<std::string> names;
  llvm::SmallVector<StringRef> pieces;
  instruction.drop_front(instruction.find('{')).split(pieces, ',');
  for (StringRef piece : pieces)
    names.push_back(piece.trim(" \t\n{};").str());
  return names;
}

/// Instead of a product, what would be added to it.
std::string withoutProduct(StringRef line) {
  auto names = registersOf(line);
  std::string moves;
  for (size_t n = 0; n < 4; ++n)
    moves += "mov.b32 " + names[n] + ", " + names[10 + n] + ";\n";
  return moves;
}

/// Points whose products are sums of single parts: where a part of a number
/// meets one of another, everything greater cancels. The signs s and r take
/// turns so that the sums of s, of r and of s r are zero in each four
/// components; other weights for each eight tell these from the next.
class PlantedInProducts : public PlantedText {
protected:
  static constexpr int64_t rows = 128, cols = 64;

  static float component(int kind, int k, bool isRow) {
    double s = k % 4 < 2 ? 1 : -1, r = k % 2 ? -1 : 1;
    double own = isRow ? s : r, other = isRow ? r : s;
    double small = double(k / 4 * 7 + 40) * 0x1p-15;
    double least = double(k / 4 + 8) * 0x1p-23;
    double weight = std::ldexp(1, isRow ? k / 8 * 2 : -(k / 8));
    switch (kind) {
    case 0:
      return float(weight * own);
    case 1:
      return float(weight * (own + small * other)); // in the second part
    case 2:                                         // in the third
      return float(weight * (own + 0x1p-10 * s * r + least * other));
    case 3: // the second part times that of the other
      return float(weight * (own + small));
    default: // nothing cancels
      return float(1 + double(k) / 32);
    }
  }

  void SetUp() override {
    PlantedText::SetUp();
    if (gpu::isEmulated())
      prepare(32);
  }

  void prepare(int64_t dim) {
    X.assign(size_t(rows * dim), 0);
    Y.assign(size_t(cols * dim), 0);
    B.assign(size_t(4 * cols), 0);
    expected.assign(size_t(4 * rows), 0);
    allowed = expected;
    plantIn("Sum((X | Y) * B, axis=1)", dim);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t k = 0; k < dim; ++k)
        X[size_t(i * dim + k)] = component(int(i % 5), int(k), true);
    for (int64_t j = 0; j < cols; ++j) {
      for (int64_t k = 0; k < dim; ++k)
        Y[size_t(j * dim + k)] = component(int(j % 4), int(k), false);
      B[size_t(4 * j + j % 4)] = float(1 + j / 4 % 2);
    }
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < cols; ++j) {
        double weight = double(B[size_t(4 * j + j % 4)]);
        for (int64_t k = 0; k < dim; ++k) {
          double product = weight * double(X[size_t(i * dim + k)]) *
                           double(Y[size_t(j * dim + k)]);
          expected[size_t(4 * i + j % 4)] += product;
          allowed[size_t(4 * i + j % 4)] += 0x1p-24 * std::fabs(product);
        }
      }
  }
};

TEST_F(PlantedInProducts, NothingIsFoundWhereNothingIs) {
  EXPECT_FALSE(isFound(text));
}

TEST_F(PlantedInProducts, ProductsThatAreLeftOut) {
  // Six for each of two times four tiles.
  EXPECT_EQ(48, plant("mma.sync", withoutProduct));
}

TEST_F(PlantedInProducts, FragmentsThatAreExchanged) {
  for (auto [one, other] : {std::pair<size_t, size_t>{5, 6}, {8, 9}})
    EXPECT_EQ(48, plant("mma.sync", [one = one, other = other](StringRef line) {
                auto names = registersOf(line);
                std::swap(names[one], names[other]);
                std::string list = line.take_front(line.find('{')).str();
                for (size_t n = 0; n < names.size(); ++n) {
                  bool isFirst = n == 0 || n == 4 || n == 8 || n == 10;
                  bool isLast = n == 3 || n == 7 || n == 9;
                  list += (isFirst ? "{" : "") + names[n] +
                          (isLast                  ? "}, "
                           : n + 1 == names.size() ? "};"
                                                   : ", ");
                }
                return list;
              }));
}

TEST_F(PlantedInProducts, BarriersThatAreGone) {
  // Two that wait for the columns of a block, one for the products of a warp,
  // and with more components one for those before.
  EXPECT_EQ(3, plant("bar.", [](StringRef) { return ""; }));
  prepare(80);
  EXPECT_EQ(4, plant("bar.", [](StringRef) { return ""; }));
}

//===----------------------------------------------------------------------===//
// Distances
//===----------------------------------------------------------------------===//

/// The least distance of each row. Half of the rows have a column near to them,
/// in the loop over four columns at a time and in that over what is left.
class PlantedInDistances : public PlantedText {
protected:
  static constexpr int64_t dim = 48, rows = 128, cols = 67;

  void SetUp() override {
    PlantedText::SetUp();
    if (!gpu::isEmulated())
      return;
    plantIn("Min(SqDist(X, Y), axis=1)", dim);
    X = randomTable(rows * dim, 20);
    Y = randomTable(cols * dim, 21);
    for (size_t n = 0; n < Y.size(); ++n)
      Y[n] = X[n] + 1e-3f * Y[n];
    for (int64_t i = 0; i < rows; ++i) {
      double least = INFINITY;
      for (int64_t j = 0; j < cols; ++j)
        least = std::min(least, squaredDistance(&X[size_t(i * dim)],
                                                &Y[size_t(j * dim)], dim));
      expected.push_back(least);
      allowed.push_back(1e-5 * least);
    }
  }
};

TEST_F(PlantedInDistances, NothingIsFoundWhereNothingIs) {
  EXPECT_FALSE(isFound(text));
}

TEST_F(PlantedInDistances, BarriersThatAreGone) {
  // For the center, for the norms of rows, and the three of all products.
  EXPECT_EQ(5, plant("bar.", [](StringRef) { return ""; }));
}

/// Norms without what near points have lost to them.
TEST_F(PlantedInDistances, AGuardThatIsGone) {
  EXPECT_LE(1, plant("0f3E800000", [](StringRef) { return "0fFF800000;"; }));
}

/// Of the products that are left out, at least the great ones show: pairs that
/// may do take their distance from tensor cores.
TEST_F(PlantedInDistances, GreatProductsThatAreLeftOut) {
  int found = 0;
  for (size_t at = text.find("mma.sync"); at != std::string::npos;
       at = text.find("mma.sync", at + 1)) {
    size_t end = text.find(';', at) + 1;
    found += isFound(text.substr(0, at) +
                     withoutProduct(StringRef(text).slice(at, end)) +
                     text.substr(end));
  }
  EXPECT_LE(8, found);
}

} // namespace
