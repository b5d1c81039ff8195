//===- MicroKernels.cpp - kernels of one instruction ----------------------===//

#include "bench/gpu/MicroKernels.h"
#include "compiler/Conversion/GPU/Units.h"

namespace keops::bench {

using namespace keops::device;

// What a chain has: %f, four %v that are loaded, %d, four sums %x to %w of a
// matrix; what all share: %c and %e that are not known when the text is
// assembled, two factors %a and %b of a matrix, and the place %at in shared
// memory.
#define PRODUCT                                                                \
  "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "                       \
  "{%x@, %y@, %z@, %w@}, {%a, %a, %a, %a}, {%b, %b}, "                         \
  "{%x@, %y@, %z@, %w@};"

const std::vector<MicroKernel> &microKernels() {
  static const char fused[] = "fma.rn.f32 %f@, %f@, %c, %c;",
                    power[] = "ex2.approx.ftz.f32 %f@, %f@;",
                    fused64[] = "fma.rn.f64 %d@, %d@, %e, %e;";
  static const std::vector<MicroKernel> all = {
      {"fused multiply-add", "Cost::issue", 1, false, false, "fused", fused},
      {"maximum", "kAlu", kAlu, false, false, "maximum",
       "max.f32 %f@, %f@, %f^;"},
      {"exponential", "kSpecial", kSpecial, false, false, "power", power},
      {"fused multiply-add, float64", "kDouble", kDouble, false, false,
       "fused64", fused64},
      {"load of 16 bytes, all the same", "2 kMemory", 2 * kMemory, false, false,
       "shared",
       "ld.shared.v4.f32 {%v0, %v1, %v2, %v3}, [%at+#];\n"
       "  add.f32 %x@, %x@, %v0; add.f32 %y@, %y@, %v1;\n"
       "  add.f32 %z@, %z@, %v2; add.f32 %w@, %w@, %v3;",
       16},
      {"load of 4 bytes, each its own", "kMemory", kMemory, false, false, "own",
       "ld.shared.f32 %v0, [%own+#]; add.f32 %f@, %f@, %v0;", 128},
      {"product on tensor cores", "kTensor", kTensor, false, true, "product",
       PRODUCT},
      {"wait for a fused multiply-add", "kArithmeticLatency",
       kArithmeticLatency, true, false, "waitFused", fused},
      {"wait for an exponential", "kSpecialLatency", kSpecialLatency, true,
       false, "waitPower", power},
      {"wait for a fused multiply-add, float64", "kDoubleLatency",
       kDoubleLatency, true, false, "waitFused64", fused64},
      {"wait for a load", "kMemoryLatency", kMemoryLatency, true, false,
       "waitShared", "ld.shared.u32 %at, [%at];"},
      {"wait for a product on tensor cores", "kTensorLatency", kTensorLatency,
       true, true, "waitProduct", PRODUCT}};
  return all;
}

static std::string stepOf(const MicroKernel &kernel, int number) {
  int chain = number % kernel.chains();
  std::string text = "  ";
  for (const char *c = kernel.step; *c; ++c) {
    if (*c == '@')
      text += std::to_string(chain);
    else if (*c == '^')
      text += std::to_string((chain + 1) % kernel.chains());
    else if (*c == '#')
      text += std::to_string(kernel.stride * number);
    else
      text += *c;
  }
  return text + "\n";
}

static std::string header(bool needsTensor) {
  return std::string(".version 7.0\n.target ") +
         (needsTensor ? "sm_80" : "sm_75") + "\n.address_size 64\n";
}

std::string textOfNothing() {
  return header(false) + ".visible .entry nothing()\n{\n  ret;\n}\n";
}

// The words of the stage hold its address, so that a load can be the address of
// the next.
static const char begin[] = R"(
{
  .reg .pred %p;
  .reg .b32 %base, %at, %own, %lane, %end, %n, %t, %step, %a, %b;
  .reg .f32 %c, %sum, %f<8>, %v<4>, %x<8>, %y<8>, %z<8>, %w<8>;
  .reg .f64 %e, %d<8>;
  .reg .b64 %to, %far;
  .shared .align 16 .b8 stage[8192];
  ld.param.u64 %to, [results];
  ld.param.u32 %n, [turns];
  mov.u32 %t, %tid.x;
  mov.u32 %step, %ntid.x;
  shl.b32 %step, %step, 2;
  mov.u32 %base, stage;
  add.u32 %end, %base, 8192;
  shl.b32 %own, %t, 2;
  add.u32 %own, %own, %base;
$fill:
  st.shared.u32 [%own], %base;
  add.u32 %own, %own, %step;
  setp.lt.u32 %p, %own, %end;
  @%p bra $fill;
  mov.u32 %at, %base;
  and.b32 %lane, %t, 31;
  shl.b32 %lane, %lane, 2;
  add.u32 %own, %base, %lane;
  mov.u32 %step, 0;
  cvt.rn.f32.u32 %c, %n;
  cvt.rn.f64.u32 %e, %n;
  mov.u32 %a, %t;
  mov.u32 %b, %n;
)";

/// For each number that a step keeps in a chain: its start, and its part of the
/// result.
static void addChains(const MicroKernel &kernel, std::string &starts,
                      std::string &sums) {
  static const std::pair<const char *, const char *> kinds[] = {
      {"%f@", "f32"}, {"%d@", "f64"}, {"%x@", "f32"},
      {"%y@", "f32"}, {"%z@", "f32"}, {"%w@", "f32"}};
  for (auto [name, type] : kinds)
    for (int chain = 0; chain < kernel.chains(); ++chain) {
      if (std::string(kernel.step).find(name) == std::string::npos)
        continue;
      std::string value = name;
      value.replace(2, 1, std::to_string(chain));
      starts += "  cvt.rn." + std::string(type) + ".u32 " + value + ", %t;\n";
      if (type == std::string("f64")) {
        sums += "  cvt.rn.f32.f64 %c, " + value + ";\n";
        value = "%c";
      }
      sums += "  add.f32 %sum, %sum, " + value + ";\n";
    }
}

// Another place of the stage in each turn.
static const char nextPlace[] = R"(  add.u32 %step, %step, 144;
  and.b32 %step, %step, 4080;
  add.u32 %at, %base, %step;
  add.u32 %own, %at, %lane;
)";

std::string textOf(const MicroKernel &kernel) {
  std::string starts, sums;
  addChains(kernel, starts, sums);
  std::string text = header(kernel.needsTensor) + ".visible .entry " +
                     kernel.name +
                     "(.param .u64 results, .param .u32 turns)\n" +
                     ".maxntid " + std::to_string(kernel.threads()) + ", 1, 1" +
                     begin + starts + "  bar.sync 0;\n$again:\n";
  for (int n = 0; n < kernel.perTurn(); ++n)
    text += stepOf(kernel, n);
  if (kernel.stride)
    text += nextPlace;
  text += R"(  sub.u32 %n, %n, 1;
  setp.ne.u32 %p, %n, 0;
  @%p bra $again;
  cvt.rn.f32.u32 %sum, %at;
)" + sums +
          R"(  cvt.u64.u32 %far, %t;
  shl.b64 %far, %far, 2;
  add.u64 %to, %to, %far;
  st.global.f32 [%to], %sum;
  ret;
}
)";
  return text;
}

} // namespace keops::bench
