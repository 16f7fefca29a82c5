#pragma once

// Word lists of the sentence reader: how instructions are worded in developers' English.

#include <string_view>

namespace hardwon::learn {

// "use", "keep", "run" …: verbs that open an instruction, in their base form.
bool is_instruction_verb(std::string_view lower);
// "uses", "keeps", "catches" …: what something does, not what to do.
bool is_third_person(std::string_view lower);
// "added", "ran", "was": what happened.
bool is_past(std::string_view lower);
// "yes", "ok", "thanks", "understood": says nothing by itself.
bool is_acknowledgement(std::string_view lower);
// "please", "also", "then", "just": may stand before the verb of an instruction.
bool is_filler(std::string_view lower);
// "this", "here", "now", "today": points at this moment or this place.
bool is_deictic(std::string_view lower);
// "always", "never", "every", "each", "any": speaks of all cases.
bool is_universal(std::string_view lower);
// "which", "why", "do", "is": opens a question.
bool is_question_opener(std::string_view lower);
// "must", "should", "shall", "may", "can", "need", "will" …
bool is_modal(std::string_view lower);
// "if", "when", "before", "for": opens a condition.
bool is_condition(std::string_view lower);

// "tomorrow", "until", "temporarily": for a while only.
bool is_limit(std::string_view lower);
// "convention", "throughout", "team": beyond this moment.
bool is_lasting(std::string_view lower);
// "function", "branch": one piece of the work; "project", "codebase": all of it.
bool is_part_of_work(std::string_view lower);
bool is_whole_work(std::string_view lower);

// "camelCase", "snake_case": how names are written.
bool is_name_case(std::string_view text);

// Headings under which rules stand ("Conventions", "Do NOT") and under which facts stand
// ("Architecture", "Commands").
enum class HeadingKind { kNone, kRules, kForbids, kFacts, kOther };
HeadingKind heading_kind(std::string_view heading);
// "Rules", "Code quality", "Important notes": names no matter of its own.
bool is_general_heading(std::string_view heading);

// "proper", "clean", "appropriate": praises, and leaves open what to do.
bool is_vague(std::string_view lower);
// "code", "function", "follow", "write": of software in general.
bool is_generic(std::string_view lower);

}  // namespace hardwon::learn
