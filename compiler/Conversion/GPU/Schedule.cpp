//===- Schedule.cpp - how a kernel runs on a GPU --------------------------===//
//
// A thread has R rows, whose values and accumulators are in its registers
// beside those of U columns. A load from shared memory, for U columns, serves
// them all. More of both make fewer loads per pair and more work to hide
// latency behind, and take more registers, of which a multiprocessor has a
// fixed number for all of its threads. What that comes to depends on the
// formula, so the sweep is emitted for a few of them, and counted.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Schedule.h"
#include "compiler/Conversion/GPU/Functions.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace keops::device {

// Threads past the last row work for nothing. Of that many rows, as a
// compromise between thousands and a million, half a tile is more than there
// are.
static constexpr double kTypicalRows = 32768;
// Instructions for one unit come in bunches, and wait for each other then.
static constexpr double kUnevenness = 1.0 / 16;
// A thread may have 255.
static constexpr int64_t kMostRegisters = 232;
// Operations in a turn: the instructions of more do not stay at hand.
static constexpr int64_t kMostOps = 2048;
// Columns in shared memory, and what they may take there.
static constexpr int64_t kCols = 128, kStageBytes = 16 << 10;
static constexpr int64_t kThreads = 128;

double Candidate::cycles() const {
  double waiting = cost.turn.cost.sum() / double(cost.pairs) * kUnevenness;
  double idle = double(schedule.getRows()) / 2 / kTypicalRows;
  return (cost.cycles() + waiting) * (1 + idle);
}

bool Candidate::fits() const { return cost.registers <= kMostRegisters; }

namespace {

/// Rows per thread, and 32-bit numbers that are loaded at once of columns.
struct Shape {
  int64_t rows, words, threads;
};
// In the order of their size. Eight rows for each of half as many threads make
// tiles that are no larger.
constexpr Shape kShapes[] = {
    {1, 1, kThreads}, {1, 4, kThreads}, {2, 4, kThreads},    {2, 8, kThreads},
    {4, 4, kThreads}, {4, 8, kThreads}, {8, 4, kThreads / 2}};

/// The sweep of a kernel in a module of its own.
class Trial {
public:
  Trial(tile::KernelOp kernel, bool precise)
      : kernel(kernel), precise(precise), bytes(bytesOf(realTypeOf(kernel))) {
    for (BlockArgument argument :
         rowsOf(kernel).getSweep().getBody().getArguments())
      stagedBytes += bytes * vecType(argument).getDim();
  }

  /// Of the sweep on tensor cores; none if there is nothing that they could do,
  /// or no room.
  std::optional<Candidate> onTensorCores() {
    if (precise || !tensorProductOf(kernel))
      return std::nullopt;
    return withSchedule(tensorSchedule(kernel), /*orNone=*/true);
  }

  /// None if the code would be too long.
  std::optional<Candidate> of(const Shape &shape) {
    int64_t unroll = std::max(shape.words * 4 / bytes, int64_t{1});
    double pairs = double(shape.rows * unroll);
    if (opsPerPair * pairs > kMostOps)
      return std::nullopt;
    int64_t cols = kCols;
    while (cols > 8 && cols * stagedBytes > kStageBytes)
      cols /= 2;
    auto schedule = tile::ScheduleAttr::get(kernel.getContext(), tile::Isa::Gpu,
                                            shape.threads * shape.rows, cols,
                                            shape.threads, shape.rows, unroll);
    std::optional<Candidate> candidate =
        withSchedule(schedule, /*orNone=*/false);
    opsPerPair = double(opsInTurn) / pairs;
    return candidate;
  }

private:
  std::optional<Candidate> withSchedule(tile::ScheduleAttr schedule,
                                        bool orNone) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
    auto builder = OpBuilder::atBlockEnd(module->getBody());
    auto code = mlir::gpu::GPUModuleOp::create(builder, kernel.getLoc(), "of");
    builder.setInsertionPointToEnd(code.getBody());
    KernelEmitter emitter(kernel, schedule, builder, precise);
    // There is no room for a stage at all, which the conversion will say.
    if (emitter.unsupported())
      return orNone ? std::nullopt : std::optional(Candidate{schedule, {}});
    SweepCost cost = emitter.measureSweep();
    opsInTurn = emitter.opsInTurn();
    return Candidate{schedule, cost};
  }

  tile::KernelOp kernel;
  bool precise;
  int64_t bytes, stagedBytes = 0;
  int64_t opsInTurn = 0; // of the last candidate
  double opsPerPair = 0; // of the last shape; others share less, or more
};

} // namespace

SmallVector<Candidate> candidatesFor(tile::KernelOp kernel, bool precise,
                                     bool tensor) {
  SmallVector<Candidate> candidates;
  tile::RowsOp rows = rowsOf(kernel);
  if (!rows || !rows.getSweep())
    return candidates;
  Trial trial(kernel, precise);
  for (const Shape &shape : kShapes)
    if (std::optional<Candidate> candidate = trial.of(shape))
      candidates.push_back(*candidate);
  if (tensor)
    if (std::optional<Candidate> candidate = trial.onTensorCores())
      candidates.push_back(*candidate);
  llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
    if (a.fits() != b.fits())
      return a.fits();
    return a.fits() ? a.cycles() < b.cycles()
                    : a.cost.registers < b.cost.registers;
  });
  return candidates;
}

tile::ScheduleAttr chooseSchedule(tile::KernelOp kernel, bool precise,
                                  bool tensor) {
  SmallVector<Candidate> candidates = candidatesFor(kernel, precise, tensor);
  if (!candidates.empty())
    return candidates.front().schedule;
  return tile::ScheduleAttr::get(kernel.getContext(), tile::Isa::Gpu, kThreads,
                                 kCols, kThreads, 1, 1);
}

tile::ScheduleAttr withoutTensor(tile::ScheduleAttr schedule) {
  return tile::ScheduleAttr::get(schedule.getContext(), schedule.getIsa(),
                                 schedule.getRows(), schedule.getCols(),
                                 schedule.getLanes(), schedule.getRowsPerLane(),
                                 schedule.getUnroll());
}

static bool isForGpu(Attribute schedule) {
  return cast<tile::ScheduleAttr>(schedule).getIsa() == tile::Isa::Gpu;
}

tile::ScheduleAttr scheduleOf(tile::KernelOp kernel) {
  if (!kernel.getSchedules())
    return {};
  for (Attribute schedule : kernel.getSchedulesAttr())
    if (isForGpu(schedule))
      return cast<tile::ScheduleAttr>(schedule);
  return {};
}

void setSchedule(tile::KernelOp kernel, tile::ScheduleAttr schedule) {
  SmallVector<Attribute> schedules(kernel.getSchedulesAttr().getValue());
  std::replace_if(schedules.begin(), schedules.end(), isForGpu,
                  Attribute(schedule));
  kernel.setSchedulesAttr(ArrayAttr::get(kernel.getContext(), schedules));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static void printLine(StringRef name, const Candidate &candidate, bool isChosen,
                      raw_ostream &os) {
  const auto &[schedule, cost] = candidate;
  const Cost &turn = cost.turn.cost;
  os << "| " << name << " | " << schedule.getRowsPerLane() << " x "
     << schedule.getUnroll() << " | " << schedule.getLanes();
  for (double cycles :
       {turn.issue, turn.fma, turn.alu, turn.special, turn.fp64, turn.memory,
        turn.tensor, cost.cycles() * double(cost.pairs)})
    os << " | " << llvm::format("%.1f", cycles / double(cost.pairs));
  os << " | " << cost.bound() << " | " << cost.registers << " | " << cost.warps
     << " | " << (isChosen ? "yes" : "no") << " |\n";
}

void printCosts(ModuleOp module, bool precise, bool tensor, raw_ostream &os) {
  os << "Loops over pairs on a GPU, for each schedule that was considered. "
        "Cycles of a\nquarter of a multiprocessor of an H200 for 32 pairs, by "
        "what is busy; those of\nall together, and what binds; registers of a "
        "thread, warps at a time.\n\n"
     << "| function | rows x columns | threads | issue | fma | alu | special "
        "| fp64 | memory | tensor | cycles | bound by | registers | warps "
        "| chosen |\n"
     << "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (auto kernel : module.getOps<tile::KernelOp>())
    for (const Candidate &candidate : candidatesFor(kernel, precise, tensor))
      printLine(kernel.getSymName(), candidate,
                candidate.schedule == scheduleOf(kernel), os);
}

} // namespace keops::device
