//===- Chart.cpp - the table as bars --------------------------------------===//

#include "bench/table/Report.h"

#include <algorithm>

namespace keops::bench {

namespace {

constexpr int kLabels = 210, kWidth = 520, kLine = 34, kTop = 48;
// Beyond so many times the floor a bar is cut, and says how long it is.
constexpr double kLongest = 8;

struct Canvas {
  std::ostream &out;

  void text(double x, double y, const std::string &text,
            const char *anchor = "start") {
    out << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor
        << "\">" << text << "</text>\n";
  }
  void bar(double y, double height, double times, const char *color) {
    double length = std::min(times, kLongest) / kLongest * kWidth;
    out << "<rect x=\"" << kLabels << "\" y=\"" << y << "\" width=\"" << length
        << "\" height=\"" << height << "\" fill=\"" << color << "\"/>\n";
    out.precision(3);
    out << "<text x=\"" << kLabels + length + 4 << "\" y=\"" << y + height - 2
        << "\" font-size=\"10\">" << times << "</text>\n";
  }
};

} // namespace

void writeSvg(std::ostream &out, const Results &results) {
  std::vector<Row> rows;
  for (const Row &row : results.rows)
    if (row.floor)
      rows.push_back(row);
  int height = kTop + kLine * int(rows.size()) + 10;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""
      << kLabels + kWidth + 60 << "\" height=\"" << height
      << "\" font-family=\"sans-serif\" font-size=\"13\">\n"
      << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
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
  out << "<line x1=\"" << unit << "\" x2=\"" << unit << "\" y1=\"" << kTop - 4
      << "\" y2=\"" << height - 6
      << "\" stroke=\"black\" stroke-dasharray=\"3 3\"/>\n</svg>\n";
}

} // namespace keops::bench
