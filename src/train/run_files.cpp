#include "train/run_files.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"
#include "train/curves.h"

namespace hardwon::train {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesBytesMax = std::size_t{256} << 20;

// Written only where it differs: the same net is not written twice.
Result<void> put_net(const reason::PolicyNet& net, const fs::path& path) {
  const auto there = reason::PolicyNet::load(path);
  if (there && there->model() == net.model()) return {};
  return net.save(path);
}

}  // namespace

fs::path RunFiles::model(std::int64_t iteration) const {
  return directory / "models" / fmt::format("{:05}.policy", iteration);
}

Result<void> make_directories(const fs::path& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return std::unexpected(io_error(directory, "create", failed.value()));
  return {};
}

Result<void> put_line(const fs::path& path, std::int64_t iteration, const std::string& line) {
  std::error_code ignored;
  const std::string before =
      fs::exists(path, ignored) ? TRY(read_file(path, kLinesBytesMax)) : std::string();
  std::string kept;
  for (std::size_t at = 0; at < before.size();) {
    const std::size_t end = before.find('\n', at);
    if (end == std::string::npos) break;
    const std::string_view one = std::string_view(before).substr(at, end - at);
    const auto json = parse_json(one);
    const bool earlier = json && json->is_object() && json->contains("iteration") &&
                         (*json)["iteration"].is_number_integer() &&
                         (*json)["iteration"].get<std::int64_t>() < iteration;
    if (earlier) (kept += one) += '\n';
    at = end + 1;
  }
  kept += line + "\n";
  if (kept == before) return {};
  return write_file_atomically(path, kept);
}

Result<void> publish_figures(const Checkpoint& checkpoint, const RunFiles& files) {
  if (!checkpoint.promotion.empty()) {
    TRY(put_line(files.promotions(), checkpoint.iteration, checkpoint.promotion));
  }
  if (checkpoint.metrics.empty()) return {};
  TRY(put_line(files.metrics(), checkpoint.iteration, checkpoint.metrics));
  const std::string svg = curves_svg(TRY(read_file(files.metrics(), kLinesBytesMax)));
  return write_file_atomically(files.curves(), svg, {.durable = false});
}

Result<void> publish_nets(const Checkpoint& checkpoint, const RunFiles& files) {
  const auto best = TRY(reason::PolicyNet::create(checkpoint.shape, checkpoint.best));
  if (!checkpoint.promotion.empty()) {
    TRY(make_directories(files.directory / "models"));
    TRY(put_net(best, files.model(checkpoint.iteration)));
  }
  TRY(put_net(best, files.best()));
  return put_net(TRY(reason::PolicyNet::create(checkpoint.shape, checkpoint.latest)),
                 files.latest());
}

}  // namespace hardwon::train
