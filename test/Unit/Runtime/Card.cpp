//===- Card.cpp - damaged and foreign cards are refused -------------------===//

#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
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
  EXPECT_STREQ("this object has a launch card of version 2, the runtime reads "
               "version 1; compile the formula again with the keopsc of this "
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

TEST(Card, WithoutStepsDoesNothing) {
  Card card;
  makeTotal(card);
  card.card.n_steps = 0;
  card.card.steps = nullptr;
  EXPECT_EQ(KEOPS_OK, launch(&card.card));
}

} // namespace
