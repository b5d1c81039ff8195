//===- ElementaryErrors.h - how far from the truth? -------------*- C++ -*-===//
//
// The elementary functions beside references of higher precision, and the
// search for the largest error over many arguments. Shared by the unit test,
// which samples, and bench/accuracy, which tries every f32.
//
// The reference is the C library's: in double for f32, and in the 80-bit long
// double, which has 11 bits more, for f64. It is off by less than 1 unit in its
// own last place, or 0.0005 of ours.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_ELEMENTARYERRORS_H
#define KEOPS_TEST_UNIT_ELEMENTARYERRORS_H

#include "test/Unit/LaneJit.h"

#include <string>
#include <vector>

namespace keops {

struct ElementaryFunction {
  const char *name;
  Lane (*lane)(const Lane &x);
  double (*reference32)(double x);
  long double (*reference64)(long double x);
  double low, high; // where results are neither 0 nor infinite
};
/// All of one operand: exp, exp2, log, log2, sqrt, rsqrt, sin, cos, ...
llvm::ArrayRef<ElementaryFunction> elementaryFunctions();

struct Sequence;
struct PairFunction {
  const char *name;
  Lane (*lane)(const Lane &x, const Lane &y);
  double (*reference32)(double x, double y);
  long double (*reference64)(long double x, long double y);
  /// The next two operands to try, with numbers of the format among them.
  std::pair<double, double> (*sample)(Sequence &sequence, bool isDouble);
};
/// All of two operands: pow and atan2.
llvm::ArrayRef<PairFunction> pairFunctions();

/// The largest error met so far, in units in the last place.
struct WorstCase {
  double ulps = 0;
  double x = 0, y = 0; // y for functions of two operands
  double got = 0, expected = 0;

  void note(double error, double atX, double atY, double was, double should) {
    if (error > ulps)
      *this = {error, atX, atY, was, should};
  }
  std::string describe() const;
};

/// |got - reference| in units in the last place of the format, the distance to
/// infinity being that to the next power of two. NaN for NaN is no error, and
/// for a number an infinite one.
double ulpError(float got, double reference);
double ulpError(double got, long double reference);

/// A compiled function for each instruction set that this computer has.
struct ElementaryCode {
  cpu::Isa isa;
  std::unique_ptr<LaneJit> run;
};
std::vector<ElementaryCode>
compileEverywhere(const ElementaryFunction &function, bool isDouble,
                  bool precise = false);
std::vector<ElementaryCode> compileEverywhere(const PairFunction &function,
                                              bool isDouble,
                                              bool precise = false);
std::string isaName(cpu::Isa isa);

/// Errors over every `stride`-th bit pattern of f32, one for each `code`.
std::vector<WorstCase> worstF32(const ElementaryFunction &function,
                                llvm::ArrayRef<ElementaryCode> code,
                                uint64_t stride);
/// Errors over `count` f64 arguments, the same each time: of any magnitude, in
/// the interesting range, and where functions are hard: next to multiples of
/// pi / 2 and of ln 2, next to 0, 1/2, 1 and their like, denormal, huge.
std::vector<WorstCase> worstF64(const ElementaryFunction &function,
                                llvm::ArrayRef<ElementaryCode> code,
                                uint64_t count);

/// Errors over `count` pairs.
std::vector<WorstCase> worstPairs(const PairFunction &function,
                                  llvm::ArrayRef<ElementaryCode> code,
                                  bool isDouble, uint64_t count);

/// A fixed sequence of 64-bit numbers (the splitmix64 generator).
struct Sequence {
  uint64_t state;
  uint64_t next();
  /// Uniform in [low, high).
  double between(double low, double high);
  double anyDouble();
  float anyFloat();
  /// 0, ..., limit - 1.
  int below(int limit) { return int(next() % uint64_t(limit)); }
};

} // namespace keops

#endif // KEOPS_TEST_UNIT_ELEMENTARYERRORS_H
