#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "learn/learn.h"
#include "learn/sample_test.h"

namespace hardwon::learn {
namespace {

struct Turn {
  Speaker speaker = Speaker::kPerson;
  std::string text;
};
constexpr auto kPerson = Speaker::kPerson;
constexpr auto kAgent = Speaker::kAgent;
using Chat = std::vector<Turn>;

// day < 0: no times.
std::vector<Observation> observed(const std::string& session, const Chat& chat, int day = 0,
                                  std::string_view agent = "transcript") {
  std::vector<Segment> segments;
  for (const Turn& turn : chat) {
    Segment segment;
    segment.session = content_id<SessionId>({session});
    segment.index = static_cast<std::uint32_t>(segments.size());
    segment.id = content_id<ItemId>({session, std::to_string(segment.index)});
    segment.speaker = turn.speaker;
    segment.text = turn.text;
    if (day >= 0) segment.time = sample::minute(day * 1440 + static_cast<int>(segments.size()));
    segment.line = 1;
    segments.push_back(segment);
  }
  return observe_transcript(segments, agent, session + ".json");
}

std::vector<Lesson> decisions(const std::vector<std::vector<Observation>>& parts) {
  std::vector<Observation> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  sample::Learned learned = sample::reduce_all(std::move(all));
  return learned.of(LessonKind::kDecision);
}

std::string text_of(const Lesson& lesson) { return std::get<Decision>(lesson.payload).text; }

TEST(Agreement, AQuestionAndItsAnswerAreADecision) {
  const auto found = decisions({observed(
      "s", {{kPerson, "Our uploads keep failing on slow links and I want that sorted out."},
            {kAgent, "How many times should an upload be retried before it is given up?"},
            {kPerson, "Retry it three times, then always report the failure to the user."},
            {kAgent, "Got it: an upload is retried three times, then the failure is reported."}})});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(text_of(found[0]).contains("Retry it three times")) << text_of(found[0]);
  EXPECT_TRUE(found[0].when.condition.contains("uploads keep failing"));
  ASSERT_EQ(found[0].provenance.size(), 2U);  // the person's words, and the recap
  EXPECT_EQ(found[0].provenance[0].path, "s.json");
  EXPECT_EQ(found[0].status, LessonStatus::kActive);
  EXPECT_TRUE(found[0].superseded_by.empty());
}

TEST(Agreement, AChoiceAmongOptionsIsADecision) {
  const auto found = decisions({observed(
      "s", {{kPerson, "The nightly export locks the orders table for minutes."},
            {kAgent, "Option A: export from the replica. Option B: export in batches. Which?"},
            {kPerson, "Option A. Exports must always read from the replica, never the primary."},
            {kAgent, "Settled: every export reads from the replica, never from the primary."}})});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].statement.contains("replica")) << found[0].statement;
  EXPECT_FALSE(text_of(found[0]).contains("batches")) << text_of(found[0]);
}

TEST(Agreement, ACorrectionOverSeveralTurnsJoinsThem) {
  const auto found = decisions({observed(
      "s", {{kPerson, "Customers complain about double invoices."},
            {kAgent, "Should I skip the second invoice of a day?"},
            {kPerson, "No, only skip it when the amount is the same."},
            {kAgent, "So the same amount on the same day is skipped. What about refunds?"},
            {kPerson, "Refunds must never be skipped."},
            {kAgent,
             "Understood: the second invoice of a day is skipped only when the amount is "
             "the same, and refunds are never skipped."}})});
  ASSERT_EQ(found.size(), 1U);
  const std::string text = text_of(found[0]);
  EXPECT_TRUE(text.contains("same")) << text;
  EXPECT_TRUE(text.contains("Refunds must never be skipped")) << text;
}

TEST(Agreement, ARecapOfSomethingElseIsNotTheirs) {
  const auto found = decisions(
      {observed("s", {{kPerson, "The search page is slow."},
                      {kAgent, "How long may a search take before we cut it off?"},
                      {kPerson, "A search must never take more than two seconds."},
                      {kAgent, "Got it. The weather in the harbour stays pleasant and sunny."}})});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(text_of(found[0]).contains("weather")) << text_of(found[0]);
}

TEST(Agreement, ChatterDecidesNothing) {
  for (const Chat& chat :
       {Chat{{kPerson, "Hello there, how are you?"},
             {kAgent, "Fine, and you?"},
             {kPerson, "Thanks, great!"},
             {kAgent, "Good."}},
        Chat{{kPerson, "What does this function do?"},
             {kAgent, "It parses the header of a file."},
             {kPerson, "Thank you, that helps."}},
        Chat{{kPerson, "Please summarise the log."}, {kAgent, "Here is the summary."}}, Chat{},
        Chat{{kAgent, "Got it: we always use tabs."}}}) {
    EXPECT_TRUE(decisions({observed("s", chat)}).empty());
  }
}

TEST(Agreement, OnlyPersonsDecide) {
  for (const Speaker speaker : {Speaker::kTool, Speaker::kHarness, Speaker::kSubAgent}) {
    EXPECT_TRUE(decisions({observed("s", {{kPerson, "The uploads fail."},
                                          {kAgent, "How many times should an upload be retried?"},
                                          {speaker, "Always retry an upload three times."},
                                          {kAgent, "Got it: an upload is retried three times."}})})
                    .empty());
  }
}

// Two answers of one work log: in plain chats they would be one matter.
std::vector<Lesson> decided_at_work() {
  const Chat chat{
      {kPerson, "Please look at the exporter."},
      {kAgent, "Should the exporter keep its native dependencies?"},
      {kPerson, "No, we never use native dependencies in the exporter package."},
      {kAgent, "Got it. The **pure exporter** is lovely. Native packages:\n- ❌ brittle"},
      {kAgent, "Where should the fixtures live?"},
      {kPerson,
       "I don't know for sure if we want to keep the fixtures at all. Test "
       "fixtures always live in `tests/fixtures`, one folder per module."},
      {kAgent, "Understood, moving them."}};
  return decisions({observed("s", chat, 0, "claude-code")});
}

TEST(Agreement, AmongWorkEachAnswerIsADecisionOfItsOwn) {
  const auto found = decided_at_work();
  ASSERT_EQ(found.size(), 2U);
  for (const Lesson& lesson : found) {
    EXPECT_EQ(lesson.provenance.size(), 1U);
    EXPECT_EQ(text_of(lesson), lesson.statement);
    EXPECT_TRUE(lesson.when.condition == "Should the exporter keep its native dependencies?" ||
                lesson.when.condition == "Where should the fixtures live?")
        << lesson.when.condition;
  }
}

TEST(Agreement, AmongWorkAQuestionOfAnotherMatterIsNoCondition) {
  const auto condition = [](const char* asked, const char* said) {
    const auto found = decisions({observed(
        "s", {{kPerson, "Please look at the exporter."}, {kAgent, asked}, {kPerson, said}}, 0,
        "claude-code")});
    EXPECT_EQ(found.size(), 1U) << said;
    return found.empty() ? std::string() : found[0].when.condition;
  };
  const char* never = "We never want native dependencies in the exporter package.";
  EXPECT_EQ(condition("What worries you most here?", never), "");
  EXPECT_EQ(condition("Which dependencies may it have?", never), "Which dependencies may it have?");
  EXPECT_EQ(condition("Which package manager?", "Always use pnpm in this repo."),
            "Which package manager?");
}

TEST(Agreement, AmongWorkAReportOfTroubleIsNoDecision) {
  const char* said =
      "Keeping the exporter fast is hard to do with every customer using another driver.";
  EXPECT_TRUE(decisions({observed("s",
                                  {{kPerson, "Please look at the exporter."},
                                   {kAgent, "What worries you most here?"},
                                   {kPerson, said}},
                                  0, "claude-code")})
                  .empty());
}

TEST(Agreement, AnAnswerThatBindsNeedsNoCertainty) {
  const auto found =
      decisions({observed("s", {{kPerson, "The search page is slow."},
                                {kAgent, "How long may a search take?"},
                                {kPerson, "A lookup must never take longer than 2 s."}})});
  EXPECT_EQ(found.size(), 1U);
}

TEST(Agreement, AmongWorkTheAgentsWordsAreNoPartOfIt) {
  for (const Lesson& lesson : decided_at_work()) {
    EXPECT_FALSE(lesson.statement.contains("lovely") || lesson.statement.contains("brittle"));
  }
}

TEST(Agreement, AHesitationDecidesNothingAndStatesNothing) {
  for (const char* said :
       {"I don't know for sure if we always want to keep the fixtures in `tests/fixtures`.",
        "I don't think we ever need a Dockerfile for sure.",
        "Docker is one potential option for sure, we never use anything else."}) {
    for (const Observation& o : observed("s",
                                         {{kPerson, "Please look at the exporter."},
                                          {kAgent, "Which layout do you want?"},
                                          {kPerson, said}},
                                         0, "claude-code")) {
      EXPECT_FALSE(o.body_json.contains("for sure")) << o.body_json;
    }
  }
}

TEST(Agreement, AbandonedTurnsDecideNothing) {
  std::vector<Segment> segments(3);
  const char* texts[] = {"The uploads fail.", "How many times should an upload be retried?",
                         "Always retry an upload three times."};
  for (std::size_t i = 0; i < 3; ++i) {
    segments[i].id = content_id<ItemId>({"s", std::to_string(i)});
    segments[i].speaker = i == 1 ? kAgent : kPerson;
    segments[i].text = texts[i];
  }
  EXPECT_EQ(decisions({observe_transcript(segments, "transcript", "s.json")}).size(), 1U);
  segments[2].abandoned = true;
  EXPECT_TRUE(decisions({observe_transcript(segments, "transcript", "s.json")}).empty());
}

// ---------------------------------------------------------------- amendments

struct Pair {
  const char *matter, *question, *answer, *recap;  // what was agreed first
  const char *news, *asked, *amended, *closing;    // and later
};

// Written for this test.
const std::vector<Pair> kPairs = {
    {"Uploads fail on slow links.", "How many times should an upload be retried?",
     "Retry an upload three times at most.", "Got it: an upload is retried three times at most.",
     "I want to amend the upload retry rule.", "What should the retry limit be now?",
     "Retry an upload five times at most.", "Amended: an upload is retried five times at most."},
    {"Sessions stay open for too long.", "When should an idle session end?",
     "An idle session must end after 30 minutes.",
     "Settled: an idle session ends after 30 minutes.", "We changed our minds about idle sessions.",
     "When should an idle session end then?",
     "An idle session must end after 10 minutes, no exceptions.",
     "Got it: an idle session ends after 10 minutes."},
    {"People send huge pictures.", "Which size should we allow for a picture?",
     "A picture may never be larger than 8 MB.", "Understood: pictures of at most 8 MB.",
     "Scratch that picture size limit from spring.", "What is the new size for a picture?",
     "A picture may never be larger than 20 MB.", "Understood: pictures of at most 20 MB."},
    {"Reports differ between offices.", "Which time zone should reports use?",
     "Reports must always use UTC.", "Settled: reports always use UTC.",
     "The old rule on report time zones does not work for the offices.",
     "Which time zone should reports use instead?",
     "Reports must always use the time zone of the office.",
     "Got it: reports use the time zone of the office."},
    {"Discounts are applied twice.", "Should discounts be combined?",
     "Never combine two discounts on one order.",
     "Agreed: two discounts are never combined on one order.",
     "We need an update to the discount policy.", "May discounts be combined now?",
     "Two discounts may be combined on one order, but never three.",
     "Settled: two discounts may be combined on one order, never three."},
    {"Log files fill the disk.", "How long should log files be kept?",
     "Keep log files for 14 days, always.", "Got it: log files are kept for 14 days.",
     "We settled on log files a while back, and the auditors disagree.",
     "How long should log files be kept then?", "Keep log files for 90 days, always.",
     "Got it: log files are kept for 90 days."},
    {"Two people edit one page at once.", "Who wins when both save a page?",
     "The last person to save a page always wins.",
     "Understood: the last person to save a page wins.", "Let us revise the page saving rule.",
     "Who should win when both save a page?",
     "The first person to save a page always wins, the other must merge.",
     "Understood: the first person to save a page wins, the other merges."},
    {"Passwords are too weak.", "How long must a password be?",
     "A password must have at least 8 characters.",
     "Settled: a password has at least 8 characters.",
     "The 8 character password rule is no longer the policy.", "How long must a password be?",
     "A password must have at least 14 characters.",
     "Settled: a password has at least 14 characters."},
    {"The importer stops at bad rows.", "Should the importer skip a bad row?",
     "The importer must always stop at a bad row.",
     "Got it: the importer always stops at a bad row.", "We are overruling our importer decision.",
     "What should the importer do at a bad row?",
     "The importer must skip a bad row and always report it.",
     "Got it: the importer skips a bad row and reports it."},
    {"Invoices arrive late.", "On which day should invoices be sent?",
     "Invoices must always be sent on the first day of the month.",
     "Settled: invoices are sent on the first day of the month.",
     "There is an amendment on invoices.", "On which day should invoices be sent now?",
     "Invoices must always be sent on the last day of the month.",
     "Settled: invoices are sent on the last day of the month."},
    {"Guests order without an account.", "Should guests be able to order?",
     "Guests must never order without an account.",
     "Agreed: guests never order without an account.",
     "This supersedes what we agreed about guests.", "Should guests be able to order?",
     "Guests may order up to 50 euros without an account, never more.",
     "Agreed: guests order up to 50 euros without an account."},
    {"The cache serves old prices.", "How old may a cached price be?",
     "A cached price may never be older than 60 seconds.",
     "Got it: cached prices are at most 60 seconds old.",
     "I have a correction to the cached price limit we agreed.", "How old may a cached price be?",
     "A cached price may never be older than 5 seconds.",
     "Got it: cached prices are at most 5 seconds old."},
    {"Deleted notes are gone for good.", "How long should deleted notes be kept?",
     "Deleted notes must be kept for 7 days.", "Settled: deleted notes are kept for 7 days.",
     "We decided on deleted notes last month, and support wants more.",
     "How long should deleted notes be kept?", "Deleted notes must be kept for 30 days.",
     "Settled: deleted notes are kept for 30 days."},
    {"The map loads slowly.", "How many markers should the map show?",
     "The map must never show more than 200 markers.",
     "Understood: the map shows at most 200 markers.",
     "The previous map marker limit is too small.", "How many markers should the map show?",
     "The map must never show more than 1000 markers.",
     "Understood: the map shows at most 1000 markers."},
    {"Addresses are checked too strictly.", "Should an address without a number pass?",
     "An address without a number must always be refused.",
     "Got it: an address without a number is refused.",
     "I want to reverse the decision on addresses.", "Should an address without a number pass now?",
     "An address without a number must always pass with a warning.",
     "Got it: an address without a number passes with a warning."},
    {"Messages reach people at night.", "When should messages be held back?",
     "Messages must never go out between 22 and 6 o'clock.",
     "Settled: no messages between 22 and 6 o'clock.", "Changes to our rule on night messages.",
     "When should messages be held back?", "Messages must never go out between 20 and 8 o'clock.",
     "Settled: no messages between 20 and 8 o'clock."},
    {"The trial ends without a warning.", "How long should the trial last?",
     "The trial must last exactly 14 days.", "Got it: the trial lasts exactly 14 days.",
     "We changed our mind on the trial.", "How long should the trial last?",
     "The trial must last exactly 30 days.", "Got it: the trial lasts exactly 30 days."},
    {"Orders are shipped in parts.", "Should an order ever be split?",
     "An order must never be split into parcels.", "Agreed: an order is never split into parcels.",
     "The earlier parcel rule does not hold any more.", "Should an order ever be split?",
     "An order may be split into two parcels at most.",
     "Agreed: an order is split into two parcels at most."},
    {"Backups take all night.", "How often should a full backup run?",
     "A full backup must run every day.", "Settled: a full backup runs every day.",
     "The full backup agreement has been amended.", "How often should a full backup run?",
     "A full backup must run every week, and a partial one every day.",
     "Settled: a full backup runs every week, a partial one every day."},
    {"Comments hold abuse.", "How many reports hide a comment?",
     "Hide a comment after three reports, always.",
     "Got it: a comment is hidden after three reports.", "An update to the comment rule, please.",
     "How many reports hide a comment now?", "Hide a comment after one report, always.",
     "Got it: a comment is hidden after one report."},
    {"Prices show odd digits.", "How should prices be rounded?",
     "Prices must always be rounded up to full cents.",
     "Understood: prices are rounded up to full cents.",
     "Let us revisit the original rounding decision for prices.",
     "How should prices be rounded now?",
     "Prices must always be rounded to the nearest cent, half to even.",
     "Understood: prices are rounded to the nearest cent, half to even."},
    {"The queue grows without end.", "How many jobs may wait in the queue?",
     "The queue must never hold more than 1000 jobs.",
     "Settled: the queue holds at most 1000 jobs.",
     "We agreed on the queue limit two weeks ago; it is too low.",
     "How many jobs may wait in the queue?", "The queue must never hold more than 4000 jobs.",
     "Settled: the queue holds at most 4000 jobs."},
};

Chat first_of(const Pair& p) {
  return {{kPerson, p.matter}, {kAgent, p.question}, {kPerson, p.answer}, {kAgent, p.recap}};
}
Chat later_of(const Pair& p) {
  return {{kPerson, p.news}, {kAgent, p.asked}, {kPerson, p.amended}, {kAgent, p.closing}};
}

// Which lesson speaks of the answer; null when none does.
const Lesson* speaking_of(const std::vector<Lesson>& lessons, std::string_view answer) {
  for (const Lesson& lesson : lessons) {
    if (text_of(lesson).contains(answer)) return &lesson;
  }
  return nullptr;
}

// What is wrong with the pair among the lessons; empty when the amendment took the old one's place.
std::string fault(const std::vector<Lesson>& lessons, const Pair& pair, bool times) {
  const Lesson* old = speaking_of(lessons, pair.answer);
  const Lesson* now = speaking_of(lessons, pair.amended);
  if (old == nullptr || now == nullptr) return "not found: " + std::string(pair.matter);
  if (now->status != LessonStatus::kActive || !now->superseded_by.empty()) {
    return "the amendment is not current: " + std::string(pair.news);
  }
  if (old->status != LessonStatus::kRetired || old->superseded_by != now->id) {
    return "the old one stays: " + std::string(pair.news);
  }
  if (old->valid_to.has_value() != times) return "valid_to: " + std::string(pair.news);
  if (times && *old->valid_to < *now->valid_from) return "ends early: " + std::string(pair.news);
  return {};
}

TEST(Agreement, AnAmendmentIsCurrentWhicheverWasImportedFirst) {
  ASSERT_GE(kPairs.size(), 20U);
  for (std::size_t i = 0; i < kPairs.size(); ++i) {
    const Pair& pair = kPairs[i];
    for (const bool times : {true, false}) {
      const auto old = observed("old" + std::to_string(i), first_of(pair), times ? 3 : -1);
      const auto now = observed("now" + std::to_string(i), later_of(pair), times ? 40 : -1);
      EXPECT_EQ(fault(decisions({old, now}), pair, times), "");
      EXPECT_EQ(fault(decisions({now, old}), pair, times), "");
    }
  }
}

TEST(Agreement, AmongAllTheOthersEachAmendmentFindsItsOwn) {
  for (const bool times : {true, false}) {
    std::vector<std::vector<Observation>> all;
    for (std::size_t i = 0; i < kPairs.size(); ++i) {
      const int day = static_cast<int>(i);
      all.push_back(observed("old" + std::to_string(i), first_of(kPairs[i]), times ? day : -1));
      all.push_back(
          observed("now" + std::to_string(i), later_of(kPairs[i]), times ? 40 + day : -1));
    }
    const auto lessons = decisions(all);
    EXPECT_EQ(lessons.size(), 2 * kPairs.size());
    for (const Pair& pair : kPairs) EXPECT_EQ(fault(lessons, pair, times), "");
  }
}

TEST(Agreement, DecisionsOnOtherMattersStayBesideEachOther) {
  std::vector<std::vector<Observation>> firsts;
  for (std::size_t i = 0; i < kPairs.size(); ++i) {
    firsts.push_back(observed("s" + std::to_string(i), first_of(kPairs[i]), static_cast<int>(i)));
  }
  for (const Lesson& lesson : decisions(firsts)) {
    EXPECT_EQ(lesson.status, LessonStatus::kActive) << text_of(lesson);
    EXPECT_TRUE(lesson.superseded_by.empty()) << text_of(lesson);
  }
  // Nor does an amendment of what is not stored take the place of what is.
  for (std::size_t i = 0; i < kPairs.size(); ++i) {
    const Pair& other = kPairs[(i + 1) % kPairs.size()];
    const auto lessons =
        decisions({observed("a", first_of(kPairs[i]), 1), observed("b", later_of(other), 9)});
    ASSERT_EQ(lessons.size(), 2U);
    for (const Lesson& lesson : lessons) {
      EXPECT_EQ(lesson.status, LessonStatus::kActive) << text_of(lesson) << " / " << other.news;
    }
  }
}

TEST(Agreement, AnAmendmentSpeaksOfWhatCameBeforeIt) {
  for (const Pair& pair : kPairs) {
    // Nearer in its words than the old one, but later.
    const std::string again = std::string(pair.amended) + " Always so, in every case.";
    const Chat after = {{kPerson, pair.matter}, {kAgent, pair.asked}, {kPerson, again}};
    const auto lessons =
        decisions({observed("old", first_of(pair), 1), observed("now", later_of(pair), 5),
                   observed("after", after, 9)});
    const Lesson* old = speaking_of(lessons, pair.answer);
    const Lesson* last = speaking_of(lessons, "in every case");
    ASSERT_TRUE(old != nullptr && last != nullptr) << pair.answer;
    EXPECT_EQ(old->status, LessonStatus::kRetired) << pair.answer;
    EXPECT_EQ(last->status, LessonStatus::kActive) << pair.answer;
  }
}

TEST(Agreement, TheLatestOfSeveralAmendmentsIsCurrent) {
  const Pair& pair = kPairs[0];
  Chat third = later_of(pair);
  third[2].text = "Retry an upload nine times at most.";
  third[3].text = "Amended: an upload is retried nine times at most.";
  std::vector<std::vector<Observation>> parts = {
      observed("a", first_of(pair), 1), observed("b", later_of(pair), 5), observed("c", third, 9)};
  for (int i = 0; i < 6; ++i) {
    const auto lessons = decisions(parts);
    ASSERT_EQ(lessons.size(), 3U);
    const Lesson* last = speaking_of(lessons, "nine times");
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->status, LessonStatus::kActive);
    for (const char* old : {"three times", "five times"}) {
      ASSERT_NE(speaking_of(lessons, old), nullptr);
      EXPECT_EQ(speaking_of(lessons, old)->status, LessonStatus::kRetired) << old;
    }
    std::ranges::rotate(parts, parts.begin() + 1 + i % 2);
  }
}

TEST(Agreement, SayingItAgainAfterItsAmendmentMakesItCurrentAgain) {
  const Pair& pair = kPairs[0];
  const Chat again = later_of(pair);
  Chat between = later_of(pair);
  between[2].text = "Retry an upload nine times at most.";
  between[3].text = "Amended: an upload is retried nine times at most.";
  const auto lessons =
      decisions({observed("a", again, 1), observed("b", between, 5), observed("c", again, 9)});
  ASSERT_EQ(lessons.size(), 2U);
  EXPECT_EQ(speaking_of(lessons, "five times")->status, LessonStatus::kActive);
  EXPECT_EQ(speaking_of(lessons, "nine times")->status, LessonStatus::kRetired);
}

std::string shown(const std::vector<Lesson>& lessons) {
  std::string out;
  for (const Lesson& lesson : lessons) {
    out += to_text(lesson.id) + "|" + lesson.statement + "|" + text_of(lesson) + "|" +
           to_text(lesson.superseded_by) + "|" + std::to_string(static_cast<int>(lesson.status)) +
           "|" + (lesson.valid_to ? format_time(*lesson.valid_to) : "") + "|" +
           std::to_string(lesson.count);
    for (const Provenance& span : lesson.provenance) out += "|" + span.path + ":" + span.quote;
    out += "\n";
  }
  return out;
}

TEST(Agreement, TheOrderOfObservationsChangesNothing) {
  std::vector<Observation> all;
  for (std::size_t i = 0; i < kPairs.size(); ++i) {
    // Some with times, some without, some at the same time, some said twice.
    const int day = i % 3 == 0 ? -1 : static_cast<int>(i / 4);
    for (const auto& part : {observed("old" + std::to_string(i), first_of(kPairs[i]), day),
                             observed("now" + std::to_string(i), later_of(kPairs[i]), day),
                             observed("re" + std::to_string(i % 5), later_of(kPairs[i % 5]), 8)}) {
      all.insert(all.end(), part.begin(), part.end());
    }
  }
  const std::string expected = shown(decisions({all}));
  EXPECT_TRUE(rc::check([&] {
    std::vector<Observation> shuffled = all;
    std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
    std::ranges::shuffle(shuffled, random);
    RC_ASSERT(shown(decisions({shuffled})) == expected);
  }));
}

TEST(Agreement, HostileChatsAreHarmless) {
  const std::string huge(2 << 20, '?');
  EXPECT_TRUE(decisions({observed("s", {{kPerson, huge},
                                        {kAgent, huge},
                                        {kPerson, "\xff\xfe\x80"},
                                        {kAgent, std::string("a\0?", 3)},
                                        {kPerson, "```"},
                                        {kAgent, "Got it: "}})})
                  .empty());
}

}  // namespace
}  // namespace hardwon::learn
