// Two formulas in one program.

#include "nearest.h"
#include "overlap.h"

#include <cstdint>
#include <cstdio>

int main() {
  const float x[] = {1, 2, 0, 5}, y[] = {1, 0, 0, 1, 1, 1};
  float sums[2];
  int64_t indices[2];
  if (overlap(nullptr, 2, 3, x, y, sums) != KEOPS_OK ||
      nearest(nullptr, 2, 3, x, y, indices) != KEOPS_OK) {
    std::fprintf(stderr, "%s\n", keops_last_error());
    return 1;
  }
  std::printf("sums %g %g\n", double(sums[0]), double(sums[1]));
  std::printf("nearest %d %d\n", int(indices[0]), int(indices[1]));
}
