//===- SumOptions.cpp - how to add up, in the user's words ----------------===//

#include "compiler/Frontend/SumOptions.h"
#include "compiler/Frontend/Catalogue.h"

using namespace mlir;

namespace keops {

static constexpr StringRef kScheme = "sum_scheme", kPrecision = "dtype_acc",
                           kDouble = "use_double_acc";

static constexpr std::pair<StringRef, SumScheme> kSchemes[] = {
    {"auto", SumScheme::Block},
    {"block_sum", SumScheme::Block},
    {"direct_sum", SumScheme::Direct},
    {"kahan_scheme", SumScheme::Kahan}};

bool SumOptions::isOption(StringRef keyword) {
  return llvm::is_contained({kScheme, kPrecision, kDouble}, keyword);
}

bool SumOptions::resemblesOption(StringRef keyword) {
  return !suggest(keyword, {kScheme, kPrecision, kDouble}).empty();
}

LogicalResult SumOptions::setScheme(const Word &value) {
  auto names = llvm::to_vector(llvm::make_first_range(kSchemes));
  const auto *found = llvm::find(names, value.text);
  if (found == names.end())
    return emitError(value.location)
           << kScheme << " is auto, block_sum, direct_sum or kahan_scheme, got "
           << "'" << value.text << "'" << suggest(value.text, names);
  scheme = kSchemes[found - names.begin()].second;
  return success();
}

LogicalResult SumOptions::setPrecision(const Word &value, FloatType scalar) {
  constexpr StringRef names[] = {"float16", "float32", "float64"};
  const auto *found = llvm::find(names, value.text);
  if (found == std::end(names) && value.text != "auto")
    return emitError(value.location)
           << kPrecision << " is auto, float32 or float64, got '" << value.text
           << "'" << suggest(value.text, names);
  unsigned bits = found == std::end(names) ? scalar.getWidth()
                                           : 16u << (found - std::begin(names));
  if (bits < scalar.getWidth())
    return emitError(value.location)
           << kPrecision << " must be at least as precise as the data, which is"
           << " float" << scalar.getWidth();
  isWide = bits > scalar.getWidth();
  return success();
}

LogicalResult SumOptions::setDouble(const Word &value, FloatType scalar) {
  if (value.text != "True" && value.text != "False")
    return emitError(value.location)
           << kDouble << " is True or False, got '" << value.text << "'"
           << suggest(value.text, {"True", "False"});
  isWide = value.text == "True" && !scalar.isF64();
  return success();
}

LogicalResult SumOptions::set(const Word &keyword, const Word &value,
                              FloatType scalar) {
  bool isScheme = keyword.text == kScheme;
  if (isScheme ? scheme.has_value() : isWide.has_value())
    return emitError(keyword.location)
           << (isScheme ? "the scheme of the sum" : "the precision of the sum")
           << " is given twice";
  // What leaves all as it is may be said of any reduction, as in KeOps.
  bool isNeutral = value.text == "auto" || value.text == "False";
  if (!first && !isNeutral)
    first = keyword;
  if (isScheme)
    return setScheme(value);
  return keyword.text == kPrecision ? setPrecision(value, scalar)
                                    : setDouble(value, scalar);
}

void SumOptions::applyTo(Summation &summation) const {
  summation.scheme = scheme.value_or(summation.scheme);
  summation.isWide = isWide.value_or(summation.isWide);
}

} // namespace keops
