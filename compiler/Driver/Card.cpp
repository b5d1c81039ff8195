//===- Card.cpp - launch cards and entry functions ------------------------===//

#include "compiler/Driver/Card.h"
#include "compiler/Driver/CardDevice.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Target/LLVMIR/LLVMTranslationInterface.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "runtime/Card.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"

using namespace mlir;

namespace keops {

std::string cardSymbol(StringRef kernel) {
  return ("keops_card_" + kernel).str();
}

// The fields below are written in the order of the C structs. LLVM lays out a
// struct as C does; these sizes say that no field was added there alone.
static_assert(KEOPS_CARD_VERSION == 3 && sizeof(keops_table) == 24 &&
                  sizeof(keops_host_code) == 80 && sizeof(keops_step) == 48 &&
                  sizeof(keops_card) == 56 && sizeof(keops_cubin) == 24 &&
                  sizeof(keops_device_code) == 32 &&
                  sizeof(keops_device_step) == 80,
              "runtime/Card.h has changed: change the writer too");

namespace {

class CardWriter {
public:
  CardWriter(tile::PlanOp plan, llvm::Module &module)
      : plan(plan), module(module), constants(module), inputs(plan.getInputs()),
        outputs(plan.getNumArguments() - plan.getInputs()) {}

  LogicalResult write();

private:
  LogicalResult checkNames();
  LogicalResult writeSteps();
  LogicalResult writeStep(tile::LaunchOp launch);
  FailureOr<llvm::Constant *> hostCodes(tile::LaunchOp launch, int64_t &count);
  FailureOr<llvm::Constant *> hostCode(tile::LaunchOp launch,
                                       tile::HostCodeAttr code);
  FailureOr<llvm::Constant *> function(tile::LaunchOp launch,
                                       FlatSymbolRefAttr symbol,
                                       StringRef arguments);
  void addTable(Value table, StringRef name);
  llvm::GlobalVariable *writeCard();
  void writeEntry(llvm::GlobalVariable *card);
  llvm::Value *argumentList(llvm::IRBuilder<> &builder,
                            llvm::Function *function, unsigned first,
                            unsigned count);

  tile::PlanOp plan;
  llvm::Module &module;
  CardConstants constants;
  int64_t inputs, outputs, temporaries = 0;
  DenseMap<Value, int32_t> positions; // of the tables of a launch
  SmallVector<llvm::Constant *> tables, steps;
};

} // namespace

LogicalResult CardWriter::write() {
  if (inputs < 0 || outputs < 0)
    return plan.emitError("has fewer arguments than inputs");
  if (failed(checkNames()))
    return failure();
  for (BlockArgument argument : plan.getBody().getArguments()) {
    auto name = plan.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                  "keops.name");
    addTable(argument, name ? name.getValue() : "table");
  }
  for (tile::TemporaryOp temporary :
       plan.getBody().getOps<tile::TemporaryOp>()) {
    addTable(temporary, "temporary");
    ++temporaries;
  }
  if (failed(writeSteps()))
    return failure();
  writeEntry(writeCard());
  return success();
}

/// LLVM would quietly rename a symbol that is taken.
LogicalResult CardWriter::checkNames() {
  for (const std::string &name :
       {plan.getSymName().str(), cardSymbol(plan.getSymName())})
    if (module.getNamedValue(name))
      return plan.emitError("the symbol ") << name << " is taken";
  return success();
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static int32_t axisCode(Axes axis) {
  if (axis == Axes::i)
    return KEOPS_AXIS_I;
  return axis == Axes::j ? KEOPS_AXIS_J : KEOPS_AXIS_P;
}

static int32_t dtypeCode(Type scalar) {
  if (scalar.isF32())
    return KEOPS_FLOAT32;
  return scalar.isF64() ? KEOPS_FLOAT64 : KEOPS_INT64;
}

void CardWriter::addTable(Value table, StringRef name) {
  auto type = cast<tile::TableType>(table.getType());
  positions[table] = tables.size();
  tables.push_back(constants.fields({constants.text(name),
                                     constants.i32(axisCode(type.getAxis())),
                                     constants.i32(dtypeCode(type.getScalar())),
                                     constants.i64(type.getDim())}));
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

LogicalResult CardWriter::writeSteps() {
  for (tile::LaunchOp launch : plan.getBody().getOps<tile::LaunchOp>())
    if (failed(writeStep(launch)))
      return failure();
  return success();
}

LogicalResult CardWriter::writeStep(tile::LaunchOp launch) {
  int64_t hostCount = 0;
  FailureOr<llvm::Constant *> host = hostCodes(launch, hostCount);
  FailureOr<llvm::Constant *> device = deviceStepOf(plan, launch, constants);
  if (failed(host) || failed(device))
    return failure();
  if (hostCount == 0 && !launch.getDevice())
    return launch.emitError("has no host code: run convert-tile-to-cpu first");
  SmallVector<llvm::Constant *> used;
  for (Value table : launch.getTables())
    used.push_back(constants.i32(positions.lookup(table)));
  double pairNs =
      launch.getPairNs() ? launch.getPairNs()->convertToDouble() : 0;
  steps.push_back(constants.fields(
      {constants.i32(launch.getTurned() ? KEOPS_AXIS_J : KEOPS_AXIS_I),
       constants.i32(used.size()), constants.array(used),
       constants.i32(hostCount), constants.i32(0), *host, constants.f64(pairNs),
       *device}));
  return success();
}

FailureOr<llvm::Constant *> CardWriter::hostCodes(tile::LaunchOp launch,
                                                  int64_t &count) {
  SmallVector<tile::HostCodeAttr> codes;
  if (launch.getHostAttr())
    for (Attribute attribute : launch.getHostAttr()) {
      auto code = dyn_cast<tile::HostCodeAttr>(attribute);
      if (!code)
        return launch.emitError("lists host code that is no #tile.host");
      codes.push_back(code);
    }
  // Best instruction set first, as the runtime expects.
  llvm::stable_sort(codes, [](tile::HostCodeAttr a, tile::HostCodeAttr b) {
    return a.getIsa() > b.getIsa();
  });
  SmallVector<llvm::Constant *> host;
  for (tile::HostCodeAttr code : codes) {
    FailureOr<llvm::Constant *> written = hostCode(launch, code);
    if (failed(written))
      return failure();
    host.push_back(*written);
  }
  count = int64_t(host.size());
  return constants.array(host);
}

FailureOr<llvm::Constant *> CardWriter::hostCode(tile::LaunchOp launch,
                                                 tile::HostCodeAttr code) {
  auto sweep = function(launch, code.getSweep(), "piipiipp");
  auto finish = function(launch, code.getFinish(), "piipippp");
  auto close = function(launch, code.getClose(), "ppip");
  if (failed(sweep) || failed(finish) || failed(close))
    return failure();
  return constants.fields(
      {constants.i32(static_cast<int32_t>(code.getIsa())), constants.i32(0),
       constants.i64(code.getMaxRows()), constants.i64(code.getRowQuantum()),
       constants.i64(code.getColQuantum()),
       constants.i64(code.getScratchBytes()),
       constants.i64(code.getStateBytes()),
       constants.i64(code.getPartialBytes()), *sweep, *finish, *close});
}

/// The function of a symbol, null without one. `arguments` says what the card
/// promises about it: p for a pointer, i for an int64_t.
FailureOr<llvm::Constant *> CardWriter::function(tile::LaunchOp launch,
                                                 FlatSymbolRefAttr symbol,
                                                 StringRef arguments) {
  if (!symbol)
    return constants.null();
  llvm::Function *function = module.getFunction(symbol.getValue());
  if (!function)
    return launch.emitError("names ") << symbol << ", which is not there";
  llvm::FunctionType *type = function->getFunctionType();
  bool fits = type->getReturnType()->isVoidTy() && !type->isVarArg() &&
              type->getNumParams() == arguments.size();
  for (unsigned n = 0; fits && n < arguments.size(); ++n) {
    llvm::Type *parameter = type->getParamType(n);
    fits = arguments[n] == 'p' ? parameter->isPointerTy()
                               : parameter->isIntegerTy(64);
  }
  if (!fits)
    return launch.emitError()
           << symbol << " has not the arguments that a card promises";
  function->setLinkage(llvm::GlobalValue::InternalLinkage);
  return function;
}

//===----------------------------------------------------------------------===//
// The card and the entry function
//===----------------------------------------------------------------------===//

llvm::GlobalVariable *CardWriter::writeCard() {
  llvm::Constant *value = constants.fields(
      {constants.i32(KEOPS_CARD_VERSION), constants.i32(inputs),
       constants.i32(outputs), constants.i32(temporaries),
       constants.text(plan.getSymName()), constants.array(tables),
       constants.array(steps), constants.i32(steps.size()), constants.i32(0),
       deviceCodeOf(plan, module, constants)});
  return new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                  llvm::GlobalValue::ExternalLinkage, value,
                                  cardSymbol(plan.getSymName()));
}

/// `count` arguments, from `first` on, as an array on the stack.
llvm::Value *CardWriter::argumentList(llvm::IRBuilder<> &builder,
                                      llvm::Function *function, unsigned first,
                                      unsigned count) {
  if (count == 0)
    return constants.null();
  llvm::Value *list = builder.CreateAlloca(
      llvm::ArrayType::get(constants.pointerType(), count));
  for (unsigned n = 0; n < count; ++n)
    builder.CreateStore(
        function->getArg(first + n),
        builder.CreateConstInBoundsGEP1_32(constants.pointerType(), list, n));
  return list;
}

void CardWriter::writeEntry(llvm::GlobalVariable *card) {
  llvm::Type *pointer = constants.pointerType();
  llvm::Type *i32 = llvm::Type::getInt32Ty(module.getContext());
  llvm::Type *i64 = llvm::Type::getInt64Ty(module.getContext());
  llvm::FunctionCallee launch = module.getOrInsertFunction(
      "keops_rt_launch", i32, pointer, pointer, i64, i64, pointer, pointer);

  SmallVector<llvm::Type *> types = {pointer, i64, i64};
  types.append(inputs + outputs, pointer);
  auto *entry = llvm::Function::Create(
      llvm::FunctionType::get(i32, types, /*isVarArg=*/false),
      llvm::GlobalValue::ExternalLinkage, plan.getSymName(), module);
  llvm::IRBuilder<> builder(
      llvm::BasicBlock::Create(module.getContext(), "entry", entry));
  constexpr unsigned firstTable = 3;
  llvm::Value *inputList = argumentList(builder, entry, firstTable, inputs);
  llvm::Value *outputList =
      argumentList(builder, entry, firstTable + inputs, outputs);
  builder.CreateRet(
      builder.CreateCall(launch, {card, entry->getArg(0), entry->getArg(1),
                                  entry->getArg(2), inputList, outputList}));
}

//===----------------------------------------------------------------------===//
// Part of the translation
//===----------------------------------------------------------------------===//

namespace {

struct PlanTranslation : LLVMTranslationDialectInterface {
  using LLVMTranslationDialectInterface::LLVMTranslationDialectInterface;

  LogicalResult
  convertOperation(Operation *op, llvm::IRBuilderBase &,
                   LLVM::ModuleTranslation &translation) const override {
    // Cards hold it.
    if (isa<tile::DeviceCodeOp>(op))
      return success();
    auto plan = dyn_cast<tile::PlanOp>(op);
    if (!plan)
      return op->emitError(
          "is not at stage llvm: run convert-tile-to-cpu first");
    return CardWriter(plan, *translation.getLLVMModule()).write();
  }
};

} // namespace

void registerCardTranslation(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, tile::TileDialect *dialect) {
    dialect->addInterfaces<PlanTranslation>();
  });
}

} // namespace keops
