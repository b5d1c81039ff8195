// A formula that this program has as text.

#include "keops/genred.h"
#include <cstdio>

int main() {
  keops::Genred op("Exp(-G*SqDist(X,Y))*B",
                   {"G=Pm(1)", "X=Vi(3)", "Y=Vj(3)", "B=Vj(2)"}, "Sum",
                   /*axis=*/1);
  std::vector<float> x = {0, 0, 0, 1, 1, 1};          // 2 points
  std::vector<float> y = {0, 0, 1, 1, 1, 0, 2, 2, 2}; // 3 points
  std::vector<float> b = {1, 2, 3, 4, 5, 6};
  keops::Matrix<float> a = op(0.5f, x, y, b); // 2 x 2
  std::printf("%g %g\n", a(0, 0), a(0, 1));
}
