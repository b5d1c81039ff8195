//===- Modules.cpp - modules at stage llvm, for tests ---------------------===//

#include "test/Unit/Modules.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;

namespace keops::test {

ModuleTest::ModuleTest() {
  context->getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return success();
  });
}

OwningOpRef<ModuleOp> ModuleTest::parse(StringRef text) {
  auto module = parseSourceString<ModuleOp>(text, context.get());
  EXPECT_TRUE(module) << messages;
  return module;
}

SmallVector<char, 0> ModuleTest::emit(StringRef text, Stage stage) {
  OwningOpRef<ModuleOp> module = parse(text);
  if (!module)
    return {};
  auto bytes = emitCode(*module, stage);
  EXPECT_TRUE(succeeded(bytes)) << messages;
  return succeeded(bytes) ? *bytes : SmallVector<char, 0>();
}

std::string ModuleTest::errorOf(StringRef text) {
  OwningOpRef<ModuleOp> module = parse(text);
  messages.clear();
  if (module)
    EXPECT_TRUE(failed(emitCode(*module, Stage::Obj)));
  return messages;
}

} // namespace keops::test
