//===- Card.cpp - damaged and foreign cards are refused -------------------===//

#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <functional>

using namespace cards;

namespace {

int launch(const keops_card *card) {
  double x[1] = {1}, y[1] = {1}, g[1];
  const void *inputs[] = {x, y};
  void *outputs[] = {g};
  return keops_rt_launch(card, nullptr, 1, 1, inputs, outputs);
}

TEST(Card, NullIsRefused) {
  EXPECT_EQ(KEOPS_BAD_CARD, launch(nullptr));
  EXPECT_STREQ("the launch card is a null pointer", keops_last_error());
}

TEST(Card, OtherVersionIsRefusedUnread) {
  // Nothing but the version may be read: the rest would crash.
  keops_card card;
  std::memset(&card, 0xFF, sizeof(card));
  card.version = KEOPS_CARD_VERSION + 1;
  EXPECT_EQ(KEOPS_BAD_CARD, launch(&card));
  EXPECT_STREQ("this object has a launch card of version 4, the runtime reads "
               "version 3; compile the formula again with the keopsc of this "
               "release",
               keops_last_error());
}

TEST(Card, DamageIsFound) {
  using Damage = std::function<void(Card &)>;
  const Damage damages[] = {
      [](Card &c) { c.card.name = nullptr; },
      [](Card &c) { c.card.n_inputs = -1; },
      [](Card &c) { c.card.n_outputs = -1; },
      [](Card &c) { c.card.n_temporaries = -1; },
      [](Card &c) { c.card.n_steps = -1; },
      [](Card &c) { c.card.tables = nullptr; },
      [](Card &c) { c.card.steps = nullptr; },
      [](Card &c) { c.tables[0].name = nullptr; },
      [](Card &c) { c.tables[0].axis = 3; },
      [](Card &c) { c.tables[0].axis = -1; },
      [](Card &c) { c.tables[1].dtype = 3; },
      [](Card &c) { c.tables[1].dtype = -1; },
      [](Card &c) { c.tables[2].dim = 0; },
      [](Card &c) { c.steps[0].row_axis = KEOPS_AXIS_P; },
      [](Card &c) { c.steps[0].n_tables = -1; },
      [](Card &c) { c.steps[0].tables = nullptr; },
      [](Card &c) { c.steps[0].n_host = -1; },
      [](Card &c) { c.steps[0].host = nullptr; },
      [](Card &c) { c.steps[0].pair_ns = -1; },
      [](Card &c) { c.steps[0].pair_ns = NAN; },
      [](Card &c) { c.stepTables[0][0] = -1; },
      [](Card &c) { c.stepTables[0][2] = 3; },
      [](Card &c) { c.host[0].max_rows = 0; },
      [](Card &c) { c.host[0].row_quantum = 0; },
      [](Card &c) { c.host[0].col_quantum = -64; },
      [](Card &c) { c.host[0].scratch_bytes = -64; },
      [](Card &c) { c.host[0].scratch_bytes = 63; },
      [](Card &c) { c.host[0].state_bytes = INT64_MAX - 63; },
      [](Card &c) { c.host[0].partial_bytes = 8; },
      [](Card &c) { c.host[0].sweep = nullptr; },
      [](Card &c) { c.host[0].finish = nullptr; },
      [](Card &c) { c.host[0].close = nullptr; },
  };
  int number = 0;
  for (const Damage &damage : damages) {
    Card card;
    makeTotal(card);
    ASSERT_EQ(KEOPS_OK, launch(&card.card));
    damage(card);
    EXPECT_EQ(KEOPS_BAD_CARD, launch(&card.card)) << "damage " << number;
    EXPECT_STREQ("the launch card of this object is damaged; compile the "
                 "formula again",
                 keops_last_error());
    ++number;
  }
}

/// What a card of makeTotal says of a device.
struct DeviceCard : Card {
  keops_cubin cubins[2] = {{90, 0, 4, "code"}, {75, 0, 4, "code"}};
  keops_device_code code = {75, 2, ".version 6.3", 12, cubins};
  keops_device_step step = {"sweep", "finish", "close", 128, 128, 256,
                            4096,    512,      64,      4,   16,  2.5};

  DeviceCard() {
    makeTotal(*this);
    card.device = &code;
    steps[0].device = &step;
  }
};

TEST(Card, DamageOfDeviceCodeIsFound) {
  using Damage = std::function<void(DeviceCard &)>;
  const Damage damages[] = {
      [](DeviceCard &c) { c.card.device = nullptr; },
      [](DeviceCard &c) { c.steps[0].device = nullptr; },
      [](DeviceCard &c) { c.code.arch = 0; },
      [](DeviceCard &c) { c.code.ptx = nullptr; },
      [](DeviceCard &c) { c.code.ptx_bytes = 0; },
      [](DeviceCard &c) { c.code.ptx_bytes = 11; },
      [](DeviceCard &c) { c.code.n_cubins = -1; },
      [](DeviceCard &c) { c.code.cubins = nullptr; },
      [](DeviceCard &c) { c.cubins[1].arch = 70; },
      [](DeviceCard &c) { c.cubins[0].bytes = 0; },
      [](DeviceCard &c) { c.cubins[0].data = nullptr; },
      [](DeviceCard &c) { c.cubins[0].is_text = 1, c.cubins[0].bytes = 3; },
      [](DeviceCard &c) { c.step.sweep = nullptr; },
      [](DeviceCard &c) { c.step.sweep = ""; },
      [](DeviceCard &c) { c.step.finish = nullptr, c.step.finish_threads = 0; },
      [](DeviceCard &c) { c.step.close = nullptr, c.step.close_threads = 0; },
      [](DeviceCard &c) { c.step.sweep_threads = 0; },
      [](DeviceCard &c) { c.step.sweep_threads = 100; },
      [](DeviceCard &c) { c.step.finish_threads = 1056; },
      [](DeviceCard &c) { c.step.close_threads = -32; },
      [](DeviceCard &c) { c.step.sweep_shared_bytes = -1; },
      [](DeviceCard &c) { c.step.tile_rows = 0; },
      [](DeviceCard &c) { c.step.tile_rows = 500; },
      [](DeviceCard &c) { c.step.col_quantum = 0; },
      [](DeviceCard &c) { c.step.state_bytes = -4; },
      [](DeviceCard &c) { c.step.state_bytes = INT64_MAX; },
      [](DeviceCard &c) { c.step.partial_bytes = 8; },
      [](DeviceCard &c) { c.step.pair_cycles = NAN; },
  };
  int number = 0;
  for (const Damage &damage : damages) {
    DeviceCard card;
    ASSERT_EQ(KEOPS_OK, launch(&card.card));
    damage(card);
    EXPECT_EQ(KEOPS_BAD_CARD, launch(&card.card)) << "damage " << number;
    ++number;
  }
}

TEST(Card, WithoutADriverThereIsNoDevice) {
  if (dlopen("libcuda.so.1", RTLD_NOW))
    GTEST_SKIP() << "there is a driver";
  DeviceCard card;
  double x[1] = {1}, y[1] = {1}, g[1];
  const void *inputs[] = {x, y};
  void *outputs[] = {g};
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.backend = KEOPS_BACKEND_GPU;
  EXPECT_EQ(KEOPS_NO_DEVICE,
            keops_rt_launch(&card.card, &call, 1, 1, inputs, outputs));
  EXPECT_STREQ("no NVIDIA driver: the library libcuda.so.1 was not found",
               keops_last_error());
}

TEST(Card, WithoutStepsDoesNothing) {
  Card card;
  makeTotal(card);
  card.card.n_steps = 0;
  card.card.steps = nullptr;
  EXPECT_EQ(KEOPS_OK, launch(&card.card));
}

} // namespace
