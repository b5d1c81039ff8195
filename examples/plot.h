//===- plot.h - line charts as SVG files ------------------------*- C++ -*-===//
//
// Panels side by side, each with axes, round tick values, and curves that are
// solid or dashed. Numbers that are not finite leave a gap. All panels show the
// same kinds of curves, so that one legend, in the first panel, serves all.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_EXAMPLES_PLOT_H
#define KEOPS_EXAMPLES_PLOT_H

#include "example.h"

namespace plot {

struct Curve {
  std::string label, color;
  bool dashed;
  std::vector<double> values; // at 0, 1, 2, ...
};

struct Panel {
  std::string title, axis;
  std::vector<Curve> curves;
};

/// The part of an axis that a panel shows, in ticks at multiples of `step`.
struct Range {
  double low = 0, high = 1, step = 1;

  double at(double value) const { return (value - low) / (high - low); }
};

/// About `count` ticks at 1, 2 or 5 times a power of ten that cover the values.
inline Range makeRange(double low, double high, int count) {
  double width = high > low ? high - low : 1;
  double power = std::pow(10, std::floor(std::log10(width / count)));
  double step = power;
  for (double factor : {2, 5, 10})
    if (width / step > count)
      step = factor * power;
  return {std::floor(low / step) * step, std::ceil(high / step) * step, step};
}

class Writer {
public:
  Writer(const std::string &path, size_t panels) : path(path) {
    file = std::fopen(path.c_str(), "w");
    if (!file)
      example::fail(path + ": cannot be written");
    double width = double(panels) * panelWidth;
    std::fprintf(file,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
                 "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                 "font-family=\"Helvetica, Arial, sans-serif\" "
                 "font-size=\"13\" fill=\"#333\">\n"
                 "<rect width=\"%.0f\" height=\"%.0f\" fill=\"white\"/>\n",
                 width, height, width, height, width, height);
  }

  void panel(const Panel &panel, size_t number, bool legend) {
    left = double(number) * panelWidth + 62;
    chooseRanges(panel, legend);
    text(left, top - 16, "start", panel.title, " font-size=\"15\"");
    ticks();
    text(left + inner, bottom + 36, "end", panel.axis,
         " font-style=\"italic\"");
    for (const Curve &curve : panel.curves)
      line(curve);
    if (legend)
      writeLegend(panel.curves);
  }

  void finish() {
    std::fputs("</svg>\n", file);
    if (std::fclose(file) != 0)
      example::fail(path + ": cannot be written");
  }

private:
  void chooseRanges(const Panel &panel, bool legend) {
    double low = INFINITY, high = -INFINITY;
    size_t count = 1;
    for (const Curve &curve : panel.curves) {
      count = std::max(count, curve.values.size());
      for (double value : curve.values)
        if (std::isfinite(value)) {
          low = std::min(low, value);
          high = std::max(high, value);
        }
    }
    if (low > high)
      low = 0, high = 1;
    across = {0, double(count), 10};
    double room = legend ? 0.2 * (high - low) : 0; // below the curves
    up = makeRange(low - room, high, 6);
  }

  void ticks() {
    for (double v = across.low; v <= across.high; v += across.step) {
      std::string label = std::to_string(int(v));
      segment(x(v), bottom, x(v), bottom + 5, "#888");
      text(x(v), bottom + 19, "middle", label);
    }
    int digits = std::max(0, -int(std::floor(std::log10(up.step) + 1e-9)));
    int count = int(std::lround((up.high - up.low) / up.step));
    for (int i = 0; i <= count; ++i) {
      double v = up.low + i * up.step;
      char label[40];
      std::snprintf(label, sizeof label, "%.*f", digits, v);
      segment(left, y(v), left + inner, y(v), i ? "#e4e4e4" : "#888");
      text(left - 8, y(v) + 4.5, "end", label);
    }
    segment(left, top, left, bottom, "#888");
  }

  void line(const Curve &curve) {
    bool open = false;
    for (size_t i = 0; i < curve.values.size(); ++i) {
      if (!std::isfinite(curve.values[i])) {
        std::fputs(open ? "\"/>\n" : "", file);
        open = false;
        continue;
      }
      if (!open)
        std::fprintf(file,
                     "<polyline fill=\"none\" stroke-linejoin=\"round\"%s "
                     "points=\"",
                     stroke(curve).c_str());
      std::fprintf(file, "%s%.1f,%.1f", open ? " " : "", x(double(i)),
                   y(curve.values[i]));
      open = true;
    }
    std::fputs(open ? "\"/>\n" : "", file);
  }

  void writeLegend(const std::vector<Curve> &curves) {
    double row = bottom - 20.0 * double(curves.size()) + 4;
    for (const Curve &curve : curves) {
      std::fprintf(file,
                   "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                   "y2=\"%.1f\"%s/>\n",
                   left + 12, row, left + 48, row, stroke(curve).c_str());
      text(left + 56, row + 4.5, "start", curve.label);
      row += 20;
    }
  }

  /// The dashed line is thin and dark, to show on top of a solid one.
  static std::string stroke(const Curve &curve) {
    return " stroke=\"" + curve.color + "\" stroke-width=\"" +
           (curve.dashed ? "1.6\" stroke-dasharray=\"5 4" : "4") + "\"";
  }

  void segment(double x1, double y1, double x2, double y2, const char *color) {
    std::fprintf(file,
                 "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                 "stroke=\"%s\"/>\n",
                 x1, y1, x2, y2, color);
  }

  void text(double x, double y, const char *anchor, const std::string &words,
            const char *style = "") {
    std::fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x,
                 y, anchor, style);
    for (char c : words)
      if (c == '<' || c == '&')
        std::fputs(c == '<' ? "&lt;" : "&amp;", file);
      else
        std::fputc(c, file);
    std::fputs("</text>\n", file);
  }

  double x(double value) const { return left + inner * across.at(value); }
  double y(double value) const {
    return bottom - (bottom - top) * up.at(value);
  }

  static constexpr double panelWidth = 480, height = 340, inner = 390;
  static constexpr double top = 48, bottom = 290;

  std::string path;
  std::FILE *file;
  double left = 0;
  Range across, up;
};

inline void write(const std::string &path, const std::vector<Panel> &panels) {
  Writer writer(path, panels.size());
  for (size_t i = 0; i < panels.size(); ++i)
    writer.panel(panels[i], i, i == 0);
  writer.finish();
}

} // namespace plot

#endif // KEOPS_EXAMPLES_PLOT_H
