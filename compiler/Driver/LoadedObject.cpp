//===- LoadedObject.cpp - compiled kernels in this process ----------------===//
//
// In a file of its own: programs that do not load objects are not linked with
// the runtime and the JIT.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/Jit.h"
#include "compiler/Driver/Card.h"
#include "compiler/Driver/Compiler.h"
#include "keops/runtime.h"

namespace keops {

namespace {

class JitObject final : public LoadedObject {
public:
  explicit JitObject(std::unique_ptr<Jit> jit) : jit(std::move(jit)) {}

  const keops_card *card(llvm::StringRef kernel) override {
    return static_cast<const keops_card *>(jit->lookup(cardSymbol(kernel)));
  }

private:
  std::unique_ptr<Jit> jit;
};

} // namespace

LoadedObject::~LoadedObject() = default;

std::unique_ptr<LoadedObject> LoadedObject::load(llvm::ArrayRef<char> object,
                                                 std::string &error) {
  const Import runtime[] = {
      {"keops_rt_launch", reinterpret_cast<const void *>(&keops_rt_launch)}};
  llvm::Expected<std::unique_ptr<Jit>> jit = Jit::load(object, runtime);
  if (!jit) {
    error = llvm::toString(jit.takeError());
    return nullptr;
  }
  return std::make_unique<JitObject>(std::move(*jit));
}

} // namespace keops
