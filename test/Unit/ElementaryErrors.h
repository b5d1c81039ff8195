//===- ElementaryErrors.h - how far from the truth? -------------*- C++ -*-===//
//
// The elementary functions beside references of higher precision (double for
// f32, the 80-bit long double for f64), and the search for the largest error
// over many arguments. Shared by the unit test, which samples, and
// bench/accuracy, which tries every f32.
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
compileEverywhere(const ElementaryFunction &function, bool isDouble);
std::string isaName(cpu::Isa isa);

/// Errors over every `stride`-th bit pattern of f32, one for each `code`.
std::vector<WorstCase> worstF32(const ElementaryFunction &function,
                                llvm::ArrayRef<ElementaryCode> code,
                                uint64_t stride);
/// Errors over `count` f64 arguments, of any magnitude and in the interesting
/// range by turns. The same arguments each time.
std::vector<WorstCase> worstF64(const ElementaryFunction &function,
                                llvm::ArrayRef<ElementaryCode> code,
                                uint64_t count);

/// pow, in the same way: bases of any magnitude and near 1, with exponents that
/// mostly give results in range, and whole exponents for negative bases.
std::vector<ElementaryCode> compilePow(bool isDouble);
std::vector<WorstCase> worstPow(llvm::ArrayRef<ElementaryCode> code,
                                bool isDouble, uint64_t count);

/// A fixed sequence of 64-bit numbers (the splitmix64 generator).
struct Sequence {
  uint64_t state;
  uint64_t next();
  /// Uniform in [low, high).
  double between(double low, double high);
  double anyDouble();
  float anyFloat();
};

} // namespace keops

#endif // KEOPS_TEST_UNIT_ELEMENTARYERRORS_H
