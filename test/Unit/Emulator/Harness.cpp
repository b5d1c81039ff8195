//===- Harness.cpp - small kernels on the emulator ------------------------===//

#include "test/Unit/Emulator/Harness.h"
#include "test/Emulator/Reader.h"

#include <sstream>

using namespace harness;
using namespace emulator;

static const char *const head = ".version 7.8\n.target sm_80\n"
                                ".address_size 64\n";

std::string harness::kernel(const std::string &body) {
  return head + std::string(R"(
.visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
{
  .reg .pred %p<10>;
  .reg .b16 %h<20>;
  .reg .b32 %r<40>;
  .reg .b64 %l<20>;
  .reg .f32 %f<20>;
  .reg .f64 %d<20>;
  .reg .b64 %out, %in;
  ld.param.u64 %out, [k_param_0];
  ld.param.u64 %in, [k_param_1];
  mov.u32 %r0, %tid.x;
  mul.wide.u32 %l0, %r0, 4;
  mul.wide.u32 %l1, %r0, 8;
)") + body +
         "  ret;\n}\n";
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

Program::Program(const std::string &text)
    : module(readModule(
          text, [&](uint64_t bytes) { return memory.allocate(bytes); })) {
  for (Variable &variable : module.variables)
    std::copy(variable.bytes.begin(), variable.bytes.end(),
              memory.find(variable.address, variable.bytes.size()));
}

uint64_t Program::upload(const std::vector<uint32_t> &words) {
  uint64_t address = memory.allocate(4 * words.size());
  std::memcpy(memory.find(address, 4 * words.size()), words.data(),
              4 * words.size());
  return address;
}

std::vector<uint32_t> Program::download(uint64_t address, size_t words) {
  std::vector<uint32_t> result(words);
  std::memcpy(result.data(), memory.find(address, 4 * words), 4 * words);
  return result;
}

void Program::launch(uint32_t blocks, uint32_t threads, uint64_t out,
                     uint64_t in) {
  const Kernel &kernel = module.kernels.at("k");
  Launch launch = {kernel,
                   {blocks, 1, 1},
                   {threads, 1, 1},
                   std::vector<uint8_t>(kernel.parameterBytes),
                   reversed};
  std::memcpy(launch.parameters.data(), &out, 8);
  std::memcpy(launch.parameters.data() + 8, &in, 8);
  run(launch, memory);
}

std::vector<uint32_t> harness::outputOf(const std::string &body,
                                        uint32_t threads,
                                        const std::vector<uint32_t> &in,
                                        bool reversed) {
  Program program(kernel(body));
  program.reversed = reversed;
  uint64_t out = program.memory.allocate(4 * threads);
  program.launch(1, threads, out, program.upload(in));
  return program.download(out, threads);
}

std::string harness::faultOf(const std::string &body, uint32_t threads,
                             bool reversed) {
  try {
    outputOf(body, threads, std::vector<uint32_t>(64), reversed);
  } catch (const Fault &fault) {
    return fault.what();
  }
  return "";
}

//===----------------------------------------------------------------------===//
// Single instructions
//===----------------------------------------------------------------------===//

static std::string widthOf(const std::string &type) {
  return type == "pred" ? type : type.substr(1);
}

/// The register that holds operand n: %x32_1.
static std::string nameOf(const std::string &type, size_t n) {
  return "%x" + widthOf(type) + "_" + std::to_string(n);
}

static std::string declare(const std::string &type, size_t n) {
  std::string bits = type == "pred" ? ".pred" : ".b" + widthOf(type);
  return "  .reg " + bits + " " + nameOf(type, n) + ";\n";
}

static std::string load(const std::string &type, size_t n) {
  std::string name = nameOf(type, n);
  std::string text =
      "  ld.global.u64 %l4, [%l2+" + std::to_string(8 * (n - 1)) + "];\n  ";
  if (type == "pred")
    return text + "setp.ne.s64 " + name + ", %l4, 0;\n";
  if (widthOf(type) == "64")
    return text + "mov.b64 " + name + ", %l4;\n";
  return text + "cvt.u" + widthOf(type) + ".u64 " + name + ", %l4;\n";
}

static std::string store(const std::string &type) {
  std::string name = nameOf(type, 0), text;
  if (type == "pred")
    text = "  selp.b64 %l4, 1, 0, " + name + ";\n";
  else if (widthOf(type) == "64")
    text = "  mov.b64 %l4, " + name + ";\n";
  else
    text = "  cvt.u64.u" + widthOf(type) + " %l4, " + name + ";\n";
  return text + "  st.global.u64 [%l3], %l4;\n";
}

std::vector<uint64_t>
harness::evaluate(const std::string &opcode, const std::string &types,
                  const std::vector<std::vector<uint64_t>> &rows) {
  std::vector<std::string> names;
  std::istringstream words(types);
  for (std::string word; words >> word;)
    names.push_back(word);
  std::string body, operands;
  for (size_t n = 0; n < names.size(); ++n) {
    body += declare(names[n], n);
    operands += (n ? ", " : " ") + nameOf(names[n], n);
  }
  size_t columns = names.size() - 1;
  body += "  mov.u32 %r1, %ctaid.x;\n  mad.wide.u32 %l3, %r1, 8, %out;\n"
          "  mad.wide.u32 %l2, %r1, " +
          std::to_string(8 * columns) + ", %in;\n";
  for (size_t n = 1; n < names.size(); ++n)
    body += load(names[n], n);
  size_t fixed = opcode.find(',');
  body += "  " + opcode.substr(0, fixed) + operands +
          (fixed == std::string::npos ? "" : opcode.substr(fixed)) + ";\n" +
          store(names[0]);
  Program program(kernel(body));
  std::vector<uint32_t> in;
  for (const auto &row : rows)
    for (uint64_t bits : row) {
      in.push_back(uint32_t(bits));
      in.push_back(uint32_t(bits >> 32));
    }
  uint64_t out = program.memory.allocate(8 * rows.size());
  program.launch(uint32_t(rows.size()), 1, out, program.upload(in));
  std::vector<uint64_t> results(rows.size());
  std::memcpy(results.data(), program.memory.find(out, 8 * rows.size()),
              8 * rows.size());
  return results;
}
