#pragma once

// The ranking function of full text, made known to a connection.

#include "hardwon/error.h"

namespace hardwon::store {

class Connection;

// Registers hardwon_score(<table>, <blob of one double a term: its idf>, <limit>) with FTS5.  A row
// that cannot be among the best `limit` of its query may get 0 instead of its score.
Result<void> register_score(Connection& connection);

}  // namespace hardwon::store
