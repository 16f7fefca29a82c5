#include "learn/rule_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "learn/rule_metrics.h"

namespace hardwon::learn {
namespace {

std::string text_of(const SyntheticData& data) {
  std::string out;
  for (const LabelledTranscript& transcript : data.transcripts) {
    out += transcript.id + " " + std::to_string(transcript.duration_s) + "\n";
    for (const LabelledSegment& segment : transcript.segments) {
      out += segment.speaker + ": " + segment.content + " [" + std::string(name_of(segment.label)) +
             " " + format_time(segment.time) + "]\n";
    }
    for (const GoldRule& gold : transcript.gold) {
      out += gold.id + " " + gold.source_id + " " + gold.rule.text + " " +
             gold.rule.parameters_json + (gold.store ? " store\n" : " drop\n");
    }
  }
  for (const LabelledTask& task : data.tasks) {
    out += task.id + " " + task.description;
    for (const std::string& id : task.applies) out += " " + id;
    out += "\n";
  }
  return out;
}

SyntheticData made(std::uint64_t seed, TemplateFamily family, std::size_t n = 20) {
  return generate({.n = n, .seed = seed, .family = family});
}

TEST(RuleGenerator, SameSeedSameBytes) {
  const std::string once = text_of(made(7, TemplateFamily::kTest));
  EXPECT_EQ(once, text_of(made(7, TemplateFamily::kTest)));
  EXPECT_NE(once, text_of(made(8, TemplateFamily::kTest)));
}

TEST(RuleGenerator, CueWordsScoreAtMostHalfOnTheTestFamilies) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Hits hits;
    for (const auto& transcript : made(seed, TemplateFamily::kTest).transcripts) {
      for (const LabelledSegment& segment : transcript.segments) {
        const bool gold = segment.label == Persistence::kPersistent;
        const bool found = has_cue_word(segment.content);
        hits += {.true_positive = gold && found,
                 .false_positive = !gold && found,
                 .false_negative = gold && !found};
      }
    }
    EXPECT_LE(*f1(hits), 0.5) << "seed " << seed;
    EXPECT_GT(*recall(hits), 0.05) << "some rules do carry one: seed " << seed;
  }
}

TEST(RuleGenerator, TheMixIsWhatWasAskedFor) {
  std::map<Persistence, double> count;
  double all = 0;
  for (const auto& transcript : made(3, TemplateFamily::kTest, 200).transcripts) {
    for (const LabelledSegment& segment : transcript.segments) {
      count[segment.label] += 1;
      all += 1;
    }
  }
  EXPECT_NEAR(count[Persistence::kPersistent] / all, 0.4, 0.03);
  EXPECT_NEAR(count[Persistence::kShortTerm] / all, 0.2, 0.03);
  EXPECT_NEAR(count[Persistence::kIrrelevant] / all, 0.4, 0.03);
}

TEST(RuleGenerator, NoSpeakerGivesTheLabelAway) {
  std::map<std::string, std::set<Persistence>> labels;
  for (const auto& transcript : made(1, TemplateFamily::kTest).transcripts) {
    for (const LabelledSegment& segment : transcript.segments) {
      labels[segment.speaker].insert(segment.label);
    }
  }
  EXPECT_EQ(labels["user"].size(), 3);
  EXPECT_EQ(labels["assistant"].size(), 3);
  EXPECT_EQ(labels["tool"], std::set<Persistence>{Persistence::kIrrelevant});
}

TEST(RuleGenerator, TheFamiliesShareNoPattern) {
  const Patterns& train = patterns(TemplateFamily::kTrain);
  const Patterns& test = patterns(TemplateFamily::kTest);
  const auto all = [](const Patterns& p) {
    std::set<std::string_view> out;
    for (const auto& list :
         {p.rules, p.prohibitions, p.echoes, p.reasons, p.empty_advice, p.changes_of_mind,
          p.passing, p.agent_passing, p.requests, p.chatter, p.agent_talk, p.tool_output}) {
      out.insert(list.begin(), list.end());
    }
    return out;
  };
  const auto a = all(train), b = all(test);
  std::vector<std::string_view> common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  EXPECT_TRUE(common.empty()) << common.front();
  EXPECT_GT(b.size(), 60);
}

TEST(RuleGenerator, GoldNamesTheSegmentThatStatesIt) {
  std::set<ActionType> types;
  std::set<Polarity> polarities;
  int dropped = 0, gold_rules = 0;
  for (const auto& transcript : made(5, TemplateFamily::kTest, 40).transcripts) {
    for (const GoldRule& gold : transcript.gold) {
      const std::size_t mark = gold.source_id.find('#');
      ASSERT_EQ(gold.source_id.substr(0, mark), transcript.id);
      const auto& segment = transcript.segments.at(std::stoul(gold.source_id.substr(mark + 1)));
      EXPECT_EQ(segment.speaker, "user");
      EXPECT_EQ(segment.label, Persistence::kPersistent);
      EXPECT_EQ(segment.time, gold.time);
      types.insert(gold.rule.action);
      polarities.insert(gold.rule.polarity);
      ++gold_rules;
      dropped += gold.store ? 0 : 1;
    }
  }
  EXPECT_EQ(types.size(), 4) << "every type occurs";
  EXPECT_EQ(polarities.size(), 2);
  EXPECT_GT(dropped, gold_rules / 20);
  EXPECT_LT(dropped, gold_rules / 3);
}

TEST(RuleGenerator, TasksHaveRulesThatApplyAndDistractors) {
  const SyntheticData data = made(2, TemplateFamily::kTest);
  std::set<std::string> ids;
  for (const auto& transcript : data.transcripts) {
    for (const GoldRule& gold : transcript.gold) {
      if (gold.store) ids.insert(gold.id);
    }
  }
  std::size_t applied = 0;
  for (const LabelledTask& task : data.tasks) {
    for (const std::string& id : task.applies) EXPECT_TRUE(ids.contains(id)) << id;
    applied += task.applies.size();
  }
  EXPECT_GT(applied, data.tasks.size());
  EXPECT_LT(applied, data.tasks.size() * ids.size() / 4) << "most rules are distractors";
}

TEST(RuleGenerator, OnlyTheTypesThatWereAskedFor) {
  const auto data = generate({.types = {ActionType::kNaming}, .n = 5, .seed = 4});
  int naming = 0;
  for (const auto& transcript : data.transcripts) {
    for (const GoldRule& gold : transcript.gold) {
      const bool advice = gold.rule.parameters_json == R"({"scope":""})";
      EXPECT_TRUE(advice || gold.rule.action == ActionType::kNaming) << gold.rule.text;
      naming += advice ? 0 : 1;
    }
  }
  EXPECT_GT(naming, 5);
}

TEST(RuleGenerator, SharesThatDoNotSumToOneAreRefused) {
  const auto bad = GeneratorOptions{.persistent = 0.5}.validate();
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().field, "mix");
  EXPECT_FALSE((GeneratorOptions{.persistent = -0.2, .short_term = 0.8}).validate());
  EXPECT_FALSE((GeneratorOptions{.n = 0}).validate());
  EXPECT_TRUE(GeneratorOptions{}.validate());
}

}  // namespace
}  // namespace hardwon::learn
