//===- Arrays.h - the tables that formulas are measured on ------*- C++ -*-===//

#ifndef KEOPS_BENCH_TABLE_ARRAYS_H
#define KEOPS_BENCH_TABLE_ARRAYS_H

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace keops::bench {

struct Sizes {
  int64_t rows = 0, columns = 0;
  double pairs() const { return double(rows) * double(columns); }
};

/// Numbers of either precision, or row numbers.
class Array {
public:
  Array() = default;
  explicit Array(int64_t bytes) : memory(size_t(bytes / 8 + 8)) {}
  void *data() { return memory.data(); }
  const void *data() const { return memory.data(); }
  template <typename T> T *as() { return reinterpret_cast<T *>(data()); }
  template <typename T> const T *as() const {
    return reinterpret_cast<const T *>(data());
  }

private:
  std::vector<double> memory;
};

/// The inputs of a workload, by name.
class Tables {
public:
  Array &operator[](const std::string &name) { return arrays[name]; }
  template <typename T = float> const T *get(const std::string &name) const {
    return arrays.at(name).as<T>();
  }
  bool has(const std::string &name) const { return arrays.count(name); }

private:
  std::map<std::string, Array> arrays;
};

} // namespace keops::bench

#endif // KEOPS_BENCH_TABLE_ARRAYS_H
