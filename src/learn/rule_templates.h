#pragma once

// What the generator says and how: conventions with their wordings, and two families of
// sentence patterns that share none.
//
// A pattern has slots: {imp} "name variables in camelCase", {np} "camelCase for variables",
// {state} "variables are in camelCase", {avoid} what a prohibition forbids, {shop} "a tabs shop",
// {file} a path, {part} a part of the product, {n} a number; written {Imp} it opens a sentence.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::learn {

enum class TemplateFamily : std::uint8_t { kTrain, kTest };

// One convention.  key: what can hold only one value at a time.
struct Topic {
  std::string key;
  ActionType type = ActionType::kStyle;
  Polarity polarity = Polarity::kDo;
  std::string language;  // empty: of any
  std::string part;      // of the product; empty: all
  std::string target, value;
  std::string imperative, noun_phrase, state;  // the noun phrase is empty where none is natural
  std::string avoid;    // set: it can be said as a prohibition, with this polarity then
  std::string shop;     // set: "we're {shop}" says it
  bool of_code = true;  // applies to tasks that write code; else to every task
};

// Every convention the family can speak of, in a fixed order; several of one key differ in value.
std::vector<Topic> topics(TemplateFamily family);

struct Patterns {
  std::span<const std::string_view> rules, prohibitions, echoes, reasons;
  std::span<const std::string_view> empty_advice;  // meant to last, nothing to act on
  std::span<const std::string_view> changes_of_mind;
  std::span<const std::string_view> passing, agent_passing;  // short-term, about a convention
  std::span<const std::string_view> requests;
  std::span<const std::string_view> chatter, agent_talk, tool_output;
};
const Patterns& patterns(TemplateFamily family);

std::span<const std::string_view> parts_of(TemplateFamily family);

}  // namespace hardwon::learn
