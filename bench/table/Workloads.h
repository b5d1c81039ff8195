//===- Workloads.h - the formulas that are measured -------------*- C++ -*-===//

#ifndef KEOPS_BENCH_TABLE_WORKLOADS_H
#define KEOPS_BENCH_TABLE_WORKLOADS_H

#include "bench/table/Arrays.h"

#include <functional>
#include <string>
#include <vector>

namespace keops::bench {

/// Another program for the same work, from arrays to a result.
using Program = std::function<void(Tables &tables, Sizes sizes, void *result)>;

struct Workload {
  std::string name;
  std::string formula;
  std::vector<std::string> aliases;
  std::string reduction = "Sum";
  int64_t ranks = 0; // K, if the reduction has one
  bool isDouble = false;
  int axis = 1;
  Sizes sizes = {};
  /// Numbers for tables that are not to be random.
  std::vector<std::pair<std::string, double>> given = {};
  Program floor = {};
  Program peer = {}; // plain loops by g++
  double tolerance = 1e-5;
  double goal = 1.1; // times the floor
};

/// The rows of the table, in its order. What the results of one row need from
/// another (the gradient of a log-sum-exp takes its value) is random here.
std::vector<Workload> workloads();

/// Others of their kinds.
Workload longGaussian(int dim);
Workload nearestNeighbors(std::string name, int dim, int count, Sizes sizes);

} // namespace keops::bench

#endif // KEOPS_BENCH_TABLE_WORKLOADS_H
