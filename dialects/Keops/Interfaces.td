//===- Interfaces.td - what every op and every reduction can do -*- tablegen -*-===//

#ifndef KEOPS_INTERFACES_TD
#define KEOPS_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Keops_MathOpInterface : OpInterface<"MathOpInterface"> {
  let cppNamespace = "::keops";
  let description = "An operation of the formula language.";
  let methods = [
    StaticInterfaceMethod<"The name in formula text; empty if there is none.",
      "::llvm::StringRef", "getSpelling">,
    StaticInterfaceMethod<"One line for the table of operations.",
      "::llvm::StringRef", "getSummary">,
    StaticInterfaceMethod<[{
        Names of operands and attributes, as in `x, start, size`. `dims[]` is a
        list of integers, `order[]?` one that users may leave out.
      }],
      "::llvm::StringRef", "getParameters">,
    StaticInterfaceMethod<"What the reference says beside that.",
      "::keops::Doc", "getDoc">,
    StaticInterfaceMethod<"An interval in which the op and its derivative are smooth.",
      "std::pair<double, double>", "getSampleRange">,
    StaticInterfaceMethod<[{
        Does each component of the result depend on that component of the
        operands only?
      }], "bool", "isComponentWise">,
    StaticInterfaceMethod<[{
        Is the result the sum of what the op gives for each component alone? Then
        lowering may go component by component, and take the ops that make the
        operands along.
      }], "bool", "isContraction">,
    StaticInterfaceMethod<[{
        Does a factor of this operand become a factor of the result?
      }], "bool", "isLinearIn", (ins "unsigned":$operand)>,
    StaticInterfaceMethod<[{
        Is the result linear in this operand and all others that have this
        property, taken together? A sum is, where a product is not.
      }], "bool", "isAdditiveIn", (ins "unsigned":$operand)>,
    InterfaceMethod<[{
        Cotangents of the operands, given the cotangent of the result. A null
        value is zero. They may still have to be summed over components and axes
        that the operand does not have (see `conform`).
      }], "::llvm::SmallVector<::mlir::Value>", "vjp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$cotangent)>,
    InterfaceMethod<[{
        Tangent of the result, given tangents of the operands. Null is zero.
      }], "::mlir::Value", "jvp",
      (ins "::mlir::OpBuilder &":$builder,
           "::llvm::ArrayRef<::mlir::Value>":$tangents)>,
    InterfaceMethod<"The components of the result, given those of the operands.",
      "::keops::Lanes", "lower",
      (ins "::keops::Machine &":$machine,
           "::llvm::ArrayRef<::keops::Lanes>":$operands)>,
    StaticInterfaceMethod<[{
        Can the op go through its components in loops? Then long vectors, which
        do not fit into registers, go through memory instead of being unrolled.
      }], "bool", "hasLoops", (ins), "", [{ return false; }]>,
    InterfaceMethod<"Stores the components of the result, if the op has loops.",
      "void", "lowerInLoops",
      (ins "::keops::Machine &":$machine,
           "::llvm::ArrayRef<::keops::LaneVector>":$operands,
           "const ::keops::LaneVector &":$result), "",
      [{ llvm_unreachable("the op has no loops"); }]>,
    InterfaceMethod<"The result in double precision, by the textbook.",
      "::llvm::SmallVector<double>", "evaluate",
      (ins "::llvm::ArrayRef<::llvm::ArrayRef<double>>":$operands)>,
  ];
}

def Keops_ReductionAttrInterface : AttrInterface<"ReductionAttrInterface"> {
  let cppNamespace = "::keops";
  let description = [{
    A reduction is a monoid: a neutral state, a way to make a state of one value,
    and an associative product. It travels unchanged from formula to kernel.

    All but the derivatives and `evaluate` are written with Lane, so one text
    serves SIMD code, scalar code, the second pass of a split sweep and tests.
    `dims` lists the dimensions of the operands.
  }];
  let methods = [
    InterfaceMethod<"Types of the results, given types of the operands; over: the axis that is removed.",
      "::llvm::LogicalResult", "inferTypes",
      (ins "std::optional<::mlir::Location>":$location,
           "::llvm::ArrayRef<::keops::VecType>":$operands, "::keops::Axes":$over,
           "::llvm::SmallVectorImpl<::mlir::Type> &":$results)>,
    InterfaceMethod<"Element types of the accumulator: real() or index().",
      "::llvm::SmallVector<::mlir::Type>", "state",
      (ins "::keops::Machine &":$machine, "::llvm::ArrayRef<int64_t>":$dims)>,
    InterfaceMethod<"The neutral state, neutral also against itself.",
      "::keops::Lanes", "init",
      (ins "::keops::Machine &":$machine, "::llvm::ArrayRef<int64_t>":$dims)>,
    InterfaceMethod<"One value as a state. x: the components of each operand; j: the column number.",
      "::keops::Lanes", "lift",
      (ins "::keops::Machine &":$machine, "::llvm::ArrayRef<::keops::Lanes>":$x,
           "const ::keops::Lane &":$j)>,
    InterfaceMethod<[{
        The product of two states; b comes after a, and may be a state of
        `getBlockReduction`.
      }],
      "::keops::Lanes", "combine",
      (ins "::keops::Machine &":$machine, "const ::keops::Lanes &":$a,
           "const ::keops::Lanes &":$b)>,
    InterfaceMethod<"Takes in one column. Override for speed.",
      "::keops::Lanes", "step",
      (ins "::keops::Machine &":$machine, "const ::keops::Lanes &":$state,
           "::llvm::ArrayRef<::keops::Lanes>":$x, "const ::keops::Lane &":$j), "",
      [{ return $_attr.combine(machine, state, $_attr.lift(machine, x, j)); }]>,
    InterfaceMethod<"Takes in U columns at once: the place for lazy rescaling and group tests.",
      "::keops::Lanes", "stepBlock",
      (ins "::keops::Machine &":$machine, "const ::keops::Lanes &":$state,
           "::llvm::ArrayRef<::keops::Lanes>":$x, "const ::keops::Lane &":$j), "",
      [{ return ::keops::stepByStep($_attr, machine, state, x, j); }]>,
    InterfaceMethod<[{
        How many values of each component are kept in order? 0: none are. The
        state of a component has that many entries of each kind, one kind after
        the other, and `finalize` picks kinds.
      }], "int64_t", "getRanks", (ins), "", [{ return 0; }]>,
    InterfaceMethod<[{
        Says what is kept if the state of a component is its best values in
        order and then their columns, so that a back end may find these in its
        own way.
      }], "std::optional<::keops::Ranking>", "getRanking", (ins), "",
      [{ return std::nullopt; }]>,
    InterfaceMethod<[{
        Takes in one value and what comes with it, one lane for each kind, of a
        component whose state is in memory: `kinds` holds the entries of each
        kind. For reductions that keep ranks.
      }], "void", "insertInLoops",
      (ins "::keops::Machine &":$machine,
           "::llvm::ArrayRef<::keops::LaneVector>":$kinds,
           "const ::keops::Lanes &":$entry), "",
      [{ llvm_unreachable("the reduction keeps no ranks"); }]>,
    InterfaceMethod<"The components of all results, one result after the other.",
      "::keops::Lanes", "finalize",
      (ins "::keops::Machine &":$machine, "const ::keops::Lanes &":$state,
           "::llvm::ArrayRef<int64_t>":$dims), "",
      [{ return state; }]>,
    InterfaceMethod<[{
        Cotangents of the operands of a `reduce`, given those of its results.
        Fails if the reduction has no derivative. Null is zero.
      }], "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "vjp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Operation *":$reduce,
           "::llvm::ArrayRef<::mlir::Value>":$cotangents), "",
      [{ return ::llvm::failure(); }]>,
    InterfaceMethod<"Tangents of the results. Fails if there is no derivative.",
      "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "jvp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Operation *":$reduce,
           "::llvm::ArrayRef<::mlir::Value>":$tangents), "",
      [{ return ::llvm::failure(); }]>,
    InterfaceMethod<[{
        Do derivatives need the result, and no other reduction? Then whoever has
        the result can save a sweep.
      }], "bool", "derivesFromResult", (ins), "", [{ return false; }]>,
    InterfaceMethod<[{
        What reduces a block of columns on its own, before `combine` takes it
        in: so rounding errors do not pile up over many columns. Null: there are
        no blocks. Its states may have narrower numbers, and are laid out alike.
      }], "::keops::ReductionAttrInterface", "getBlockReduction", (ins), "",
      [{ return {}; }]>,
    InterfaceMethod<[{
        The results of a `reduce`, by reductions that act by component, so that
        a long state can be worked on one component at a time. Empty: the
        reduction is one of those, or has few components.
      }], "::llvm::SmallVector<::mlir::Value>", "splitState",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Operation *":$reduce), "",
      [{ return {}; }]>,
    InterfaceMethod<"How the reduction adds up; nothing if it does not.",
      "std::optional<::keops::Summation>", "getSummation", (ins), "",
      [{ return std::nullopt; }]>,
    InterfaceMethod<"The same reduction, adding up like this; null if it does not add up.",
      "::keops::ReductionAttrInterface", "withSummation",
      (ins "const ::keops::Summation &":$summation), "", [{ return {}; }]>,
    InterfaceMethod<"Is the result linear in the values? Then factors may leave it.",
      "bool", "isLinear", (ins), "", [{ return false; }]>,
    InterfaceMethod<[{
        Is the result linear in this operand, for given others? Unlike factors of
        what is summed, those of a weight need not be able to leave.
      }], "bool", "isLinearIn", (ins "unsigned":$operand), "",
      [{ return $_attr.isLinear(); }]>,
    InterfaceMethod<[{
        Are the integers of the state counts? Otherwise they are column numbers,
        or -1 for none, and count from where a chunk of columns starts.
      }], "bool", "hasCounts", (ins), "", [{ return false; }]>,
    InterfaceMethod<"The name in formula text.", "::llvm::StringRef", "getSpelling">,
    InterfaceMethod<"What the reference says of it.", "::keops::Doc", "getDoc">,
    InterfaceMethod<[{
        The results in double precision, by the textbook. values[n] holds the
        components of all operands at column n, one operand after the other.
      }], "::llvm::SmallVector<double>", "evaluate",
      (ins "::llvm::ArrayRef<::llvm::SmallVector<double>>":$values,
           "::llvm::ArrayRef<int64_t>":$dims)>,
  ];
}

#endif // KEOPS_INTERFACES_TD
