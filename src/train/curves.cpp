#include "train/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/json.h"

namespace hardwon::train {
namespace {

constexpr double kWidth = 360, kHeight = 180, kGap = 60;

struct Curve {
  const char* title;
  const char* pointer;  // into a line of metrics
  const char* colour;
};
constexpr Curve kCurves[] = {
    {"policy loss", "/training/policy_loss", "#1f77b4"},
    {"value loss", "/training/value_loss", "#d62728"},
    {"value error of the examples drawn", "/training/value_error", "#9467bd"},
    {"score against the best so far", "/arena/score", "#2ca02c"},
    {"mean plies of a self-play game", "/self_play/mean_plies", "#8c564b"},
    {"nets promoted", "/promotions", "#ff7f0e"},
};

using Points = std::vector<std::pair<double, double>>;  // iteration, value

Points points_of(const std::vector<Json>& lines, const char* pointer) {
  Points points;
  for (const Json& line : lines) {
    const Json::json_pointer at(pointer);
    if (!line.contains(at) || !line[at].is_number() || !line.contains("iteration")) continue;
    points.emplace_back(line["iteration"].get<double>(), line[at].get<double>());
  }
  return points;
}

std::string panel(const Curve& curve, const Points& points, double left, double top) {
  std::string svg = fmt::format(
      "<g transform=\"translate({},{})\"><rect width=\"{}\" height=\"{}\" fill=\"none\" "
      "stroke=\"#999\"/><text y=\"-8\">{}</text>",
      left, top, kWidth, kHeight, curve.title);
  if (points.empty()) return svg + "<text x=\"8\" y=\"20\">nothing yet</text></g>\n";
  double low = points[0].second, high = low;
  for (const auto& [iteration, value] : points) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (high - low < 1e-9) {
    low -= 0.5;
    high += 0.5;
  }
  const double first = points.front().first, last = std::max(points.back().first, first + 1);
  std::string line;
  for (const auto& [iteration, value] : points) {
    line += fmt::format("{:.1f},{:.1f} ", (iteration - first) / (last - first) * kWidth,
                        kHeight - (value - low) / (high - low) * kHeight);
  }
  svg += fmt::format(
      "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>"
      "<text x=\"{}\" y=\"10\">{:.4g}</text><text x=\"{}\" y=\"{}\">{:.4g}</text>"
      "<text y=\"{}\">{:.0f}</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.0f}</text></g>\n",
      line, curve.colour, kWidth + 4, high, kWidth + 4, kHeight, low, kHeight + 14, first, kWidth,
      kHeight + 14, last);
  return svg;
}

}  // namespace

std::string curves_svg(std::string_view metrics) {
  std::vector<Json> lines;
  while (!metrics.empty()) {
    const std::size_t end = std::min(metrics.find('\n'), metrics.size());
    if (auto json = parse_json(metrics.substr(0, end)); json && json->is_object()) {
      lines.push_back(*std::move(json));
    }
    metrics.remove_prefix(std::min(end + 1, metrics.size()));
  }
  constexpr int kColumns = 2, kRows = 3;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
      "font-family=\"sans-serif\" font-size=\"11\"><rect width=\"100%\" height=\"100%\" "
      "fill=\"white\"/>\n",
      kColumns * (kWidth + 2 * kGap), kRows * (kHeight + kGap) + kGap / 2);
  int at = 0;
  for (const Curve& curve : kCurves) {
    svg += panel(curve, points_of(lines, curve.pointer),
                 kGap / 2 + at % kColumns * (kWidth + kGap * 1.5),
                 kGap / 2 + at / kColumns * (kHeight + kGap));
    ++at;
  }
  return svg + "</svg>\n";
}

}  // namespace hardwon::train
