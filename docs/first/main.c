#include "density.h"
#include <stdio.h>

int main(void) {
  const float X[] = {0, 0, 1, 0}, Y[] = {0, 0, 1, 1, 2, 0}; /* 2 and 3 points */
  float out[2];
  if (density(NULL, 2, 3, X, Y, out) != KEOPS_OK)
    return puts(keops_last_error()), 1;
  printf("density %.4f %.4f\n", (double)out[0], (double)out[1]);
  return 0;
}
