#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"

namespace hardwon {
namespace {

TEST(Crc32c, GivesTheCheckValuesOfItsDefinition) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c_portable("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(""), 0U);
  // RFC 3720, B.4: 32 bytes of zeros, of ones, ascending.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending.push_back(c);
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
}

TEST(Crc32c, IsTheSameWithAndWithoutTheInstruction) {
  Rng rng(1);
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(rng.next()));
  for (int round = 0; round < 2000; ++round) {
    const std::size_t from = rng.below(64), size = rng.below(bytes.size() - from);
    const std::string_view part = std::string_view(bytes).substr(from, size);
    const auto before = static_cast<std::uint32_t>(rng.next());
    ASSERT_EQ(crc32c(part, before), crc32c_portable(part, before)) << from << " " << size;
  }
}

TEST(Crc32c, OfPiecesIsThatOfTheWhole) {
  const std::string text = "what follows goes on from what came before";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view whole = text;
    EXPECT_EQ(crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))), crc32c(whole));
  }
}

TEST(Crc32c, MaskIsReversibleAndLeavesNothingInPlace) {
  const std::uint32_t crc = crc32c("foo"), masked = crc32c_masked(crc);
  EXPECT_NE(masked, crc);
  const std::uint32_t rotated = masked - 0xa282ead8U;
  EXPECT_EQ((rotated << 15) | (rotated >> 17), crc);
}

}  // namespace
}  // namespace hardwon
