//===- DeviceCards.cpp - cards with device code ---------------------------===//

#include "test/Unit/Device/DeviceCards.h"

#include <fstream>
#include <iterator>

using namespace cards;

const std::string &cards::deviceText() {
  static const std::string *text = [] {
    // KEOPS_DEVICE_TEXT is the path, from the build.
    std::ifstream file(KEOPS_DEVICE_TEXT);
    return new std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return *text;
}

void DeviceCard::addKernels(size_t s, const char *sweep, const char *finish,
                            const char *close, int64_t stateBytes,
                            int64_t partialBytes) {
  deviceSteps.resize(steps.size());
  deviceSteps[s] = {sweep,
                    finish,
                    close,
                    sweep ? deviceThreads : 0,
                    finish ? deviceThreads : 0,
                    close ? deviceThreads : 0,
                    0,
                    sweep ? deviceThreads : 0,
                    sweep ? 1 : 0,
                    stateBytes,
                    partialBytes,
                    10};
}

void DeviceCard::finishDevice() {
  code = {75, 0, deviceText().c_str(), int64_t(deviceText().size()), nullptr};
  card.device = &code;
  for (size_t s = 0; s < steps.size(); ++s)
    steps[s].device = &deviceSteps[s];
}

void cards::makeDeviceSum(DeviceCard &card) {
  makeSum(card);
  card.addKernels(0, "sum_sweep", "sum_finish", nullptr, 8, 0);
  card.finishDevice();
}

void cards::makeDeviceTotal(DeviceCard &card) {
  makeTotal(card);
  card.addKernels(0, "rows_sweep", "total_finish", "total_close", 8, 16);
  card.finishDevice();
}

void cards::makeDeviceChain(DeviceCard &card) {
  makeChain(card);
  card.addKernels(0, "rows_sweep", "rows_finish", nullptr, 8, 0);
  card.addKernels(1, nullptr, "square_finish", nullptr, 0, 0);
  card.addKernels(2, "rows_sweep", "rows_finish", nullptr, 8, 0);
  card.finishDevice();
}

void cards::makeDeviceWild(DeviceCard &card) {
  card.tables = {{"X", KEOPS_AXIS_I, KEOPS_FLOAT64, 1},
                 {"A", KEOPS_AXIS_I, KEOPS_FLOAT64, 1}};
  card.addStep(KEOPS_AXIS_I, {0, 1}, {});
  card.finish("wild", 1, 0);
  card.steps[0].n_host = 0;
  card.addKernels(0, nullptr, "wild_finish", nullptr, 0, 0);
  card.finishDevice();
}
