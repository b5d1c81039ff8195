//===- Object.cpp - from the llvm dialect to code -------------------------===//

#include "compiler/Codegen/Object.h"
#include "compiler/Codegen/Generator.h"
#include "compiler/Codegen/Target.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Object/ObjectFile.h"

using namespace llvm;

namespace keops {

std::unique_ptr<Module> translateToLLVM(mlir::ModuleOp module,
                                        LLVMContext &context) {
  std::unique_ptr<Module> code =
      mlir::translateModuleToLLVMIR(module, context, "keopsc");
  if (!code) {
    module.emitError("the llvm dialect cannot be translated to LLVM IR");
    return nullptr;
  }
  std::unique_ptr<TargetMachine> target = createHostTarget();
  code->setTargetTriple(target->getTargetTriple());
  code->setDataLayout(target->createDataLayout());
  return code;
}

FailureOr<SmallVector<char, 0>> generateCode(Module &module, CodeFormat format,
                                             mlir::Location location) {
  bool isObject = format == CodeFormat::Object;
  return runCodeGenerator(module, *createHostTarget(),
                          isObject ? CodeGenFileType::ObjectFile
                                   : CodeGenFileType::AssemblyFile,
                          location);
}

SmallVector<std::string> undefinedSymbols(ArrayRef<char> object) {
  SmallVector<std::string> names;
  auto file = object::ObjectFile::createObjectFile(MemoryBufferRef(
      StringRef(object.data(), object.size()), "object in memory"));
  if (!file) {
    consumeError(file.takeError());
    return names;
  }
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (flags && name && (*flags & object::SymbolRef::SF_Undefined) &&
        !name->empty())
      names.push_back(name->str());
    consumeError(flags.takeError());
    consumeError(name.takeError());
  }
  sort(names);
  return names;
}

} // namespace keops
