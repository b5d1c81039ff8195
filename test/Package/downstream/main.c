/* The same formula from C. */

#include "overlap.h"

#include <stdio.h>

int main(void) {
  const float x[] = {1, 2}, y[] = {1, 0, 0, 1, 1, 1};
  float sum;
  if (overlap(NULL, 1, 3, x, y, &sum) != KEOPS_OK) {
    fprintf(stderr, "%s\n", keops_last_error());
    return 1;
  }
  printf("sum %g\n", (double)sum);
  return 0;
}
