//===- Data.cpp - the tables of one run -----------------------------------===//

#include "tools/keops-run/Data.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace keops::run {

Scalar scalarOf(const Parameter &parameter) {
  if (parameter.scalar.isF32())
    return Scalar::Float32;
  return parameter.scalar.isF64() ? Scalar::Float64 : Scalar::Int64;
}

static StringRef lengthName(Axes axis) { return axis == Axes::i ? "M" : "N"; }
static StringRef indexName(Axes axis) { return axis == Axes::i ? "i" : "j"; }

//===----------------------------------------------------------------------===//
// Tables from files
//===----------------------------------------------------------------------===//

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text = "(";
  raw_string_ostream os(text);
  interleaveComma(shape, os);
  os << (shape.size() == 1 ? ",)" : ")");
  return text;
}

static std::string expectedShape(const Parameter &variable) {
  std::string dim = std::to_string(variable.dim);
  if (variable.axis == Axes::p)
    return "(" + dim + ",)";
  std::string rows = lengthName(variable.axis).str();
  std::string shape = "(" + rows + ", " + dim + ")";
  return variable.dim == 1 ? shape + " or (" + rows + ",)" : shape;
}

/// Does an array of this shape hold rows of the variable? A single number per
/// row needs no second axis, a single row no first.
static bool fits(const Parameter &variable, ArrayRef<int64_t> shape) {
  bool oneRow = variable.axis == Axes::p;
  switch (shape.size()) {
  case 0:
    return oneRow && variable.dim == 1;
  case 1:
    return oneRow ? shape[0] == variable.dim : variable.dim == 1;
  case 2:
    return shape[1] == variable.dim && (!oneRow || shape[0] == 1);
  default:
    return false;
  }
}

Error GivenTables::add(const KernelSignature &kernel, size_t position,
                       StringRef file) {
  const Parameter &variable = kernel.inputs[position];
  if (arrays[position])
    return createStringError("two tables for " + variable.name);
  Expected<Array> array = readNpy(file);
  if (!array)
    return array.takeError();
  if (array->scalar != scalarOf(variable))
    return createStringError(file + ": holds numbers of type " +
                             nameOf(array->scalar) + ", but " + variable.name +
                             " is " + nameOf(scalarOf(variable)) +
                             "; convert it with numpy.astype, or change dtype");
  if (!fits(variable, array->shape))
    return createStringError(file + ": has shape " + shapeText(array->shape) +
                             ", but " + variable.name + " takes " +
                             expectedShape(variable));
  arrays[position] = std::move(*array);
  files[position] = file.str();
  return Error::success();
}

static Error unknownVariable(const KernelSignature &kernel, StringRef name) {
  std::string names =
      join(map_range(kernel.inputs, [](const Parameter &p) { return p.name; }),
           ", ");
  return createStringError("no variable '" + name + "' in " + kernel.name +
                           "; it has " + names);
}

Expected<GivenTables> GivenTables::load(const KernelSignature &kernel,
                                        const RunnerOptions &options) {
  GivenTables given;
  given.arrays.resize(kernel.inputs.size());
  given.files.resize(kernel.inputs.size());
  for (const auto &input : options.inputs) {
    StringRef name = input.first, file = input.second;
    auto variable = find_if(kernel.inputs,
                            [&](const Parameter &p) { return p.name == name; });
    if (variable == kernel.inputs.end())
      return unknownVariable(kernel, name);
    if (Error failed =
            given.add(kernel, variable - kernel.inputs.begin(), file))
      return std::move(failed);
  }
  // The seed of a gradient is its last argument.
  if (!options.cotangent.empty())
    if (Error failed =
            given.add(kernel, kernel.inputs.size() - 1, options.cotangent))
      return std::move(failed);
  return given;
}

//===----------------------------------------------------------------------===//
// How many rows
//===----------------------------------------------------------------------===//

namespace {
/// M or N, and who said so.
struct Count {
  std::optional<int64_t> rows;
  std::string source;
};
} // namespace

static Error disagreement(Axes axis, const Count &first, const Count &second) {
  return createStringError(
      "tables along " + indexName(axis) + " need the same number of rows " +
      lengthName(axis) + ": " + first.source + " has " + Twine(*first.rows) +
      ", " + second.source + " has " + Twine(*second.rows));
}

Expected<Size> GivenTables::size(const KernelSignature &kernel,
                                 std::optional<Size> wanted) const {
  int64_t found[2];
  for (Axes axis : {Axes::i, Axes::j}) {
    Count count;
    if (wanted)
      count = {wanted->rowsAlong(axis), "--size"};
    for (auto [position, variable] : enumerate(kernel.inputs)) {
      if (variable.axis != axis || !arrays[position])
        continue;
      Count table = {arrays[position]->shape[0],
                     variable.name + " (" + files[position] + ")"};
      if (count.rows && count.rows != table.rows)
        return disagreement(axis, count, table);
      if (!count.rows)
        count = table;
    }
    if (!count.rows)
      return createStringError(
          lengthName(axis) + " is not known: no table along " +
          indexName(axis) + " is given; give one with --input X=FILE.npy, or " +
          "--size M,N");
    found[axis == Axes::j] = *count.rows;
  }
  for (auto [position, variable] : enumerate(kernel.inputs))
    if (!wanted && !arrays[position])
      return createStringError(
          "no table for " + variable.name + "; give --input " + variable.name +
          "=FILE.npy, or --size M,N to draw what is missing at random");
  return Size{found[0], found[1]};
}

//===----------------------------------------------------------------------===//
// A launch
//===----------------------------------------------------------------------===//

/// A random number generator that can start anywhere (splitmix64).
static uint64_t hashed(uint64_t state) {
  state += 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

/// Uniform in [0, 1): multiples of the spacing of numbers below 1.
static void draw(Scalar scalar, int64_t count, uint64_t seed,
                 const Memory &memory) {
  uint64_t state = hashed(seed);
  for (int64_t k = 0; k < count; ++k) {
    uint64_t bits = hashed(state + 0x9e3779b97f4a7c15 * uint64_t(k));
    if (scalar == Scalar::Float32)
      memory.as<float>()[k] = float(bits >> 40) * 0x1p-24f;
    else
      memory.as<double>()[k] = double(bits >> 11) * 0x1p-53;
  }
}

static Expected<Memory> allocate(const Parameter &table, Size size,
                                 int64_t &count) {
  int64_t shape[] = {size.rowsAlong(table.axis), table.dim};
  std::optional<int64_t> bytes = byteCount(shape, scalarOf(table));
  Memory memory = bytes ? Memory(*bytes) : Memory();
  if (!bytes || !memory.data())
    return createStringError(table.name + ": " + Twine(shape[0]) + " x " +
                             Twine(shape[1]) + " numbers do not fit in memory");
  count = *bytes / sizeOf(scalarOf(table));
  return memory;
}

Expected<Problem> Problem::make(const KernelSignature &kernel,
                                const GivenTables &given, Size size,
                                uint64_t seed) {
  Problem problem;
  problem.size = size;
  int64_t count;
  for (auto [position, variable] : enumerate(kernel.inputs)) {
    if (given[position]) {
      problem.inputs.push_back(given[position]->memory.data());
      continue;
    }
    Expected<Memory> memory = allocate(variable, size, count);
    if (!memory)
      return memory.takeError();
    draw(scalarOf(variable), count, hashed(seed) + position, *memory);
    problem.inputs.push_back(memory->data());
    problem.drawn.push_back(std::move(*memory));
  }
  for (const Parameter &output : kernel.outputs) {
    Expected<Memory> memory = allocate(output, size, count);
    if (!memory)
      return memory.takeError();
    problem.outputs.push_back(memory->data());
    problem.results.push_back(std::move(*memory));
  }
  return problem;
}

} // namespace keops::run
