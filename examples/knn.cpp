//===- knn.cpp - reading handwritten digits by their neighbors --*- C++ -*-===//
//
// Finds the nearest neighbors of every image among all the others with the
// function that keopsc makes of knn.keops, checks them against a plain search,
// and lets them vote on what the image shows. See knn.md.
//
//===----------------------------------------------------------------------===//

#include "knn.h"
#include "example.h"
#include "npy.h"

#include <numeric>

namespace {

constexpr size_t dimension = 64, found = 6; // as knn.keops says

struct Digits {
  int64_t count;
  std::vector<float> images;
  std::vector<int64_t> labels;
};

Digits load(const std::string &directory) {
  auto images = npy::read<float>(directory + "/digits-images.npy", 2);
  auto labels = npy::read<int64_t>(directory + "/digits-labels.npy", 1);
  if (images.shape[1] != int64_t(dimension))
    example::fail("the images have " + std::to_string(images.shape[1]) +
                  " pixels, expected 64");
  if (images.shape[0] < int64_t(found))
    example::fail("there are fewer than six images");
  if (labels.shape[0] != images.shape[0])
    example::fail("there are " + std::to_string(images.shape[0]) +
                  " images and " + std::to_string(labels.shape[0]) + " labels");
  for (float pixel : images.values)
    if (!(pixel >= 0 && pixel <= 16))
      example::fail("a pixel is not between 0 and 16");
  for (int64_t label : labels.values)
    if (label < 0 || label > 9)
      example::fail("a label is not a digit");
  return {images.shape[0], std::move(images.values), std::move(labels.values)};
}

/// Pixels are integers up to 16, so that float32 holds the result exactly.
float distance(const Digits &digits, size_t i, size_t j) {
  float sum = 0;
  for (size_t d = 0; d < dimension; ++d) {
    float difference =
        digits.images[dimension * i + d] - digits.images[dimension * j + d];
    sum += difference * difference;
  }
  return sum;
}

/// The same search as a plain loop: sort all the others, keep the first six.
std::vector<int64_t> searchPlainly(const Digits &digits) {
  size_t count = size_t(digits.count);
  std::vector<int64_t> result, order(count);
  std::vector<float> distances(count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < count; ++j)
      distances[j] = distance(digits, i, j);
    std::iota(order.begin(), order.end(), 0);
    auto nearer = [&](int64_t a, int64_t b) {
      float first = distances[size_t(a)], second = distances[size_t(b)];
      return first < second || (first == second && a < b);
    };
    std::partial_sort(order.begin(), order.begin() + found, order.end(),
                      nearer);
    result.insert(result.end(), order.begin(), order.begin() + found);
  }
  return result;
}

/// Whether two searches agree, up to the order of points equally far away.
bool sameDistances(const Digits &digits, const std::vector<int64_t> &ours,
                   const std::vector<int64_t> &plain) {
  for (size_t i = 0; i < size_t(digits.count); ++i) {
    const int64_t *row = &ours[found * i];
    for (size_t k = 0; k < found; ++k) {
      bool known = row[k] >= 0 && row[k] < digits.count;
      bool repeated = std::find(row, row + k, row[k]) != row + k;
      if (!known || repeated ||
          distance(digits, i, size_t(row[k])) !=
              distance(digits, i, size_t(plain[found * i + k])))
        return false;
    }
  }
  return true;
}

/// The neighbors of image i without the image itself.
std::vector<int64_t> others(const std::vector<int64_t> &neighbors, size_t i) {
  auto row = neighbors.begin() + std::ptrdiff_t(found * i);
  std::vector<int64_t> result(row, row + found);
  result.erase(std::remove(result.begin(), result.end(), int64_t(i)),
               result.end());
  result.resize(found - 1); // six copies of one image would hide the image
  return result;
}

/// The most frequent label of the first `voters`; the nearest decides a tie.
int64_t vote(const Digits &digits, const std::vector<int64_t> &neighbors,
             size_t voters) {
  std::vector<size_t> votes(10);
  for (size_t k = 0; k < voters; ++k)
    ++votes[size_t(digits.labels[size_t(neighbors[k])])];
  size_t most = *std::max_element(votes.begin(), votes.end());
  for (size_t k = 0;; ++k) {
    int64_t label = digits.labels[size_t(neighbors[k])];
    if (votes[size_t(label)] == most)
      return label;
  }
}

/// Prints the share of images that the other images read correctly.
double classify(const Digits &digits, const std::vector<int64_t> &neighbors,
                size_t voters) {
  int64_t right = 0;
  for (size_t i = 0; i < size_t(digits.count); ++i)
    right += vote(digits, others(neighbors, i), voters) == digits.labels[i];
  double percent = 100.0 * double(right) / double(digits.count);
  std::printf("K = %zu: %d of %d images read correctly, %.1f %%\n", voters,
              int(right), int(digits.count), percent);
  return percent;
}

/// Shows the first image that its nearest neighbor misleads, and both.
void showMistake(const Digits &digits, const std::vector<int64_t> &neighbors) {
  for (size_t i = 0; i < size_t(digits.count); ++i) {
    size_t nearest = size_t(others(neighbors, i)[0]);
    if (digits.labels[i] == digits.labels[nearest])
      continue;
    std::printf("image %zu shows a %d, its nearest neighbor %zu a %d:\n", i,
                int(digits.labels[i]), nearest, int(digits.labels[nearest]));
    for (size_t line = 0; line < 8; ++line) {
      std::string text = "  |";
      for (size_t image : {i, nearest}) {
        for (size_t column = 0; column < 8; ++column) {
          float pixel = digits.images[dimension * image + 8 * line + column];
          text += std::string(2, " .:-=+*#@"[size_t(pixel) / 2]);
        }
        text += image == i ? "|   |" : "|";
      }
      std::puts(text.c_str());
    }
    return;
  }
}

} // namespace

int main(int argc, char **argv) {
  Digits digits = load(argc > 1 ? argv[1] : "data");
  std::printf("knn: %d images of %d pixels\n", int(digits.count),
              int(dimension));

  // [call]
  const float *images = digits.images.data();
  std::vector<int64_t> nearest(size_t(digits.count) * found);
  example::require(neighbors(nullptr, digits.count, digits.count, images,
                             images, nearest.data()));
  // [/call]

  example::Report report;
  std::vector<int64_t> plain;
  double plainTime = example::seconds([&] { plain = searchPlainly(digits); });
  bool correct = sameDistances(digits, nearest, plain);
  report.check("same neighbors as a plain search", correct);
  if (!correct)
    return report.finish();

  for (size_t voters : {size_t(1), size_t(5)}) {
    double percent = classify(digits, nearest, voters);
    report.check("98.8 % expected", std::lround(10 * percent) == 988);
  }
  showMistake(digits, nearest);

  double pairs = double(digits.count) * double(digits.count);
  report.time("plain search", plainTime, pairs);
  report.time("all threads", example::medianSeconds([&] {
                example::require(neighbors(nullptr, digits.count, digits.count,
                                           images, images, nearest.data()));
              }),
              pairs);
  return report.finish();
}
