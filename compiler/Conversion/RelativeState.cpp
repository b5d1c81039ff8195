//===- RelativeState.cpp - long sums of exponentials in memory ------------===//

#include "compiler/Conversion/RelativeState.h"

using namespace mlir;

namespace keops {

void RelativeState::forComponents(
    llvm::function_ref<void(Value component)> body) const {
  machine.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
    body(component);
    return Lanes();
  });
}

Lane RelativeState::reference() const {
  return load(machine.position(0)).front();
}

void RelativeState::raise(const Lane &to, const Lane &factor) const {
  forComponents([&](Value component) {
    store(sums.raised(load(component), to, factor), component, 0);
  });
}

Lane RelativeState::exponential(
    const Lane &f,
    llvm::function_ref<void(const Lane &factor)> alsoRaise) const {
  return sums.exponential(f, reference(),
                          [&](const Lane &to, const Lane &factor) {
                            raise(to, factor);
                            if (alsoRaise)
                              alsoRaise(factor);
                          });
}

void RelativeState::add(const Lane &terms, Value component) const {
  store(sums.add(load(component), terms), component, kSum);
}

void RelativeState::startFrom(const RelativeState &other) const {
  Lanes none = sums.none(other.reference());
  for (Lane &lane : none)
    lane = machine.spread(lane, rows, 1);
  forComponents([&](Value component) { store(none, component, 0); });
}

void RelativeState::take(const RelativeState &block) const {
  // It may have raised its own since.
  Lane before = reference(), now = block.reference();
  (void)machine.ifAny(before < now, {}, [&] {
    raise(now, sums.factor(before, now));
    return Lanes();
  });
  forComponents([&](Value component) {
    store(sums.merge(load(component), block.load(component)), component, kSum);
  });
}

} // namespace keops
