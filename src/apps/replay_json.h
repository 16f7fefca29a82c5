#pragma once

// Experiences as clients read and write them: docs/cli.md, "Experience buffer".

#include <optional>
#include <string_view>

#include "base/json.h"
#include "hardwon/experience.h"
#include "hardwon/types.h"

namespace hardwon::apps {

// Errors: kInvalidArgument with the field, what was found and what was expected.  A field
// "buffer" is what experience_json() says of the buffer's own knowledge; it is passed over.
Result<Experience> parse_experience(const Json& json);
Result<Embeddings> parse_embeddings(const Json& json);
Result<ExperienceUpdate> parse_experience_update(const Json& json);

Json experience_json(const ExperienceRecord& record);
// id and what the buffer knows, without the content.
Json experience_brief_json(const ExperienceRecord& record);

// An episode as a trajectory: each step an action, the reward as stated, else the outcome's
// share of success.  kInvalidArgument when neither is known.
Result<Experience> experience_of(const Episode& episode);
// Of an experience that experience_of() made; nullopt for another.
std::optional<ItemId> episode_of(std::string_view experience_id);

}  // namespace hardwon::apps
