#pragma once

// Masking of secrets before anything reaches the disk.
//
// A secret becomes "[masked:<kind>]".  Masked are
//   - tokens that their issuer made recognisable by prefix or structure (mask_rules.cpp), also
//     JSON web tokens, private keys line by line, webhook addresses;
//   - credentials by place: passwords in addresses, Authorization and Cookie headers,
//     curl -u, mysql -p;
//   - values given to a name that contains "password", "token", "secret", "api_key" and the
//     like, in shell, JSON (escaped or not), YAML, code, flags, headers and prose, if the value
//     looks like a secret.
// Kept on purpose: values under six (password) or eight characters; values that are words,
// names, paths, versions, templates, placeholders or expressions, so also a password that is
// one plain word, except where it cannot be an expression (NAME=value, --name=value);
// hashes, UUIDs and base64 that stand beside no such name.
//
// Masking is idempotent, keeps the number of lines and valid UTF-8, and lengthens a text by no
// more than its markers.  mask_test.cpp holds false masks on ordinary lines below 1 %.
//
// Threads: pure and thread-safe.  Cost: linear; one table look-up a byte, and a bounded look
// around each place where a secret may start.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace hardwon {

using MaskCounts = std::map<std::string, std::int64_t, std::less<>>;

// Text with secrets replaced; `counts` (if given) is increased per kind.
std::string mask_secrets(std::string_view text, MaskCounts* counts = nullptr);

}  // namespace hardwon
