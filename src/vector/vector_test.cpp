#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "base/hash.h"
#include "base/rng.h"
#include "vector/dot.h"
#include "vector/embedder.h"
#include "vector/exact_index.h"

namespace hardwon::vector {
namespace {

namespace fs = std::filesystem;

double cosine(std::string_view a, std::string_view b) {
  const auto x = embed_lexical(a), y = embed_lexical(b);
  return dot_baseline(x.data(), y.data(), x.size());
}

double norm(std::span<const float> vector) {
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(squares);
}

// ------------------------------------------------------------------ embedder

TEST(Embedder, GivesUnitLengthOrAllZero) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const auto vector = embed_lexical(bytes);
    RC_ASSERT(vector.size() == kLexicalDim);
    const double length = norm(vector);
    RC_ASSERT(length == 0.0 || std::abs(length - 1) < 1e-5);
  }));
}

TEST(Embedder, GivesZeroForTextWithoutLetterOrDigit) {
  for (const char* text : {"", " \n\t", "!?.,;:-+*/()[]{}", "___"}) {
    EXPECT_EQ(norm(embed_lexical(text)), 0.0) << text;
  }
  EXPECT_GT(norm(embed_lexical("7")), 0.0);
  EXPECT_GT(norm(embed_lexical("the")), 0.0);  // weak, but the only word it has
}

TEST(Embedder, IsDeterministicAndIgnoresOrderAndCase) {
  EXPECT_EQ(embed_lexical("run the migrations first"), embed_lexical("run the migrations first"));
  EXPECT_EQ(embed_lexical("first RUN the Migrations"), embed_lexical("run the migrations first"));
}

TEST(Embedder, PutsInflectionsTyposAndIdentifiersNearer) {
  EXPECT_GT(cosine("parse the json file", "parsing json files"),
            cosine("parse the json file", "restart the docker daemon") + 0.4);
  EXPECT_GT(cosine("parseJsonFile", "parse a json file"), 0.5);
  EXPECT_GT(cosine("parse_json_file", "parseJsonFile"), 0.9);
  EXPECT_GT(cosine("kubernetes deployment", "kubernets deploymnt"), 0.4);
}

TEST(Embedder, LetsStopWordsHardlyMatter) {
  EXPECT_GT(cosine("please could you restart the database", "restart database"), 0.95);
  EXPECT_LT(cosine("what is the status of it", "what is the colour of it"), 0.5);
}

TEST(Embedder, TakesHostileTextWithinItsLimits) {
  const std::string binary(1 << 20, '\xff');
  EXPECT_EQ(embed_lexical(binary).size(), kLexicalDim);
  const std::string one_word(5 << 20, 'a');
  EXPECT_EQ(norm(embed_lexical(one_word)), 0.0);  // no word of prose has 64 letters
  std::string many;
  for (int i = 0; i < 200'000; ++i) many.append("w").append(std::to_string(i)).append(" ");
  EXPECT_NEAR(norm(embed_lexical(many)), 1.0, 1e-5);
}

// ------------------------------------------------------------------ inner product

TEST(Dot, GivesTheSameBitsOnEveryInstructionSet) {
  Rng rng(7);
  for (std::size_t n = 0; n < 300; ++n) {
    std::vector<float> a(n), b(n);
    for (auto& x : a) x = static_cast<float>(rng.uniform() - 0.5);
    for (auto& x : b) x = static_cast<float>(rng.uniform() - 0.5);
    const float wide = best_dot().dot(a.data(), b.data(), n);
    const float plain = dot_baseline(a.data(), b.data(), n);
    EXPECT_EQ(std::memcmp(&wide, &plain, sizeof(wide)), 0) << n << " on " << best_dot().isa;
    double naive = 0;
    for (std::size_t i = 0; i < n; ++i) naive += static_cast<double>(a[i]) * b[i];
    EXPECT_NEAR(wide, naive, 1e-4) << n;
  }
}

// ------------------------------------------------------------------ index

struct Data {
  std::vector<Row> rows;
  std::vector<float> vectors;
  std::size_t dim = 0;
};

Data random_data(std::size_t n, std::size_t dim, std::uint64_t seed) {
  Rng rng(seed);
  Data data{.dim = dim};
  for (std::size_t i = 0; i < n; ++i) {
    data.rows.push_back({.label = static_cast<Label>(i * 3 + 1),
                         .scope = static_cast<std::int64_t>(rng.below(3)),
                         .kind = static_cast<std::uint8_t>(1 + rng.below(4))});
    std::vector<float> vector(dim);
    for (auto& x : vector) x = static_cast<float>(rng.uniform() - 0.5);
    const auto length = static_cast<float>(norm(vector));
    for (const float x : vector) data.vectors.push_back(x / length);
  }
  return data;
}

std::shared_ptr<const ExactIndex> index_of(const Data& data, std::int64_t covers = 1) {
  return ExactIndex::build(data.rows, data.vectors, data.dim, covers);
}

// The oracle: every inner product, sorted.
std::vector<Label> naive(const Data& data, std::span<const float> query, std::size_t k,
                         const std::function<bool(const Row&)>& wanted) {
  std::vector<std::pair<float, Label>> all;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    if (!wanted(data.rows[i])) continue;
    all.emplace_back(-dot_baseline(query.data(), &data.vectors[i * data.dim], data.dim),
                     data.rows[i].label);
  }
  std::ranges::sort(all);
  std::vector<Label> labels;
  for (const auto& [distance, label] : all) {
    if (labels.size() < k) labels.push_back(label);
  }
  return labels;
}

std::vector<Label> labels_of(const std::vector<Hit>& hits) {
  std::vector<Label> labels;
  for (const Hit& hit : hits) labels.push_back(hit.label);
  return labels;
}

bool any(const Row&) { return true; }

TEST(ExactIndex, FindsWhatANaiveLoopFinds) {
  const Data data = random_data(500, 37, 1);
  const auto index = index_of(data);
  const auto odd_scope = [](const Row& row) { return row.scope == 1 && row.kind != 2; };
  for (std::size_t q = 0; q < 20; ++q) {
    const auto query = index->vector(q * 7);
    for (const std::size_t k : {0UL, 1UL, 10UL, 499UL, 500UL, 10'000UL}) {
      EXPECT_EQ(labels_of(index->search(query, k, any)), naive(data, query, k, any));
      EXPECT_EQ(labels_of(index->search(query, k, odd_scope)), naive(data, query, k, odd_scope));
    }
    EXPECT_NEAR(index->search(query, 1, {}).front().similarity, 1.0, 1e-5);
  }
}

TEST(ExactIndex, OrdersEqualSimilaritiesByLabel) {
  const auto index = ExactIndex::build({{9}, {4}, {7}}, {1, 0, 1, 0, 1, 0}, 2, 1);
  EXPECT_EQ(labels_of(index->search(std::vector<float>{1, 0}, 2, any)), (std::vector<Label>{4, 7}));
}

TEST(ExactIndex, FindsNothingForQueriesItCannotCompare) {
  const auto index = index_of(random_data(10, 8, 2));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(index->search(std::vector<float>(8, nan), 5, any).empty());
  EXPECT_TRUE(index->search(std::vector<float>(7, 0.1F), 5, any).empty());
  EXPECT_TRUE(index->search({}, 5, any).empty());
  EXPECT_TRUE(
      index->search(std::vector<float>(8, 0.1F), 5, [](const Row&) { return false; }).empty());
  EXPECT_TRUE(ExactIndex::build({}, {}, 8, 0)->search(std::vector<float>(8, 1), 5, any).empty());
}

TEST(ExactIndex, SkipsVectorsThatAreNotNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto index = ExactIndex::build({{1}, {2}, {3}}, {nan, 0, 1, 0, 0, 1}, 2, 1);
  EXPECT_EQ(labels_of(index->search(std::vector<float>{1, 0}, 9, any)), (std::vector<Label>{2, 3}));
}

// ------------------------------------------------------------------ published file

class IndexFile : public ::testing::Test {
 protected:
  IndexFile()
      : directory_(fs::path(::testing::TempDir()) /
                   ("hardwon-index-" +
                    std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(directory_);
  }
  ~IndexFile() override { fs::remove_all(directory_); }

  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  fs::path directory_;
};

TEST_F(IndexFile, HoldsWhatWasPublished) {
  const Data data = random_data(50, 19, 3);
  ASSERT_TRUE(index_of(data, 42)->publish(directory_, "test/1"));
  const auto opened = ExactIndex::open(directory_, "test/1");
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(opened->covers(), 42);
  EXPECT_EQ(opened->size(), 50U);
  EXPECT_EQ(opened->dim(), 19U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(opened->rows()[i].label, data.rows[i].label);
    EXPECT_EQ(opened->rows()[i].scope, data.rows[i].scope);
    EXPECT_EQ(opened->rows()[i].kind, data.rows[i].kind);
    EXPECT_EQ(opened->vector(i)[18], data.vectors[i * 19 + 18]);
  }
  EXPECT_TRUE(ExactIndex::verify(directory_, "test/1"));
}

TEST_F(IndexFile, HasTheLayoutThatTheFormatPageStates) {
  const auto index = ExactIndex::build({{5, 6, 2}, {8, 9, 3}}, {1, 0, 0, 0, 1, 0}, 3, 77);
  ASSERT_TRUE(index->publish(directory_, "lexical/1"));
  const std::string bytes = read(directory_ / "exact-77.idx");
  ASSERT_EQ(bytes.size(), 192U + 24U);
  const auto u32 = [&](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
  };
  const auto u64 = [&](std::size_t at) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, 8);
    return value;
  };
  EXPECT_EQ(bytes.substr(0, 8), std::string("HWEXACT\0", 8));
  EXPECT_EQ(u32(8), 1U);     // version
  EXPECT_EQ(u32(12), 128U);  // header bytes
  EXPECT_EQ(u32(16), 3U);    // dim
  EXPECT_EQ(u32(20), 24U);   // row bytes
  EXPECT_EQ(u64(24), 2U);    // rows
  EXPECT_EQ(u64(32), 77U);   // covers
  EXPECT_EQ(u64(40), 192U);  // vectors offset: 128 + 48 = 176, rounded up
  EXPECT_EQ(u64(48), bytes.size());
  EXPECT_EQ(u64(56), hash64(std::string_view(bytes).substr(128)));
  EXPECT_EQ(bytes.substr(64, 10), std::string("lexical/1\0", 10));
  EXPECT_EQ(u64(112), 0U);
  EXPECT_EQ(u64(120), hash64(std::string_view(bytes).substr(0, 120)));
  EXPECT_EQ(u64(128), 5U);  // first row: label, scope, kind
  EXPECT_EQ(u64(136), 6U);
  EXPECT_EQ(u64(144), 2U);
  EXPECT_EQ(u32(192), 0x3f800000U);  // 1.0F
}

TEST_F(IndexFile, IsTheSameBytesForTheSameContent) {
  const Data data = random_data(20, 8, 4);
  ASSERT_TRUE(index_of(data, 5)->publish(directory_, "test/1"));
  const std::string first = read(directory_ / "exact-5.idx");
  ASSERT_TRUE(ExactIndex::open(directory_, "test/1")->publish(directory_, "test/1"));
  EXPECT_EQ(read(directory_ / "exact-5.idx"), first);
}

TEST_F(IndexFile, ReplacesOlderOnesAndLeavesReadersTheirs) {
  ASSERT_TRUE(index_of(random_data(10, 8, 5), 9)->publish(directory_, "test/1"));
  const auto older = ExactIndex::open(directory_, "test/1");
  ASSERT_TRUE(index_of(random_data(12, 8, 6), 10)->publish(directory_, "test/1"));
  EXPECT_EQ(names(), std::vector<std::string>{"exact-10.idx"});
  EXPECT_EQ(older->search(older->vector(3), 1, any).front().label, older->rows()[3].label);
  // A slower publisher does not take the newer one away.
  ASSERT_TRUE(index_of(random_data(11, 8, 7), 8)->publish(directory_, "test/1"));
  EXPECT_EQ(ExactIndex::open(directory_, "test/1")->covers(), 10);
}

TEST_F(IndexFile, RemovesTemporaryFilesOfDeadPublishersOnly) {
  fs::create_directories(directory_);
  write(directory_ / "exact-1.123.tmp", "old");
  write(directory_ / "exact-2.124.tmp", "young");
  fs::last_write_time(directory_ / "exact-1.123.tmp",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  ASSERT_TRUE(index_of(random_data(2, 4, 8), 3)->publish(directory_, "test/1"));
  EXPECT_EQ(names(), (std::vector<std::string>{"exact-2.124.tmp", "exact-3.idx"}));
}

TEST_F(IndexFile, IsNotOpenedWhenThereIsNoneOrAnotherEmbedderMadeIt) {
  EXPECT_EQ(ExactIndex::open(directory_, "test/1"), nullptr);
  EXPECT_TRUE(ExactIndex::verify(directory_, "test/1"));
  ASSERT_TRUE(index_of(random_data(3, 4, 9))->publish(directory_, "test/1"));
  EXPECT_EQ(ExactIndex::open(directory_, "test/2"), nullptr);
  EXPECT_EQ(ExactIndex::open(directory_, "test"), nullptr);
}

TEST_F(IndexFile, IsNotOpenedWhenTruncatedAnywhereOrGrown) {
  ASSERT_TRUE(index_of(random_data(4, 4, 10))->publish(directory_, "test/1"));
  const fs::path path = directory_ / "exact-1.idx";
  const std::string whole = read(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(path, whole.substr(0, size));
    ASSERT_EQ(ExactIndex::open(directory_, "test/1"), nullptr) << size;
    ASSERT_FALSE(ExactIndex::verify(directory_, "test/1")) << size;
  }
  write(path, whole + "x");
  EXPECT_EQ(ExactIndex::open(directory_, "test/1"), nullptr);
}

TEST_F(IndexFile, NoticesEveryFlippedByte) {
  ASSERT_TRUE(index_of(random_data(4, 4, 11))->publish(directory_, "test/1"));
  const fs::path path = directory_ / "exact-1.idx";
  const std::string whole = read(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    write(path, flipped);
    const auto verified = ExactIndex::verify(directory_, "test/1");
    ASSERT_FALSE(verified) << at;
    EXPECT_EQ(verified.error().code, ErrorCode::kCorruption);
    EXPECT_EQ(verified.error().path, path.string());
    if (at < 128) {  // the header is checked at each opening
      ASSERT_EQ(ExactIndex::open(directory_, "test/1"), nullptr) << at;
    } else if (const auto opened = ExactIndex::open(directory_, "test/1")) {
      opened->search(std::vector<float>(4, 0.5F), 4, any);  // harmless
    }
  }
}

TEST_F(IndexFile, OfANewerVersionIsNotOpened) {
  ASSERT_TRUE(index_of(random_data(4, 4, 12))->publish(directory_, "test/1"));
  const fs::path path = directory_ / "exact-1.idx";
  std::string bytes = read(path);
  bytes[8] = 2;
  const std::uint64_t hash = hash64(std::string_view(bytes).substr(0, 120));
  std::memcpy(bytes.data() + 120, &hash, 8);
  write(path, bytes);
  EXPECT_EQ(ExactIndex::open(directory_, "test/1"), nullptr);
  const auto verified = ExactIndex::verify(directory_, "test/1");
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().message, "version 2, expected 1");
}

TEST_F(IndexFile, FallsBackToAnOlderSoundOne) {
  ASSERT_TRUE(index_of(random_data(4, 4, 13), 5)->publish(directory_, "test/1"));
  write(directory_ / "exact-6.idx", "rubbish");
  write(directory_ / "exact-.idx", "rubbish");
  write(directory_ / "exact-99999999999999999999.idx", "rubbish");
  fs::create_directory(directory_ / "exact-7.idx");
  const auto opened = ExactIndex::open(directory_, "test/1");
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(opened->covers(), 5);
}

TEST_F(IndexFile, ThatCannotBeWrittenIsAnIoErrorWithItsPath) {
  write(directory_, "a file where the folder should be");
  const auto result = index_of(random_data(2, 4, 14))->publish(directory_, "test/1");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_EQ(result.error().path, directory_.string());
  EXPECT_EQ(ExactIndex::open(directory_, "test/1"), nullptr);
}

TEST_F(IndexFile, MayHoldNothing) {
  ASSERT_TRUE(ExactIndex::build({}, {}, 4, 0)->publish(directory_, "test/1"));
  const auto opened = ExactIndex::open(directory_, "test/1");
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(opened->size(), 0U);
  EXPECT_TRUE(ExactIndex::verify(directory_, "test/1"));
}

}  // namespace
}  // namespace hardwon::vector
