//===- Card.cpp - does a card keep its contract? --------------------------===//
//
// A card comes out of an object file, which may be of another release or
// damaged. What is checked here, the rest of the runtime relies on.
//
//===----------------------------------------------------------------------===//

#include "runtime/Check.h"
#include "runtime/Error.h"

using namespace keops::rt;

static bool isBufferSize(int64_t bytes) {
  return bytes >= 0 && bytes <= (int64_t(1) << 56) && bytes % 64 == 0;
}

static bool isCount(int64_t count) {
  return count >= 1 && count <= (int64_t(1) << 30);
}

static bool isSound(const keops_table &table) {
  return table.name && table.axis >= KEOPS_AXIS_P &&
         table.axis <= KEOPS_AXIS_J && table.dtype >= KEOPS_FLOAT32 &&
         table.dtype <= KEOPS_INT64 && table.dim >= 1;
}

static bool isSound(const keops_host_code &code) {
  return isCount(code.max_rows) && isCount(code.row_quantum) &&
         isCount(code.col_quantum) && isBufferSize(code.scratch_bytes) &&
         isBufferSize(code.state_bytes) && isBufferSize(code.partial_bytes) &&
         code.finish && (code.sweep || code.state_bytes == 0) &&
         (code.close || code.partial_bytes == 0);
}

static bool isSound(const keops_step &step, int64_t tables) {
  if (step.row_axis != KEOPS_AXIS_I && step.row_axis != KEOPS_AXIS_J)
    return false;
  if (step.n_tables < 0 || step.n_host < 0 || (step.n_tables && !step.tables) ||
      (step.n_host && !step.host) || !(step.pair_ns >= 0))
    return false;
  for (int32_t t = 0; t < step.n_tables; ++t)
    if (step.tables[t] < 0 || step.tables[t] >= tables)
      return false;
  for (int32_t h = 0; h < step.n_host; ++h)
    if (!isSound(step.host[h]))
      return false;
  return true;
}

static bool isSound(const keops_card &card) {
  if (!card.name || card.n_inputs < 0 || card.n_outputs < 0 ||
      card.n_temporaries < 0 || card.n_steps < 0)
    return false;
  int64_t tables = int64_t(card.n_inputs) + card.n_outputs + card.n_temporaries;
  if ((tables && !card.tables) || (card.n_steps && !card.steps))
    return false;
  for (int64_t t = 0; t < tables; ++t)
    if (!isSound(card.tables[t]))
      return false;
  for (int32_t s = 0; s < card.n_steps; ++s)
    if (!isSound(card.steps[s], tables))
      return false;
  return true;
}

int keops::rt::checkCard(const keops_card *card) {
  if (!card)
    return fail(KEOPS_BAD_CARD, "the launch card is a null pointer");
  // Nothing but the version may be read from a card of another version.
  if (card->version != KEOPS_CARD_VERSION)
    return fail(KEOPS_BAD_CARD,
                "this object has a launch card of version %d, the runtime "
                "reads version %d; compile the formula again with the keopsc "
                "of this release",
                int(card->version), KEOPS_CARD_VERSION);
  if (!isSound(*card))
    return fail(KEOPS_BAD_CARD,
                "the launch card of this object is damaged; compile the "
                "formula again");
  return KEOPS_OK;
}
