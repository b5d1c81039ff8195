//===- Harness.cpp - formula text in, trees and diagnostics out -----------===//

#include "test/Unit/Frontend/Harness.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace keops::test {

MLIRContext *context() {
  static MLIRContext shared(MLIRContext::Threading::DISABLED);
  shared.getOrLoadDialect<KeopsDialect>();
  return &shared;
}

Outcome parseFile(StringRef text, const FrontendLimits &limits,
                  const MoreGradients &more) {
  Outcome outcome;
  llvm::raw_string_ostream os(outcome.diagnostics);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "test.keops"), llvm::SMLoc());
  FormulaDiagnostics diagnostics(sources, context(), os);
  outcome.module = parseKeopsFile(sources, context(), limits, more);
  return outcome;
}

Outcome parseFormula(const FormulaSource &source,
                     const FrontendLimits &limits) {
  Outcome outcome;
  llvm::raw_string_ostream os(outcome.diagnostics);
  llvm::SourceMgr sources;
  FormulaDiagnostics diagnostics(sources, context(), os);
  outcome.module = parseKeopsFormula(source, sources, context(), limits);
  return outcome;
}

Outcome parseFormula(StringRef formula, const FrontendLimits &limits) {
  FormulaSource source;
  source.formula = formula.str();
  source.axis = 1;
  source.aliases = {"x = Vi(3)", "y = Vj(3)", "b = Vj(2)",
                    "s = Vi(1)", "t = Vj(1)", "p = Pm(1)"};
  return parseFormula(source, limits);
}

std::string Outcome::ir() {
  if (!module)
    return diagnostics;
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os);
  return text;
}

FormulaOp Outcome::formula(StringRef name) {
  if (!module)
    return {};
  for (FormulaOp op : module->getOps<FormulaOp>())
    if (name.empty() || op.getSymName() == name)
      return op;
  return {};
}

static void printTree(FormulaOp formula, Value value, llvm::raw_ostream &os) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    os << formula.getArgumentName(argument.getArgNumber());
    return;
  }
  Operation *op = value.getDefiningOp();
  if (auto number = dyn_cast<ConstOp>(op)) {
    SmallString<32> text;
    cast<FloatAttr>(number.getValue()).getValue().toString(text);
    os << text;
    return;
  }
  if (auto reduce = dyn_cast<ReduceOp>(op))
    os << reduce.getReduction().getSpelling() << "["
       << stringifyAxes(reduce.getOver()) << "]";
  else if (auto math = dyn_cast<MathOpInterface>(op))
    os << math.getSpelling();
  else
    os << op->getName().stripDialect();
  os << "(";
  llvm::interleaveComma(op->getOperands(), os,
                        [&](Value input) { printTree(formula, input, os); });
  for (NamedAttribute attribute : op->getAttrs())
    if (auto integer = dyn_cast<IntegerAttr>(attribute.getValue()))
      os << ", " << attribute.getName().getValue() << "=" << integer.getInt();
    else if (auto list = dyn_cast<DenseI64ArrayAttr>(attribute.getValue())) {
      os << ", " << attribute.getName().getValue() << "=[";
      llvm::interleaveComma(list.asArrayRef(), os);
      os << "]";
    }
  os << ")";
}

std::string Outcome::tree(StringRef name) {
  FormulaOp op = formula(name);
  if (!op)
    return diagnostics.empty() ? "no formula" : diagnostics;
  std::string text;
  llvm::raw_string_ostream os(text);
  Operation *result = op.getBody().front().getTerminator();
  llvm::interleaveComma(result->getOperands(), os,
                        [&](Value value) { printTree(op, value, os); });
  return text;
}

} // namespace keops::test
