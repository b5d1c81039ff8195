//===- Summation.cpp - how a reduction adds up, as text -------------------===//

#include "dialects/Keops/Summation.h"

using namespace mlir;
using namespace keops;

static constexpr SumScheme kSchemes[] = {SumScheme::Block, SumScheme::Direct,
                                         SumScheme::Kahan};

StringRef keops::stringify(SumScheme scheme) {
  switch (scheme) {
  case SumScheme::Block:
    return "block";
  case SumScheme::Direct:
    return "direct";
  case SumScheme::Kahan:
    return "kahan";
  }
  llvm_unreachable("all schemes are listed");
}

AsmPrinter &keops::operator<<(AsmPrinter &printer, const Summation &summation) {
  bool isBlock = summation.scheme == SumScheme::Block;
  if (!isBlock || !summation.isWide)
    printer << stringify(summation.scheme);
  if (summation.isWide)
    printer << (isBlock ? "f64" : ", f64");
  return printer;
}

// `kahan`, `f64` or `kahan, f64`
FailureOr<Summation> FieldParser<Summation>::parse(AsmParser &parser) {
  Summation summation;
  SMLoc place = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word))
    return failure();
  if (word != "f64") {
    const auto *scheme = llvm::find_if(kSchemes, [&](SumScheme candidate) {
      return stringify(candidate) == word;
    });
    if (scheme == std::end(kSchemes))
      return parser.emitError(place, "expected block, direct, kahan or f64");
    summation.scheme = *scheme;
    if (failed(parser.parseOptionalComma()))
      return summation;
    if (parser.parseKeyword("f64"))
      return failure();
  }
  summation.isWide = true;
  return summation;
}
