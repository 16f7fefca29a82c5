#pragma once

// Learning curves as an SVG picture, without anything else to draw with.

#include <string>
#include <string_view>

namespace hardwon::train {

// metrics: lines of metrics.jsonl.  One panel for each of losses, value error, arena score and
// promotions, mean plies; iterations to the right.  What a line lacks leaves a gap.
std::string curves_svg(std::string_view metrics);

}  // namespace hardwon::train
