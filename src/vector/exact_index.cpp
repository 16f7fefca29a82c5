#include "vector/exact_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "vector/dot.h"
#include "vector/top_hits.h"

namespace hardwon::vector {
namespace {

namespace fs = std::filesystem;

// docs/formats/exact-index.md
constexpr std::array<char, 8> kMagic = {'H', 'W', 'E', 'X', 'A', 'C', 'T', '\0'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kDimMax = 65'536;
constexpr std::string_view kPrefix = "exact-", kSuffix = ".idx", kTemporarySuffix = ".tmp";

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t header_bytes = 128;
  std::uint32_t dim = 0;
  std::uint32_t row_bytes = sizeof(Row);
  std::uint64_t rows = 0;
  std::int64_t covers = 0;
  std::uint64_t vectors_offset = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t payload_hash = 0;
  std::array<char, 48> embedder{};
  std::uint64_t reserved = 0;
  std::uint64_t header_hash = 0;
};
static_assert(sizeof(Header) == 128 && offsetof(Header, embedder) == 64 &&
              offsetof(Header, header_hash) == 120);
static_assert(sizeof(Row) == 24 && offsetof(Row, scope) == 8 && offsetof(Row, kind) == 16);

std::string_view bytes_of(const void* from, std::size_t size) {
  return {static_cast<const char*>(from), size};
}

std::uint64_t hash_of(const Header& header) {
  return hash64(bytes_of(&header, offsetof(Header, header_hash)));
}

std::uint64_t vectors_offset(std::uint64_t rows) {
  return (sizeof(Header) + rows * sizeof(Row) + 63) / 64 * 64;
}

// What is wrong with a header for a file of `size` bytes; empty when nothing is.
std::string fault_of(const Header& header, std::uint64_t size, std::string_view embedder) {
  if (header.magic != kMagic) return "not an exact index: wrong magic";
  if (header.header_hash != hash_of(header)) return "header checksum differs";
  if (header.version != kVersion) {
    return "version " + std::to_string(header.version) + ", expected " + std::to_string(kVersion);
  }
  if (header.header_bytes != sizeof(Header) || header.row_bytes != sizeof(Row) || header.dim == 0 ||
      header.dim > kDimMax || header.rows > size / sizeof(Row) ||
      header.vectors_offset != vectors_offset(header.rows) ||
      header.file_bytes != header.vectors_offset + header.rows * header.dim * sizeof(float)) {
    return "sizes in the header contradict each other";
  }
  if (header.file_bytes != size) {
    return std::to_string(size) + " bytes, expected " + std::to_string(header.file_bytes);
  }
  const std::string_view name(header.embedder.data(),
                              ::strnlen(header.embedder.data(), header.embedder.size()));
  if (name != embedder) {
    return "made by embedder '" + std::string(name) + "', expected '" + std::string(embedder) + "'";
  }
  return {};
}

// A read-only mapping of a whole file; the descriptor is closed at once.
class Mapping {
 public:
  Mapping() = default;
  Mapping(const char* data, std::size_t size) : data_(data), size_(size) {}
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping() {
    if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

Error io_error(const std::string& what, const fs::path& path) {
  return Error{.code = ErrorCode::kIo,
               .message = what + ": " + std::generic_category().message(errno),
               .path = path.string()};
}

Error damaged(std::string what, const fs::path& path) {
  return Error{.code = ErrorCode::kCorruption, .message = std::move(what), .path = path.string()};
}

// Checks the header against the size before mapping: a page beyond the end would be SIGBUS.
Result<Mapping> map_checked(const fs::path& path, std::string_view embedder) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(io_error("cannot open the index", path));
  Header header;
  struct stat status{};
  std::string fault;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    fault = "not a regular file";
  } else if (::pread(fd, &header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header))) {
    fault = std::to_string(status.st_size) + " bytes, expected at least 128";
  } else {
    fault = fault_of(header, static_cast<std::uint64_t>(status.st_size), embedder);
  }
  if (!fault.empty()) {
    ::close(fd);
    return std::unexpected(damaged(std::move(fault), path));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (data == MAP_FAILED) return std::unexpected(io_error("cannot map the index", path));
  return Mapping(static_cast<const char*>(data), size);
}

// exact-<covers>.idx -> covers
std::optional<std::int64_t> covers_of(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  std::int64_t covers = 0;
  const char* from = name.data() + kPrefix.size();
  const char* to = name.data() + name.size() - kSuffix.size();
  if (from >= to) return std::nullopt;
  const auto [end, error] = std::from_chars(from, to, covers);
  if (error != std::errc{} || end != to || covers < 0) return std::nullopt;
  return covers;
}

// Published files, the newest first.
std::vector<std::pair<std::int64_t, fs::path>> published(const fs::path& directory) {
  std::vector<std::pair<std::int64_t, fs::path>> files;
  std::error_code ignored;  // no folder yet: no index yet
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (const auto covers = covers_of(entry.path().filename().string())) {
      files.emplace_back(*covers, entry.path());
    }
  }
  std::ranges::sort(files, std::greater{});
  return files;
}

Result<void> write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(io_error("cannot write the index", path));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(io_error("cannot open the index folder", directory));
  const int result = ::fsync(fd);
  ::close(fd);
  if (result != 0) return std::unexpected(io_error("cannot flush the index folder", directory));
  return {};
}

Result<void> write_file(const fs::path& path, std::string_view header, std::string_view payload) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(io_error("cannot create the index", path));
  Result<void> result = write_all(fd, header, path);
  if (result) result = write_all(fd, payload, path);
  if (result && ::fsync(fd) != 0) {
    result = std::unexpected(io_error("cannot flush the index", path));
  }
  if (::close(fd) != 0 && result) {
    result = std::unexpected(io_error("cannot close the index", path));
  }
  if (!result) ::unlink(path.c_str());
  return result;
}

// Older versions, and what publishers that died left behind.  Failing here loses only space.
void remove_old(const fs::path& directory, std::int64_t covers) {
  std::error_code ignored;
  for (const auto& [older, path] : published(directory)) {
    if (older < covers) fs::remove(path, ignored);
  }
  const auto stale = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kTemporarySuffix) &&
        entry.last_write_time(ignored) < stale) {
      fs::remove(entry.path(), ignored);
    }
  }
}

}  // namespace

struct ExactIndex::Impl {
  // Either mapped, or owned.
  Mapping mapping;
  std::vector<Row> owned_rows;
  std::vector<float> owned_vectors;

  std::span<const Row> rows;
  std::span<const float> vectors;  // [rows, dim]
  std::size_t dim = 0;
  std::int64_t covers = 0;
};

ExactIndex::ExactIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ExactIndex::~ExactIndex() = default;

std::shared_ptr<const ExactIndex> ExactIndex::build(std::vector<Row> rows,
                                                    std::vector<float> vectors, std::size_t dim,
                                                    std::int64_t covers) {
  CHECK(dim > 0 && dim <= kDimMax);
  CHECK(rows.size() * dim == vectors.size());
  auto impl = std::make_unique<Impl>();
  if (!std::ranges::is_sorted(rows, {}, &Row::label)) {
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [&](std::size_t i) { return rows[i].label; });
    impl->owned_vectors.reserve(vectors.size());
    for (const std::size_t i : order) {
      impl->owned_rows.push_back(rows[i]);
      const auto from = vectors.begin() + static_cast<std::ptrdiff_t>(i * dim);
      impl->owned_vectors.insert(impl->owned_vectors.end(), from,
                                 from + static_cast<std::ptrdiff_t>(dim));
    }
  } else {
    impl->owned_rows = std::move(rows);
    impl->owned_vectors = std::move(vectors);
  }
  CHECK(std::ranges::adjacent_find(impl->owned_rows, {}, &Row::label) == impl->owned_rows.end());
  impl->rows = impl->owned_rows;
  impl->vectors = impl->owned_vectors;
  impl->dim = dim;
  impl->covers = covers;
  return std::shared_ptr<const ExactIndex>(new ExactIndex(std::move(impl)));
}

std::shared_ptr<const ExactIndex> ExactIndex::open(const fs::path& directory,
                                                   std::string_view embedder) {
  for (const auto& [covers, path] : published(directory)) {
    auto mapping = map_checked(path, embedder);
    if (!mapping) continue;
    Header header;
    std::memcpy(&header, mapping->data(), sizeof(header));
    if (header.covers != covers) continue;  // renamed by hand
    auto impl = std::make_unique<Impl>();
    impl->rows = {reinterpret_cast<const Row*>(mapping->data() + sizeof(Header)), header.rows};
    impl->vectors = {reinterpret_cast<const float*>(mapping->data() + header.vectors_offset),
                     header.rows * header.dim};
    impl->dim = header.dim;
    impl->covers = header.covers;
    impl->mapping = *std::move(mapping);
    return std::shared_ptr<const ExactIndex>(new ExactIndex(std::move(impl)));
  }
  return nullptr;
}

Result<void> ExactIndex::verify(const fs::path& directory, std::string_view embedder) {
  const auto files = published(directory);
  if (files.empty()) return {};
  const fs::path& path = files.front().second;
  const Mapping mapping = TRY(map_checked(path, embedder));
  Header header;
  std::memcpy(&header, mapping.data(), sizeof(header));
  if (header.covers != files.front().first) {
    return std::unexpected(damaged("covers change " + std::to_string(header.covers) +
                                       ", its name says " + std::to_string(files.front().first),
                                   path));
  }
  const std::uint64_t found =
      hash64(bytes_of(mapping.data() + sizeof(Header), mapping.size() - sizeof(Header)));
  if (found != header.payload_hash) {
    return std::unexpected(damaged("payload checksum differs", path));
  }
  return {};
}

Result<void> ExactIndex::publish(const fs::path& directory, std::string_view embedder) const {
  Header header;
  CHECK(embedder.size() < header.embedder.size());
  header.dim = static_cast<std::uint32_t>(impl_->dim);
  header.rows = impl_->rows.size();
  header.covers = impl_->covers;
  header.vectors_offset = vectors_offset(header.rows);
  header.file_bytes = header.vectors_offset + impl_->vectors.size_bytes();
  std::memcpy(header.embedder.data(), embedder.data(), embedder.size());

  // Field by field, so that padding is zero and equal content gives equal bytes.
  std::string payload(header.file_bytes - sizeof(Header), '\0');
  char* to = payload.data();
  for (const Row& row : impl_->rows) {
    std::memcpy(to, &row.label, sizeof(row.label));
    std::memcpy(to + offsetof(Row, scope), &row.scope, sizeof(row.scope));
    std::memcpy(to + offsetof(Row, kind), &row.kind, sizeof(row.kind));
    to += sizeof(Row);
  }
  if (!impl_->vectors.empty()) {
    std::memcpy(payload.data() + (header.vectors_offset - sizeof(Header)), impl_->vectors.data(),
                impl_->vectors.size_bytes());
  }
  header.payload_hash = hash64(payload);
  header.header_hash = hash_of(header);

  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return std::unexpected(Error{.code = ErrorCode::kIo,
                                 .message = "cannot create the index folder: " + error.message(),
                                 .path = directory.string()});
  }
  const std::string stem = std::string(kPrefix) + std::to_string(impl_->covers);
  const fs::path target = directory / (stem + std::string(kSuffix));
  const fs::path temporary =
      directory / (stem + "." + std::to_string(::getpid()) + std::string(kTemporarySuffix));
  TRY(write_file(temporary, bytes_of(&header, sizeof(header)), payload));
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    Error renaming = io_error("cannot rename the index", target);
    ::unlink(temporary.c_str());
    return std::unexpected(std::move(renaming));
  }
  TRY(sync_directory(directory));
  remove_old(directory, impl_->covers);
  return {};
}

std::size_t ExactIndex::size() const { return impl_->rows.size(); }
std::size_t ExactIndex::dim() const { return impl_->dim; }
std::int64_t ExactIndex::covers() const { return impl_->covers; }
std::span<const Row> ExactIndex::rows() const { return impl_->rows; }
std::span<const float> ExactIndex::vector(std::size_t row) const {
  return impl_->vectors.subspan(row * impl_->dim, impl_->dim);
}
std::string_view ExactIndex::isa() { return best_dot().isa; }

std::optional<float> ExactIndex::similarity(std::span<const float> query, Label label) const {
  if (query.size() != impl_->dim) return std::nullopt;
  const auto row = std::ranges::lower_bound(impl_->rows, label, {}, &Row::label);
  if (row == impl_->rows.end() || row->label != label) return std::nullopt;
  const auto at = static_cast<std::size_t>(row - impl_->rows.begin());
  const float found = best_dot().dot(query.data(), vector(at).data(), impl_->dim);
  return std::isfinite(found) ? std::optional(found) : std::nullopt;
}

std::vector<Hit> ExactIndex::search(std::span<const float> query, std::size_t k,
                                    const std::function<bool(const Row&)>& wanted) const {
  if (k == 0 || query.size() != impl_->dim) return {};
  TopHits best(k);
  const DotFunction dot = best_dot().dot;
  for (std::size_t i = 0; i < impl_->rows.size(); ++i) {
    const Row& row = impl_->rows[i];
    if (wanted && !wanted(row)) continue;
    const Hit hit{row.label, dot(query.data(), impl_->vectors.data() + i * impl_->dim, impl_->dim)};
    if (std::isfinite(hit.similarity)) best.offer(hit);
  }
  return best.take();
}

}  // namespace hardwon::vector
