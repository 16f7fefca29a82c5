#include "learn/grouping.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

namespace hardwon::learn {
namespace {

// Two wordings of one situation each; wordings of different pairs are different situations.
const std::pair<const char*, const char*> kPairs[] = {
    {"check token expiry", "verify token is expired"},
    {"check if the config file exists", "verify configuration file is present"},
    {"validate user input", "ensure the user input is valid"},
    {"check database connection", "verify that the db is connected"},
    {"verify the checksum of the archive", "check archive checksum"},
    {"check disk space", "ensure enough disk space is free"},
    {"validate the JSON schema of the request", "check request JSON against schema"},
    {"check whether the lock is held", "determine if the lock is held"},
    {"verify email address format", "validate format of the email"},
    {"check rate limit", "decide whether the rate limit is reached"},
    {"verify payment amount", "check the amount of the payment"},
    {"ensure the cache is warm", "check if the cache is warm"},
    {"check user permissions", "verify that the user is authorised"},
    {"validate the order total", "check total of the order"},
    {"verify the certificate chain", "check the chain of certificates"},
    {"check if migrations are pending", "determine pending migrations"},
    {"check seat availability on the flight", "verify the flight has seats available"},
    {"verify the refund policy applies", "check whether the refund policy applies"},
    {"check that the service responds", "verify service response"},
    {"validate the signature of the webhook", "check webhook signature"},
    {"check for duplicate invoices", "verify that invoices are not duplicated"},
    {"verify the backup completed", "check backup completed"},
    {"check the queue length", "determine length of the queue"},
    {"ensure the branch is up to date", "check branch is up to date"},
    {"check the price against the budget", "verify the price is within budget"},
    {"check memory usage", "verify the usage of memory"},
    {"validate passenger names", "check the names of the passengers"},
    {"check baggage allowance", "verify allowed baggage"},
    {"determine the node version", "check which version of node runs"},
    {"verify the feature flag is on", "check feature flag"},
    {"check the date range of the report", "validate report date range"},
    {"ensure the index was built", "verify that the index is built"},
};

// Written after the grouping was done and not used to improve it.
const std::pair<const char*, const char*> kFreshPairs[] = {
    {"check whether the invoice is paid", "verify payment of the invoice"},
    {"verify the parcel was shipped", "check if the parcel has been shipped"},
    {"ensure the port is free", "check that nothing listens on the port"},
    {"validate phone number", "check the phone number is valid"},
    {"check the license header", "verify each file has a license header"},
    {"determine the operating system", "check which OS is running"},
    {"verify the user owns the reservation", "check reservation belongs to the user"},
    {"check battery level", "verify level of the battery"},
    {"ensure the session is alive", "verify session is still active"},
    {"check for null pointer", "verify the pointer is not null"},
    {"decide if retry is needed", "determine whether a retry is needed"},
    {"verify the coupon code", "validate coupon code"},
    {"check the log for warnings", "look whether warnings are in the log"},
    {"verify file encoding is UTF-8", "check the encoding of the file"},
    {"check that the build is reproducible", "verify reproducible builds"},
    {"validate the address of the customer", "check customer address"},
};

struct Score {
  double precision = 0, recall = 0;
  double f1() const {
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
  }
};

using Pairs = std::span<const std::pair<const char*, const char*>>;

template <typename Alike>
Score pair_score(Pairs pairs, Alike alike) {
  std::vector<std::string> texts;
  for (const auto& [a, b] : pairs) texts.emplace_back(a), texts.emplace_back(b);
  const auto groups = groups_of(
      texts.size(), [&](std::size_t i, std::size_t j) { return alike(texts[i], texts[j]); });
  double together = 0, right = 0;
  for (const auto& group : groups) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      for (std::size_t j = i + 1; j < group.size(); ++j) {
        ++together;
        if (group[i] / 2 == group[j] / 2) ++right;
      }
    }
  }
  return {.precision = together == 0 ? 1 : right / together,
          .recall = right / static_cast<double>(pairs.size())};
}

TEST(Grouping, JoinsParaphrasesThatExactStringsKeepApart) {
  EXPECT_GE(std::size(kPairs), 30U);
  const Score ours = pair_score(kPairs, [](const std::string& a, const std::string& b) {
    return same_condition(meaning_of(a), meaning_of(b));
  });
  const Score exact =
      pair_score(kPairs, [](const std::string& a, const std::string& b) { return a == b; });
  RecordProperty("pair_f1", std::to_string(ours.f1()));
  RecordProperty("pair_f1_exact", std::to_string(exact.f1()));
  std::printf("pair-F1 %.3f (precision %.3f, recall %.3f); exact strings %.3f\n", ours.f1(),
              ours.precision, ours.recall, exact.f1());
  const Score fresh = pair_score(kFreshPairs, [](const std::string& a, const std::string& b) {
    return same_condition(meaning_of(a), meaning_of(b));
  });
  std::printf("fresh pairs: pair-F1 %.3f (precision %.3f, recall %.3f)\n", fresh.f1(),
              fresh.precision, fresh.recall);
  EXPECT_GE(fresh.f1(), 0.60);
  EXPECT_GE(ours.f1(), 0.80);
  EXPECT_EQ(exact.f1(), 0.0);
}

TEST(Grouping, KeepsDifferentConditionsApart) {
  const std::pair<const char*, const char*> different[] = {
      {"check token expiry", "check token format"},
      {"verify user email", "verify user password"},
      {"check the price of the flight", "check the date of the flight"},
      {"I should search Alpha and see if it is a film",
       "I should search Beta and see if it is a film"},
      {"validate the JSON schema", "validate the XML signature"},
  };
  for (const auto& [a, b] : different) {
    EXPECT_FALSE(same_condition(meaning_of(a), meaning_of(b))) << a << " / " << b;
  }
}

TEST(Meaning, ABareNoForbidsAndAnAnsweringNoDoesNot) {
  EXPECT_TRUE(meaning_of("No comment above functions, every time.").forbids);
  EXPECT_TRUE(meaning_of("no default exports").forbids);
  EXPECT_FALSE(meaning_of("no, use pnpm").forbids);
  EXPECT_FALSE(meaning_of("no use pnpm").forbids);
  EXPECT_TRUE(meaning_of("no, never use npm").forbids);
}

TEST(Instructions, AreTheSameInOtherWordsButNotWhenOpposite) {
  const std::pair<const char*, const char*> same[] = {
      {"no, use pnpm", "I said pnpm, not npm"},
      {"Don't mock the database in tests.", "stop mocking the database in the tests"},
      {"always run the linter before committing", "Please run linter before you commit"},
      {"never push to the release branch", "don't push to release"},
      {"use British spelling in comments", "comments should use British spelling"},
  };
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(same_instruction(meaning_of(a), meaning_of(b))) << a << " / " << b;
  }
  const std::pair<const char*, const char*> different[] = {
      {"use tabs", "don't use tabs"},
      {"use the new parser", "use the new theme"},
      {"we do container-first.", "let's use apple container instead of docker proper."},
      {"don't change the tests", "don't run the tests"},
      {"always add a test", "always add a comment"},
  };
  for (const auto& [a, b] : different) {
    EXPECT_FALSE(same_instruction(meaning_of(a), meaning_of(b))) << a << " / " << b;
  }
}

// The index compares numbers and looks only at who shares a word; comparing every pair as text
// gives the same.
TEST(MeaningIndex, FindsThePairsThatComparingAllFinds) {
  const std::vector<std::string> pieces = {
      "use",  "tabs", "never",      "80",   "100",        "columns", "tests", "run", "code",
      "pnpm", "not",  "instead of", "file", "the parser", "don't",   "login", "db",  "page"};
  std::size_t same = 0;
  const bool held = rc::check([&] {
    std::vector<Meaning> meanings(static_cast<std::size_t>(*rc::gen::inRange(0, 30)));
    std::vector<const Meaning*> given;
    for (Meaning& meaning : meanings) {
      std::string text;
      for (int i = 0, n = *rc::gen::inRange(0, 7); i < n; ++i) {
        text += *rc::gen::elementOf(pieces) + " ";
      }
      meaning = meaning_of(text);
      given.push_back(&meaning);
    }
    const auto shared_max = static_cast<std::size_t>(*rc::gen::inRange(0, 12));
    std::map<std::string, std::size_t> having;
    for (const Meaning& meaning : meanings) {
      for (const std::string& stem : meaning.stems) ++having[stem];
    }
    std::set<std::pair<std::size_t, std::size_t>> expected, found;
    for (std::size_t i = 0; i < meanings.size(); ++i) {
      for (std::size_t k = i + 1; k < meanings.size(); ++k) {
        const bool share = std::ranges::any_of(meanings[i].stems, [&](const std::string& stem) {
          return meanings[k].stems.contains(stem) && having[stem] <= shared_max;
        });
        if (share) expected.emplace(i, k);
      }
    }
    const MeaningIndex index(given);
    index.each_sharing(shared_max, [&](std::size_t i, std::span<const std::uint32_t> later) {
      RC_ASSERT(std::ranges::is_sorted(later));
      for (const std::size_t k : later) found.emplace(i, k);
    });
    RC_ASSERT(found == expected);
    for (std::size_t i = 0; i < meanings.size(); ++i) {
      for (std::size_t k = 0; k < meanings.size(); ++k) {
        const bool now = index.same_instruction(i, k);
        RC_ASSERT(now == same_instruction(meanings[i], meanings[k]));
        same += now && i != k ? 1U : 0U;
      }
    }
  });
  EXPECT_TRUE(held);
  EXPECT_GT(same, 100U) << "else it compares nothing";
}

TEST(Groups, DoNotDependOnOrder) {
  const auto near = [](int a, int b) { return std::abs(a - b) <= 1; };
  const std::vector<int> values = {9, 1, 5, 2, 8, 3};
  const auto groups = groups_of(
      values.size(), [&](std::size_t i, std::size_t j) { return near(values[i], values[j]); });
  EXPECT_EQ(groups, (std::vector<std::vector<std::size_t>>{{0, 4}, {1, 3, 5}, {2}}));
}

}  // namespace
}  // namespace hardwon::learn
