//===- Quotient.h - division by an estimate ---------------------*- C++ -*-===//

#ifndef KEOPS_COMPILER_CONVERSION_ELEMENTARY_QUOTIENT_H
#define KEOPS_COMPILER_CONVERSION_ELEMENTARY_QUOTIENT_H

#include "dialects/Keops/Lane.h"

namespace keops {

struct Quotient {
  Lane value; // within 2 units in the last place
  Lane isOff; // but here it may be anything
};
/// a / b without a division. Lanes must fill registers of AVX-512.
Quotient estimatedQuotient(const Lane &a, const Lane &b);

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_ELEMENTARY_QUOTIENT_H
