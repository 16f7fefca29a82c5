#include "base/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace hardwon {
namespace {

TEST(Base64, TheVectorsOfTheRfc) {  // RFC 4648, section 10
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, digits] : vectors) {
    EXPECT_EQ(encode_base64(bytes), digits);
    EXPECT_EQ(decode_base64(digits), bytes);
  }
}

TEST(Base64, WhatIsEncodedIsDecoded) {
  rc::check(
      [](const std::string& bytes) { RC_ASSERT(decode_base64(encode_base64(bytes)) == bytes); });
}

}  // namespace
}  // namespace hardwon
