//===- Expansions.cpp - the list of operations made of others -------------===//

#include "dialects/Keops/Expansions.h"

using namespace keops;

static constexpr ExpansionEntry kExpansions[] = {
    {"BSpline", "all B-splines of order k over the knots, at x", "knots, x, k",
     2, bsplineShape, expandBSpline},
    {"GradSoftDTW_SqDist", "gradient of SoftDTW_SqDist along x, then along y",
     "x, y, gamma", 3, gradSoftDTWShape, expandGradSoftDTW},
    {"SoftDTW_SqDist", "soft dynamic time warping of sequences x and y",
     "x, y, gamma", 3, softDTWShape, expandSoftDTW},
};

llvm::ArrayRef<ExpansionEntry> keops::expansionCatalogue() {
  return kExpansions;
}
