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

static bool isSound(const keops_device_code &code) {
  if (code.arch < 1 || !code.ptx || code.ptx_bytes < 1 ||
      code.ptx[code.ptx_bytes] != 0 || code.n_cubins < 0 ||
      (code.n_cubins && !code.cubins))
    return false;
  for (int32_t c = 0; c < code.n_cubins; ++c) {
    const keops_cubin &cubin = code.cubins[c];
    if (cubin.arch < code.arch || cubin.bytes < 1 || !cubin.data)
      return false;
    if (cubin.is_text &&
        static_cast<const char *>(cubin.data)[cubin.bytes] != 0)
      return false;
  }
  return true;
}

/// A kernel has a name and a block, or neither.
static bool isKernel(const char *name, int32_t threads) {
  if (!name)
    return threads == 0;
  return *name && threads >= 32 && threads <= 1024 && threads % 32 == 0;
}

static bool isSound(const keops_device_step &step) {
  if (!isKernel(step.sweep, step.sweep_threads) ||
      !isKernel(step.finish, step.finish_threads) ||
      !isKernel(step.close, step.close_threads))
    return false;
  if (step.sweep ? !step.finish || !isCount(step.tile_rows) ||
                       step.tile_rows % step.sweep_threads ||
                       !isCount(step.col_quantum)
                 : step.state_bytes != 0)
    return false;
  constexpr int64_t mostBytes = int64_t(1) << 40;
  return step.state_bytes >= 0 && step.state_bytes <= mostBytes &&
         step.partial_bytes >= 0 && step.partial_bytes <= mostBytes &&
         step.partial_bytes % 16 == 0 &&
         (step.close || step.partial_bytes == 0) &&
         step.sweep_shared_bytes >= 0 && step.pair_cycles >= 0;
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
  return !step.device || isSound(*step.device);
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
    if (!isSound(card.steps[s], tables) ||
        bool(card.steps[s].device) != bool(card.device))
      return false;
  return !card.device || isSound(*card.device);
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
