//===- Chart.cpp - the table as bars --------------------------------------===//

#include "bench/table/Report.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using llvm::formatv;

namespace keops::bench {

namespace {

constexpr int kLabels = 210, kWidth = 520, kLine = 34, kTop = 48;
// Beyond so many times the floor a bar is cut, and says how long it is.
constexpr double kLongest = 8;

/// A length, in pixels.
std::string px(double length) { return formatv("{0:f1}", length); }

struct Canvas {
  llvm::raw_ostream &out;

  void text(double x, double y, const std::string &text,
            const char *anchor = "start") {
    out << formatv("<text x=\"{0}\" y=\"{1}\" text-anchor=\"{2}\">{3}</text>\n",
                   px(x), px(y), anchor, text);
  }
  void bar(double y, double height, double times, const char *color) {
    double length = std::min(times, kLongest) / kLongest * kWidth;
    out << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" "
                   "fill=\"{4}\"/>\n",
                   kLabels, px(y), px(length), px(height), color)
        << formatv("<text x=\"{0}\" y=\"{1}\" font-size=\"10\">{2:f2}</text>\n",
                   px(kLabels + length + 4), px(y + height - 2), times);
  }
};

} // namespace

void writeSvg(llvm::raw_ostream &out, const Results &results) {
  std::vector<Row> rows;
  for (const Row &row : results.rows)
    if (row.floor)
      rows.push_back(row);
  int height = kTop + kLine * int(rows.size()) + 10;
  out << formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" "
                 "height=\"{1}\" font-family=\"sans-serif\" font-size=\"13\">\n"
                 "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
                 kLabels + kWidth + 60, height);
  Canvas canvas{out};
  canvas.text(8, 18, results.machine + ", " + results.date + ", one core");
  canvas.text(8, 36,
              "time relative to hand-written AVX-512 kernels: keopsc (blue), "
              "g++ -Ofast (gray)");
  double unit = kLabels + kWidth / kLongest;
  for (size_t k = 0; k < rows.size(); ++k) {
    double y = kTop + kLine * double(k);
    canvas.text(kLabels - 8, y + 16, rows[k].name, "end");
    canvas.bar(y, 13, rows[k].ours / *rows[k].floor, "#2563eb");
    if (rows[k].peer)
      canvas.bar(y + 14, 12, *rows[k].peer / *rows[k].floor, "#9ca3af");
  }
  out << formatv("<line x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\" "
                 "stroke=\"black\" stroke-dasharray=\"3 3\"/>\n</svg>\n",
                 px(unit), kTop - 4, height - 6);
}

} // namespace keops::bench
