#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

namespace hardwon {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
};

// Lets no file of this process grow beyond `bytes` while it lives: a full disk for one test.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : previous_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = previous_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    std::signal(SIGXFSZ, previous_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit previous_{};
  void (*previous_handler_)(int);
};

TEST_F(Files, ReadsWhatWasWritten) {
  const std::string bytes = std::string("a\0b\n", 4) + std::string(200'000, 'x');
  ASSERT_TRUE(write_file_atomically(directory_ / "file", bytes));
  EXPECT_EQ(read_file(directory_ / "file", 1'000'000), bytes);
  ASSERT_TRUE(write_file_atomically(directory_ / "file", ""));
  EXPECT_EQ(read_file(directory_ / "file", 0), "");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, GivesANewFileItsModeWhateverTheUmask) {
  const ::mode_t previous = ::umask(0077);
  ASSERT_TRUE(write_file_atomically(directory_ / "file", "x", {.mode = 0644}));
  ::umask(previous);
  EXPECT_EQ(fs::status(directory_ / "file").permissions(), fs::perms{0644});
}

TEST_F(Files, RefusesMoreThanTheLimit) {
  ASSERT_TRUE(write_file_atomically(directory_ / "file", "12345"));
  EXPECT_EQ(read_file(directory_ / "file", 5), "12345");
  const auto refused = read_file(directory_ / "file", 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().path, (directory_ / "file").string());
}

TEST_F(Files, RefusesAnEndlessFileAtTheLimit) {
  const auto refused = read_file("/dev/zero", 1'000'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

TEST_F(Files, NamesPathAndReasonOfAnError) {
  const auto missing = read_file(directory_ / "none", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_EQ(missing.error().path, (directory_ / "none").string());
  EXPECT_EQ(missing.error().message, "cannot read: No such file or directory");

  const auto directory = read_file(directory_, 10);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kInvalidArgument);

  std::ofstream(directory_ / "file") << "x";
  for (const Result<void>& written : {write_file_atomically(directory_ / "file" / "below", "x"),
                                      append_line(directory_ / "file" / "below", "x"),
                                      write_file_atomically(directory_ / "none" / "below", "x")}) {
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kIo);
    EXPECT_TRUE(written.error().path.ends_with("below"));
  }
  EXPECT_FALSE(list_files(directory_ / "none"));
}

TEST_F(Files, KeepsTheOldContentWhenTheDiskIsFull) {
  ASSERT_TRUE(write_file_atomically(directory_ / "file", "old"));
  {
    const FullDisk full(100);
    const auto written = write_file_atomically(directory_ / "file", std::string(1000, 'x'));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kIo);
    EXPECT_TRUE(written.error().message.contains("disk full")) << written.error().message;
  }
  EXPECT_EQ(read_file(directory_ / "file", 100), "old");
  EXPECT_EQ(entries(), 1U) << "the temporary file was left behind";
}

TEST_F(Files, TakesBackALineThatTheDiskCutOff) {
  ASSERT_TRUE(append_line(directory_ / "log", "first"));
  {
    const FullDisk full(20);
    const auto appended = append_line(directory_ / "log", std::string(100, 'x'));
    ASSERT_FALSE(appended);
    EXPECT_TRUE(appended.error().message.contains("disk full"));
  }
  ASSERT_TRUE(append_line(directory_ / "log", "second"));
  EXPECT_EQ(read_file(directory_ / "log", 100), "first\nsecond\n");
}

TEST_F(Files, SaysThatTheDiskIsFull) {
  const auto appended = append_line("/dev/full", "x");
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().message, "cannot append: disk full: No space left on device");
  EXPECT_EQ(appended.error().path, "/dev/full");
}

TEST_F(Files, AppendsDurablyAndCreatesPrivately) {
  ASSERT_TRUE(append_line(directory_ / "log", "one", {.mode = 0600, .durable = true}));
  ASSERT_TRUE(append_line(directory_ / "log", "", {.mode = 0600, .durable = true}));
  EXPECT_EQ(read_file(directory_ / "log", 100), "one\n\n");
  EXPECT_EQ(fs::status(directory_ / "log").permissions(), fs::perms{0600});
}

TEST_F(Files, MixesNoLinesOfManyWriters) {
  constexpr int kWriters = 8, kLines = 200;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([this, writer] {
        const std::string line(static_cast<std::size_t>(500 + writer),
                               static_cast<char>('a' + writer));
        for (int i = 0; i < kLines; ++i) ASSERT_TRUE(append_line(directory_ / "log", line));
      });
    }
  }
  std::ifstream log(directory_ / "log");
  int lines = 0;
  for (std::string line; std::getline(log, line); ++lines) {
    ASSERT_FALSE(line.empty());
    const auto writer = static_cast<std::size_t>(line[0] - 'a');
    EXPECT_EQ(line, std::string(500 + writer, line[0]));
  }
  EXPECT_EQ(lines, kWriters * kLines);
}

TEST_F(Files, ShowsReadersOldOrNewContentNeverAPart) {
  const std::string a(100'000, 'a'), b(50'000, 'b');
  ASSERT_TRUE(write_file_atomically(directory_ / "file", a));
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(write_file_atomically(directory_ / "file", i % 2 == 0 ? b : a,
                                        {.mode = 0600, .durable = false}));
    }
    stop = true;
  });
  while (!stop) {
    const auto read = read_file(directory_ / "file", 200'000);
    ASSERT_TRUE(read);
    ASSERT_TRUE(*read == a || *read == b) << read->size();
  }
}

TEST_F(Files, ListsRegularFilesSorted) {
  for (const char* name : {"b", "a", ".c"}) std::ofstream(directory_ / name) << name;
  fs::create_directories(directory_ / "d" / "e");
  const auto files = list_files(directory_);
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, (std::vector<fs::path>{directory_ / ".c", directory_ / "a", directory_ / "b"}));
}

}  // namespace
}  // namespace hardwon
