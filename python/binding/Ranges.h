//===- Ranges.h - block-sparse ranges from Python ---------------*- C++ -*-===//
//
// A tuple of six arrays of integers, as keops_ranges describes them. Lengths
// are checked here, for the runtime sees pointers; what the numbers say is
// checked there.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_PYTHON_BINDING_RANGES_H
#define KEOPS_PYTHON_BINDING_RANGES_H

#include "keops/runtime.h"
#include "python/binding/Array.h"

namespace keops::python {

class Ranges {
public:
  explicit Ranges(nanobind::handle tuple);
  const keops_ranges *get() const { return &ranges; }

private:
  /// One half: of three names, which are those of the fields of keops_ranges.
  struct Half {
    int64_t count;
    const int64_t *rows, *slices, *columns;
  };
  Half read(nanobind::handle tuple, size_t first,
            const char *const (&names)[3]);

  std::vector<Array> arrays; // int64
  keops_ranges ranges = {};
};

} // namespace keops::python

#endif // KEOPS_PYTHON_BINDING_RANGES_H
