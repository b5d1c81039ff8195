//===- Card.cpp - the card that a plan becomes, read by its C struct ------===//

#include "runtime/Card.h"
#include "compiler/Codegen/Jit.h"
#include "keops/runtime.h"
#include "test/Unit/Modules.h"

using namespace keops;
using namespace keops::test;

namespace {

// Functions with the signatures of runtime/Card.h that do nothing, and a plan
// that uses whatever a plan can hold.
constexpr const char kEmptyFunctions[] = R"(
  llvm.func @sweep(%t: !llvm.ptr, %r0: i64, %r1: i64, %spans: !llvm.ptr,
                   %n: i64, %base: i64, %scratch: !llvm.ptr,
                   %state: !llvm.ptr) { llvm.return }
  llvm.func @finish(%t: !llvm.ptr, %r0: i64, %r1: i64, %states: !llvm.ptr,
                    %n: i64, %bases: !llvm.ptr, %scratch: !llvm.ptr,
                    %partial: !llvm.ptr) { llvm.return }
  llvm.func @close(%t: !llvm.ptr, %partials: !llvm.ptr, %n: i64,
                   %scratch: !llvm.ptr) { llvm.return }
)";

constexpr const char kPlan[] = R"(
  tile.plan @demo(%g: !tile.table<1xf32, p> {keops.name = "G"},
                  %x: !tile.table<3xf64, i> {keops.name = "X"},
                  %n: !tile.table<2xi64, j> {keops.name = "out"})
      attributes {inputs = 2, keops.text = "a comment"} {
    %t = tile.temporary : <5xf32, j>
    tile.launch @demo_0(%x, %t) {host = [
        #tile.host<v2, maxRows = 960, rowQuantum = 4, colQuantum = 512,
                   scratchBytes = 64, stateBytes = 128, partialBytes = 0,
                   sweep = @sweep, finish = @finish>,
        #tile.host<v4, maxRows = 480, rowQuantum = 16, colQuantum = 256,
                   scratchBytes = 192, stateBytes = 256, partialBytes = 320,
                   sweep = @sweep, finish = @finish, close = @close>],
        pairNs = 0.25 : f64} : <3xf64, i>, <5xf32, j>
    tile.launch @demo_1(%t, %g, %n) turned {host = [
        #tile.host<v3, maxRows = 1, rowQuantum = 1, colQuantum = 1,
                   scratchBytes = 0, stateBytes = 0, partialBytes = 0,
                   finish = @finish>]} : <5xf32, j>, <1xf32, p>, <2xi64, j>
  }
)";

std::string withFunctions(llvm::StringRef plan) {
  return kEmptyFunctions + plan.str();
}

class CardTest : public ModuleTest {
protected:
  std::unique_ptr<LoadedObject> load(llvm::StringRef text) {
    std::string error;
    auto object = LoadedObject::load(emit(text), error);
    EXPECT_TRUE(object) << error;
    return object;
  }
};

void expectTable(const keops_table &table, const char *name, int axis,
                 int dtype, int64_t dim) {
  EXPECT_STREQ(table.name, name);
  EXPECT_EQ(table.axis, axis);
  EXPECT_EQ(table.dtype, dtype);
  EXPECT_EQ(table.dim, dim);
}

void expectSizes(const keops_host_code &code, int isa,
                 std::vector<int64_t> sizes) {
  EXPECT_EQ(code.isa, isa);
  EXPECT_EQ(code.reserved, 0);
  EXPECT_EQ((std::vector<int64_t>{code.max_rows, code.row_quantum,
                                  code.col_quantum, code.scratch_bytes,
                                  code.state_bytes, code.partial_bytes}),
            sizes);
}

} // namespace

TEST_F(CardTest, ListsTheTables) {
  auto object = load(withFunctions(kPlan));
  ASSERT_TRUE(object);
  const keops_card *card = object->card("demo");
  ASSERT_TRUE(card);
  EXPECT_EQ(card->version, KEOPS_CARD_VERSION);
  EXPECT_STREQ(card->name, "demo");
  EXPECT_EQ(card->n_inputs, 2);
  EXPECT_EQ(card->n_outputs, 1);
  EXPECT_EQ(card->n_temporaries, 1);
  EXPECT_EQ(card->reserved, 0);
  expectTable(card->tables[0], "G", KEOPS_AXIS_P, KEOPS_FLOAT32, 1);
  expectTable(card->tables[1], "X", KEOPS_AXIS_I, KEOPS_FLOAT64, 3);
  expectTable(card->tables[2], "out", KEOPS_AXIS_J, KEOPS_INT64, 2);
  expectTable(card->tables[3], "temporary", KEOPS_AXIS_J, KEOPS_FLOAT32, 5);
}

TEST_F(CardTest, ListsTheStepsBestInstructionSetFirst) {
  auto object = load(withFunctions(kPlan));
  ASSERT_TRUE(object);
  const keops_card *card = object->card("demo");
  ASSERT_TRUE(card);
  ASSERT_EQ(card->n_steps, 2);
  const keops_step &first = card->steps[0];
  EXPECT_EQ(first.row_axis, KEOPS_AXIS_I);
  ASSERT_EQ(first.n_tables, 2);
  EXPECT_EQ(first.tables[0], 1);
  EXPECT_EQ(first.tables[1], 3);
  EXPECT_EQ(first.pair_ns, 0.25);
  ASSERT_EQ(first.n_host, 2);
  expectSizes(first.host[0], KEOPS_X86_64_V4, {480, 16, 256, 192, 256, 320});
  expectSizes(first.host[1], KEOPS_X86_64_V2, {960, 4, 512, 64, 128, 0});
  EXPECT_TRUE(first.host[0].sweep && first.host[0].close);
  EXPECT_EQ(first.host[0].sweep, first.host[1].sweep);
  EXPECT_EQ(first.host[0].finish, first.host[1].finish);
  EXPECT_FALSE(first.host[1].close);

  const keops_step &second = card->steps[1];
  EXPECT_EQ(second.row_axis, KEOPS_AXIS_J);
  EXPECT_EQ((std::vector<int32_t>(second.tables, second.tables + 3)),
            (std::vector<int32_t>{3, 0, 2}));
  EXPECT_EQ(second.pair_ns, 0);
  ASSERT_EQ(second.n_host, 1);
  expectSizes(second.host[0], KEOPS_X86_64_V3, {1, 1, 1, 0, 0, 0});
  EXPECT_FALSE(second.host[0].sweep);
  EXPECT_EQ(second.host[0].finish, first.host[0].finish);
}

TEST_F(CardTest, MayHaveNoSteps) {
  auto object = load(R"(
    tile.plan @nothing(%x: !tile.table<1xf32, p>) attributes {inputs = 1} {})");
  ASSERT_TRUE(object);
  const keops_card *card = object->card("nothing");
  ASSERT_TRUE(card);
  EXPECT_EQ(card->n_inputs, 1);
  EXPECT_EQ(card->n_outputs, 0);
  expectTable(card->tables[0], "table", KEOPS_AXIS_P, KEOPS_FLOAT32, 1);
  EXPECT_EQ(card->n_steps, 0);
  EXPECT_FALSE(card->steps);
  EXPECT_FALSE(object->card("something"));
}

//===----------------------------------------------------------------------===//
// Code for GPUs
//===----------------------------------------------------------------------===//

static constexpr const char kDevicePlans[] = R"(
  tile.plan @both(%x: !tile.table<1xf32, i>) attributes {inputs = 0} {
    tile.launch @k0(%x) {host = [
        #tile.host<v2, maxRows = 1, rowQuantum = 1, colQuantum = 1,
                   scratchBytes = 0, stateBytes = 0, partialBytes = 0,
                   finish = @finish>],
        device = #tile.device<sweep = "s", finish = "f", threads = 128,
                              sharedBytes = 2560, tileRows = 512,
                              colQuantum = 64, stateBytes = 8,
                              partialBytes = 0, pairCycles = 9.5 : f64>}
        : <1xf32, i>
  }
  tile.plan @alone(%x: !tile.table<1xf32, p>) attributes {inputs = 0} {
    tile.launch @k1(%x) {
        device = #tile.device<close = "c", threads = 32, sharedBytes = 0,
                              tileRows = 32, colQuantum = 1, stateBytes = 0,
                              partialBytes = 16, pairCycles = 0.0 : f64>}
        : <1xf32, p>
  }
  tile.device_code {arch = 80, ptx = "text", texts = {sm_90 = "later"},
                    cubins = {sm_80 = "old", sm_90 = "new\00er"}}
)";

TEST_F(CardTest, ShareTheCodeForGpus) {
  auto object = load(withFunctions(kDevicePlans));
  ASSERT_TRUE(object);
  const keops_card *both = object->card("both"), *alone = object->card("alone");
  ASSERT_TRUE(both && alone && both->device);
  EXPECT_EQ(both->device, alone->device);
  const keops_device_code &code = *both->device;
  EXPECT_EQ(code.arch, 80);
  EXPECT_STREQ(code.ptx, "text");
  EXPECT_EQ(code.ptx_bytes, 4);
  // The best architecture first, all bytes of it.
  ASSERT_EQ(code.n_cubins, 3);
  EXPECT_EQ(code.cubins[0].arch, 90);
  EXPECT_FALSE(code.cubins[0].is_text);
  EXPECT_EQ(std::string(static_cast<const char *>(code.cubins[0].data),
                        code.cubins[0].bytes),
            std::string("new\0er", 6));
  // Text comes after machine code of its architecture.
  EXPECT_EQ(code.cubins[1].arch, 90);
  EXPECT_TRUE(code.cubins[1].is_text);
  EXPECT_STREQ(static_cast<const char *>(code.cubins[1].data), "later");
  EXPECT_EQ(code.cubins[2].arch, 80);
}

TEST_F(CardTest, NamesTheFunctionsOfAStepOnGpus) {
  auto object = load(withFunctions(kDevicePlans));
  ASSERT_TRUE(object);
  const keops_step &both = object->card("both")->steps[0];
  EXPECT_EQ(both.n_host, 1);
  ASSERT_TRUE(both.device);
  EXPECT_STREQ(both.device->sweep, "s");
  EXPECT_STREQ(both.device->finish, "f");
  EXPECT_FALSE(both.device->close);
  EXPECT_EQ(both.device->sweep_threads, 128);
  EXPECT_EQ(both.device->finish_threads, 128);
  EXPECT_EQ(both.device->close_threads, 0);
  EXPECT_EQ(both.device->sweep_shared_bytes, 2560);
  EXPECT_EQ(both.device->tile_rows, 512);
  EXPECT_EQ(both.device->col_quantum, 64);
  EXPECT_EQ(both.device->state_bytes, 8);
  EXPECT_EQ(both.device->partial_bytes, 0);
  EXPECT_EQ(both.device->pair_cycles, 9.5);

  const keops_step &alone = object->card("alone")->steps[0];
  EXPECT_EQ(alone.n_host, 0);
  EXPECT_FALSE(alone.host);
  ASSERT_TRUE(alone.device);
  EXPECT_FALSE(alone.device->sweep || alone.device->finish);
  EXPECT_STREQ(alone.device->close, "c");
  EXPECT_EQ(alone.device->close_threads, 32);
  EXPECT_EQ(alone.device->partial_bytes, 16);
}

//===----------------------------------------------------------------------===//
// The entry function
//===----------------------------------------------------------------------===//

namespace {

struct Launch {
  const keops_card *card;
  const keops_call *call;
  int64_t M, N;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
};
Launch lastLaunch;

extern "C" int recordLaunch(const keops_card *card, const keops_call *call,
                            int64_t M, int64_t N, const void *const *inputs,
                            void *const *outputs) {
  lastLaunch = {card, call, M, N, {}, {}};
  lastLaunch.inputs.assign(inputs, inputs + card->n_inputs);
  lastLaunch.outputs.assign(outputs, outputs + card->n_outputs);
  return 42;
}

} // namespace

TEST_F(CardTest, EntryHandsItsArgumentsToTheRuntime) {
  // More arguments than there are registers for them.
  auto object = emit(R"(
    tile.plan @many(%a: !tile.table<1xf32, i>, %b: !tile.table<1xf32, i>,
                    %c: !tile.table<1xf32, j>, %d: !tile.table<1xf32, j>,
                    %e: !tile.table<1xf32, p>, %f: !tile.table<1xf32, i>,
                    %g: !tile.table<1xf32, i>)
        attributes {inputs = 5} {}
  )");
  auto jit = Jit::load(
      object, {{"keops_rt_launch", reinterpret_cast<void *>(&recordLaunch)}});
  ASSERT_TRUE(static_cast<bool>(jit)) << llvm::toString(jit.takeError());
  auto many = reinterpret_cast<int (*)(
      const keops_call *, int64_t, int64_t, const float *, const float *,
      const float *, const float *, const float *, float *, float *)>(
      (*jit)->lookup("many"));
  ASSERT_TRUE(many);
  keops_call call = KEOPS_CALL_DEFAULTS;
  float x[7];
  EXPECT_EQ(many(&call, int64_t{1} << 40, -3, x, x + 1, x + 2, x + 3, x + 4,
                 x + 5, x + 6),
            42);
  EXPECT_EQ(lastLaunch.card, (*jit)->lookup("keops_card_many"));
  EXPECT_EQ(lastLaunch.call, &call);
  EXPECT_EQ(lastLaunch.M, int64_t{1} << 40);
  EXPECT_EQ(lastLaunch.N, -3);
  EXPECT_EQ(lastLaunch.inputs,
            (std::vector<const void *>{x, x + 1, x + 2, x + 3, x + 4}));
  EXPECT_EQ(lastLaunch.outputs, (std::vector<void *>{x + 5, x + 6}));
}

// Each row counts its columns: out_i = N, by code written by hand and run by
// the real runtime.
TEST_F(CardTest, TheRuntimeRunsIt) {
  auto object = load(R"(
    llvm.func @sweep(%t: !llvm.ptr, %r0: i64, %r1: i64, %spans: !llvm.ptr,
                     %one: i64, %base: i64, %scratch: !llvm.ptr,
                     %state: !llvm.ptr) {
      %end = llvm.getelementptr %spans[1] : (!llvm.ptr) -> !llvm.ptr, i64
      %c0 = llvm.load %spans : !llvm.ptr -> i64
      %c1 = llvm.load %end : !llvm.ptr -> i64
      %n = llvm.sub %c1, %c0 : i64
      llvm.store %n, %state : i64, !llvm.ptr
      llvm.return
    }
    llvm.func @finish(%t: !llvm.ptr, %r0: i64, %r1: i64, %states: !llvm.ptr,
                      %n: i64, %bases: !llvm.ptr, %scratch: !llvm.ptr,
                      %partial: !llvm.ptr) {
      %zero = llvm.mlir.constant(0 : i64) : i64
      %one = llvm.mlir.constant(1 : i64) : i64
      %stride = llvm.mlir.constant(8 : i64) : i64
      llvm.br ^chunks(%zero, %zero : i64, i64)
    ^chunks(%c: i64, %sum: i64):
      %more = llvm.icmp "slt" %c, %n : i64
      llvm.cond_br %more, ^chunk, ^rows(%r0 : i64)
    ^chunk:
      %at = llvm.mul %c, %stride : i64
      %p = llvm.getelementptr %states[%at] : (!llvm.ptr, i64) -> !llvm.ptr, i64
      %count = llvm.load %p : !llvm.ptr -> i64
      %next = llvm.add %sum, %count : i64
      %c2 = llvm.add %c, %one : i64
      llvm.br ^chunks(%c2, %next : i64, i64)
    ^rows(%r: i64):
      %left = llvm.icmp "slt" %r, %r1 : i64
      llvm.cond_br %left, ^row, ^done
    ^row:
      %out = llvm.load %t : !llvm.ptr -> !llvm.ptr
      %q = llvm.getelementptr %out[%r] : (!llvm.ptr, i64) -> !llvm.ptr, i64
      llvm.store %sum, %q : i64, !llvm.ptr
      %r2 = llvm.add %r, %one : i64
      llvm.br ^rows(%r2 : i64)
    ^done:
      llvm.return
    }
    tile.plan @count(%n: !tile.table<1xi64, i> {keops.name = "out"})
        attributes {inputs = 0} {
      tile.launch @count_0(%n) {host = [
          #tile.host<v2, maxRows = 96, rowQuantum = 16, colQuantum = 64,
                     scratchBytes = 64, stateBytes = 64, partialBytes = 0,
                     sweep = @sweep, finish = @finish>],
          pairNs = 1000.0 : f64} : <1xi64, i>
    }
  )");
  ASSERT_TRUE(object);
  const keops_card *card = object->card("count");
  ASSERT_TRUE(card);
  for (int64_t M : {0, 1, 95, 97, 1000})
    for (int64_t N : {0, 1, 64, 5000}) {
      std::vector<int64_t> out(M, -1);
      void *outputs[] = {out.data()};
      EXPECT_EQ(keops_rt_launch(card, nullptr, M, N, nullptr, outputs),
                KEOPS_OK)
          << keops_last_error();
      EXPECT_EQ(out, std::vector<int64_t>(M, N)) << M << " x " << N;
    }
}

//===----------------------------------------------------------------------===//
// What is not a plan with code
//===----------------------------------------------------------------------===//

TEST_F(CardTest, NeedsHostCode) {
  std::string error = errorOf(R"(
    tile.plan @f(%x: !tile.table<1xf32, i>) attributes {inputs = 0} {
      tile.launch @f_0(%x) : <1xf32, i>
    })");
  EXPECT_NE(error.find("has no host code"), std::string::npos) << error;
}

TEST_F(CardTest, DeviceCodeThatIsNamedMustBeThere) {
  std::string plans = kDevicePlans, code = "tile.device_code";
  plans.resize(plans.find(code));
  std::string error = errorOf(withFunctions(plans));
  EXPECT_NE(error.find("names device code, and there is none"),
            std::string::npos)
      << error;
}

static std::string launching(llvm::StringRef functions) {
  return withFunctions(R"(
    tile.plan @f(%x: !tile.table<1xf32, i>) attributes {inputs = 0} {
      tile.launch @f_0(%x) {host = [
        #tile.host<v2, maxRows = 1, rowQuantum = 1, colQuantum = 1,
                   scratchBytes = 0, stateBytes = 0, partialBytes = 0, )" +
                       functions.str() + R"(>]} : <1xf32, i>
    })");
}

TEST_F(CardTest, NeedsItsFunctions) {
  std::string error = errorOf(launching("finish = @nowhere"));
  EXPECT_NE(error.find("names @nowhere, which is not there"), std::string::npos)
      << error;
  for (const char *functions :
       {"finish = @sweep", "sweep = @finish, finish = @finish",
        "finish = @finish, close = @finish"}) {
    error = errorOf(launching(functions));
    EXPECT_NE(error.find("has not the arguments that a card promises"),
              std::string::npos)
        << functions << ": " << error;
  }
}

TEST_F(CardTest, NeedsItsNames) {
  constexpr const char plan[] = R"(
    tile.plan @f(%x: !tile.table<1xf32, p>) attributes {inputs = 1} {})";
  std::string error =
      errorOf("llvm.func @keops_card_f() { llvm.return }" + std::string(plan));
  EXPECT_NE(error.find("the symbol keops_card_f is taken"), std::string::npos)
      << error;
  std::string wrong = plan;
  wrong.replace(wrong.find("inputs = 1"), 10, "inputs = 2");
  error = errorOf(wrong);
  EXPECT_NE(error.find("fewer arguments than inputs"), std::string::npos)
      << error;
}

TEST_F(CardTest, NeedsKernelsToBeConverted) {
  std::string error = errorOf("tile.kernel @k(%x: !tile.table<1xf32, p>) {}");
  EXPECT_NE(error.find("run convert-tile-to-cpu first"), std::string::npos)
      << error;
}
