//===- Jit.cpp - an object file loaded into this process ------------------===//
//
// LLJIT is told everything that it would otherwise find out by asking the host
// and by making target machines: nothing is compiled here, only linked.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/Jit.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace llvm::orc;

namespace keops {

namespace {

/// Takes the place of the compiler that an LLJIT must have.
struct NoCompiler : IRCompileLayer::IRCompiler {
  NoCompiler() : IRCompiler(IRSymbolMapper::ManglingOptions()) {}
  Expected<std::unique_ptr<MemoryBuffer>> operator()(Module &) override {
    return createStringError("only objects can be loaded");
  }
};

} // namespace

static Expected<std::unique_ptr<LLJIT>> createSession() {
  LLJITBuilder builder;
  builder.setJITTargetMachineBuilder(
      JITTargetMachineBuilder(Triple("x86_64-unknown-linux-gnu")));
  builder.setDataLayout(DataLayout("e-m:e"));
  builder.setCompileFunctionCreator(
      [](JITTargetMachineBuilder) { return std::make_unique<NoCompiler>(); });
  builder.setObjectLinkingLayerCreator([](ExecutionSession &session) {
    return std::make_unique<ObjectLinkingLayer>(session);
  });
  // Symbols come from the list of imports alone, not from whatever this
  // process happens to have.
  builder.setLinkProcessSymbolsByDefault(false);
  builder.setPlatformSetUp(setUpInactivePlatform);
  return builder.create();
}

/// Names of the symbols that the object shows to others.
static Expected<SymbolLookupSet> exportsOf(ExecutionSession &session,
                                           MemoryBufferRef buffer) {
  auto file = object::ObjectFile::createObjectFile(buffer);
  if (!file)
    return file.takeError();
  SymbolLookupSet names;
  constexpr uint32_t hidden =
      object::SymbolRef::SF_Undefined | object::SymbolRef::SF_FormatSpecific;
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    if (!(*flags & object::SymbolRef::SF_Global) || (*flags & hidden))
      continue;
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    names.add(session.intern(*name));
  }
  return names;
}

Error Jit::link(ArrayRef<char> object, ArrayRef<Import> imports) {
  ExecutionSession &orc = session->getExecutionSession();
  JITDylib &library = session->getMainJITDylib();
  // What goes wrong while linking comes here first, and in more detail than
  // to those who wait for the symbols.
  std::string detail;
  orc.setErrorReporter([&detail](Error error) {
    detail += (detail.empty() ? "" : "; ") + toString(std::move(error));
  });

  SymbolMap symbols;
  for (const Import &import : imports)
    symbols[orc.intern(import.name)] = {ExecutorAddr::fromPtr(import.address),
                                        JITSymbolFlags::Exported};
  if (Error error = library.define(absoluteSymbols(std::move(symbols))))
    return error;
  auto buffer = MemoryBuffer::getMemBufferCopy(
      StringRef(object.data(), object.size()), "object in memory");
  Expected<SymbolLookupSet> names = exportsOf(orc, buffer->getMemBufferRef());
  if (!names)
    return names.takeError();
  if (Error error = session->addObjectFile(std::move(buffer)))
    return error;

  // All of them now: errors then come from here, and lookup() needs no lock.
  Expected<SymbolMap> found = orc.lookup(
      {{&library, JITDylibLookupFlags::MatchAllSymbols}}, std::move(*names));
  orc.setErrorReporter([](Error error) { consumeError(std::move(error)); });
  if (!found) {
    std::string summary = toString(found.takeError());
    return createStringError(detail.empty() ? summary : detail);
  }
  for (auto &[name, symbol] : *found)
    exports[*name] = symbol.getAddress().toPtr<void *>();
  return Error::success();
}

Expected<std::unique_ptr<Jit>> Jit::load(ArrayRef<char> object,
                                         ArrayRef<Import> imports) {
  Expected<std::unique_ptr<LLJIT>> session = createSession();
  if (!session)
    return session.takeError();
  std::unique_ptr<Jit> jit(new Jit(std::move(*session)));
  if (Error error = jit->link(object, imports))
    return error;
  return jit;
}

Jit::Jit(std::unique_ptr<LLJIT> session) : session(std::move(session)) {}
Jit::~Jit() = default;

} // namespace keops
