#pragma once

// The ranking function of full text, made known to a connection.

#include "hardwon/error.h"

namespace hardwon::store {

class Connection;

// Registers hardwon_score(<table>, <blob of one double a term: its idf>) with FTS5.
Result<void> register_score(Connection& connection);

}  // namespace hardwon::store
