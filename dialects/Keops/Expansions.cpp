//===- Expansions.cpp - the list of operations made of others -------------===//

#include "dialects/Keops/Expansions.h"

using namespace keops;

static constexpr ExpansionEntry kExpansions[] = {
    {"BSpline",
     "all B-splines of order k over the knots, at x",
     "knots, x, k",
     2,
     bsplineShape,
     expandBSpline,
     {"d(knots) - k - 1", "of the pieces that x is in, along x and the knots",
      "BSpline((0, 1, 2), 2, 0) = (0, 0)",
      "BSpline((0, 1, 2, 3), 1.5, 1) = (0.5, 0.5)"}},
    {"GradSoftDTW_SqDist",
     "gradient of SoftDTW_SqDist along x, then along y",
     "x, y, gamma",
     3,
     gradSoftDTWShape,
     expandGradSoftDTW,
     {"d(x) + d(y); d(gamma) must be 1", "of its parts, to any order", "",
      "GradSoftDTW_SqDist((1), (3), 1) = (-4, 4)"}},
    {"SoftDTW_SqDist",
     "soft dynamic time warping of sequences x and y",
     "x, y, gamma",
     3,
     softDTWShape,
     expandSoftDTW,
     {"1; d(gamma) must be 1",
      "GradSoftDTW_SqDist(x, y, gamma) along x and y; along gamma too", "",
      "SoftDTW_SqDist((1, 2), (1, 3), 0.001) = 1"}},
};

llvm::ArrayRef<ExpansionEntry> keops::expansionCatalogue() {
  return kExpansions;
}
