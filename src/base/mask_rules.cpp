#include "base/mask_rules.h"

#include <algorithm>
#include <array>

namespace hardwon::mask {
namespace {

using enum TokenRule::Body;
using enum KeywordRule::Judge;

constexpr auto kTokenRules = std::to_array<TokenRule>({
    {"aws-access-key", "AKIA", kUpperAlnum, 16},
    {"aws-access-key", "ASIA", kUpperAlnum, 16},
    {"aws-access-key", "ABIA", kUpperAlnum, 16},
    {"github-token", "ghp_", kAlnum, 20},
    {"github-token", "gho_", kAlnum, 20},
    {"github-token", "ghu_", kAlnum, 20},
    {"github-token", "ghs_", kAlnum, 20},
    {"github-token", "ghr_", kAlnum, 20},
    {"github-token", "github_pat_", kWord, 22},
    {"gitlab-token", "glpat-", kDotted, 16},
    {"gitlab-token", "gldt-", kWord, 16},
    {"gitlab-token", "glrt-", kWord, 16},
    {"gitlab-token", "glptt-", kWord, 16},
    {"gitlab-token", "glcbt-", kWord, 16},
    {"slack-token", "xoxb-", kWord, 10},
    {"slack-token", "xoxp-", kWord, 10},
    {"slack-token", "xoxa-", kWord, 10},
    {"slack-token", "xoxr-", kWord, 10},
    {"slack-token", "xoxs-", kWord, 10},
    {"slack-token", "xoxc-", kWord, 10},
    {"slack-token", "xoxd-", kWord, 10},
    {"slack-token", "xoxe-", kWord, 10},
    {"slack-token", "xoxe.", kDotted, 10},
    {"slack-token", "xapp-", kWord, 10},
    {"slack-webhook", "hooks.slack.com/services/", kPath, 16},
    {"slack-webhook", "hooks.slack.com/workflows/", kPath, 16},
    {"slack-webhook", "hooks.slack.com/triggers/", kPath, 16},
    {"discord-webhook", "discord.com/api/webhooks/", kPath, 20},
    {"discord-webhook", "discordapp.com/api/webhooks/", kPath, 20},
    {"teams-webhook", "webhook.office.com/webhookb2/", kPath, 20},
    {"stripe-key", "sk_live_", kAlnum, 16},
    {"stripe-key", "sk_test_", kAlnum, 16},
    {"stripe-key", "rk_live_", kAlnum, 16},
    {"stripe-key", "rk_test_", kAlnum, 16},
    {"stripe-key", "whsec_", kAlnum, 16},
    {"anthropic-key", "sk-ant-", kWord, 16},
    {"openai-key", "sk-proj-", kWord, 16},
    {"openai-key", "sk-svcacct-", kWord, 16},
    {"openai-key", "sk-admin-", kWord, 16},
    {"openai-key", "sk-", kWord, 20, true},
    {"openrouter-key", "sk-or-v1-", kWord, 20},
    {"google-api-key", "AIza", kWord, 30},
    {"google-oauth-secret", "GOCSPX-", kWord, 20},
    {"google-oauth-token", "ya29.", kDotted, 20},
    {"npm-token", "npm_", kAlnum, 30},
    {"pypi-token", "pypi-AgE", kWord, 16},
    {"huggingface-token", "hf_", kAlnum, 30},
    {"huggingface-token", "api_org_", kAlnum, 30},
    {"sendgrid-key", "SG.", kDotted, 32, true},
    {"twilio-key", "SK", kHex, 32},
    {"twilio-key", "AC", kHex, 32},
    {"digitalocean-token", "dop_v1_", kHex, 40},
    {"digitalocean-token", "doo_v1_", kHex, 40},
    {"digitalocean-token", "dor_v1_", kHex, 40},
    {"databricks-token", "dapi", kHex, 32},
    {"shopify-token", "shpat_", kHex, 32},
    {"shopify-token", "shpca_", kHex, 32},
    {"shopify-token", "shppa_", kHex, 32},
    {"shopify-token", "shpss_", kHex, 32},
    {"linear-key", "lin_api_", kAlnum, 20},
    {"linear-key", "lin_oauth_", kAlnum, 20},
    {"vault-token", "hvs.", kWord, 20},
    {"vault-token", "hvb.", kWord, 20},
    {"vault-token", "hvr.", kWord, 20},
    {"age-key", "AGE-SECRET-KEY-1", kUpperAlnum, 30},
    {"heroku-key", "HRKU-", kWord, 30},
    {"mailgun-key", "key-", kHex, 32},
    {"square-token", "sq0atp-", kWord, 20},
    {"square-token", "sq0csp-", kWord, 20},
    {"docker-token", "dckr_pat_", kWord, 20},
    {"postman-key", "PMAK-", kWord, 24},
    {"newrelic-key", "NRAK-", kAlnum, 20},
    {"grafana-token", "glsa_", kWord, 20},
    {"grafana-token", "glc_", kWord, 32, true},
    {"sentry-token", "sntrys_", kWord, 20},
    {"sentry-token", "sntryu_", kWord, 20},
    {"doppler-token", "dp.pt.", kAlnum, 20},
    {"doppler-token", "dp.st.", kDotted, 20},
    {"planetscale-token", "pscale_tkn_", kDotted, 20},
    {"planetscale-token", "pscale_pw_", kDotted, 20},
    {"figma-token", "figd_", kWord, 20},
    {"notion-token", "secret_", kAlnum, 32, true},
    {"notion-token", "ntn_", kAlnum, 30},
    {"atlassian-token", "ATATT3", kWord, 30},
    {"supabase-key", "sbp_", kHex, 32},
    {"supabase-key", "sb_secret_", kWord, 16},
    {"rubygems-key", "rubygems_", kHex, 32},
    {"pulumi-token", "pul-", kHex, 32},
    {"groq-key", "gsk_", kAlnum, 30},
    {"perplexity-key", "pplx-", kAlnum, 30},
    {"replicate-token", "r8_", kAlnum, 30},
    {"xai-key", "xai-", kAlnum, 40},
    {"netlify-token", "nfp_", kAlnum, 30},
    {"brevo-key", "xkeysib-", kWord, 32},
    {"buildkite-token", "bkua_", kHex, 32},
    {"dynatrace-token", "dt0c01.", kDotted, 30},
    {"mapbox-token", "sk.eyJ", kDotted, 32},
    {"facebook-token", "EAACEdEose0cBA", kAlnum, 16},
    {"alibaba-key", "LTAI", kAlnum, 16, true},
});

constexpr auto kKeywordRules = std::to_array<KeywordRule>({
    {"aws-secret-key", "secret_access_key", kToken},
    {"aws-secret-key", "secretaccesskey", kToken},
    {"aws-secret-key", "aws_secret_key", kToken},
    {"azure-key", "accountkey", kToken},
    {"azure-key", "sharedaccesskey", kToken},
    {"password", "password", kPassword},
    {"password", "passwort", kPassword},
    {"password", "passwd", kPassword},
    {"password", "passphrase", kPassword},
    {"password", "pwd", kPassword},
    {"password", "pass", kPassWhole},
    {"password", "_pw", kPassWhole},
    {"password", "psk", kPassWhole},
    {"secret", "secret", kToken},
    {"token", "token", kToken},
    {"token", "authorization", kToken},
    {"token", "jwt", kToken},
    {"api-key", "api_key", kToken},
    {"api-key", "apikey", kToken},
    {"api-key", "api-key", kToken},
    {"api-key", "api key", kToken},
    {"access-key", "access_key", kToken},
    {"access-key", "accesskey", kToken},
    {"access-key", "access-key", kToken},
    {"access-key", "access key", kToken},
    {"private-key", "private_key", kToken},
    {"private-key", "privatekey", kToken},
    {"private-key", "private-key", kToken},
    {"private-key", "private key", kToken},
    {"auth-key", "auth_key", kToken},
    {"auth-key", "authkey", kToken},
    {"auth-key", "auth-key", kToken},
    {"auth-key", "_auth", kToken},
    {"encryption-key", "encryption_key", kToken},
    {"encryption-key", "encryptionkey", kToken},
    {"encryption-key", "encryption-key", kToken},
    {"signing-key", "signing_key", kToken},
    {"signing-key", "signingkey", kToken},
    {"signing-key", "signing-key", kToken},
    {"credential", "credential", kToken},
    {"credential", "credentials", kToken},
    {"session-id", "phpsessid", kToken},
    {"session-id", "jsessionid", kToken},
    {"session-id", "connect.sid", kToken},
    {"signed-url", "x-amz-signature", kToken},
    {"signed-url", "x-goog-signature", kToken},
    {"signed-url", "?sig", kToken},
    {"signed-url", "&sig", kToken},
    {"key", "_key", kKey},
    {"key", "appkey", kKey},
    {"key", "masterkey", kKey},
});

constexpr auto kHarmlessSuffixes = std::to_array<std::string_view>({
    "algorithm", "arn",      "at",     "attempts",  "batch",   "budget",   "class",    "column",
    "count",     "counts",   "dir",    "directory", "enabled", "endpoint", "env",      "error",
    "exp",       "expires",  "expiry", "field",     "file",    "filename", "format",   "hint",
    "id",        "ids",      "idx",    "index",     "input",   "is",       "issuer",   "kind",
    "label",     "len",      "length", "lifetime",  "limit",   "list",     "location", "manager",
    "max",       "message",  "min",    "mode",      "model",   "name",     "names",    "num",
    "offset",    "path",     "paths",  "policy",    "pos",     "position", "prefix",   "provider",
    "ref",       "required", "reset",  "rotation",  "s",       "scope",    "scopes",   "service",
    "size",      "source",   "span",   "state",     "status",  "store",    "strategy", "suffix",
    "tokens",    "ttl",      "type",   "types",     "uri",     "url",      "usage",    "validator",
    "version",
});
static_assert(std::ranges::is_sorted(kHarmlessSuffixes));

constexpr auto kPlainTokens = std::to_array<std::string_view>({
    "bos",   "cancel", "cancellation", "cls",  "continuation", "continue", "eos",
    "first", "input",  "last",         "mask", "max",          "min",      "next",
    "num",   "output", "pad",          "page", "prompt",       "sep",      "special",
    "stop",  "sync",   "total",        "unk",
});
static_assert(std::ranges::is_sorted(kPlainTokens));

constexpr auto kPlainKeys = std::to_array<std::string_view>({
    "bucket", "cache",   "composite", "data",    "dedup",       "entity",      "event",
    "file",   "foreign", "group",     "hash",    "idempotency", "index",       "item",
    "join",   "lock",    "lookup",    "map",     "message",     "natural",     "node",
    "object", "page",    "partition", "primary", "public",      "publishable", "query",
    "record", "routing", "row",       "s3",      "sequence",    "session",     "set",
    "shard",  "sort",    "source",    "step",    "target",      "translation", "unique",
});
static_assert(std::ranges::is_sorted(kPlainKeys));

}  // namespace

std::span<const TokenRule> token_rules() { return kTokenRules; }
std::span<const KeywordRule> keyword_rules() { return kKeywordRules; }

bool is_body(TokenRule::Body body, char c) {
  const bool digit = c >= '0' && c <= '9';
  const bool upper = c >= 'A' && c <= 'Z';
  const bool lower = c >= 'a' && c <= 'z';
  switch (body) {
    case kAlnum:
      return digit || upper || lower;
    case kUpperAlnum:
      return digit || upper;
    case kHex:
      return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case kWord:
      return digit || upper || lower || c == '_' || c == '-';
    case kDotted:
      return is_body(kWord, c) || c == '.';
    case kPath:
      return is_body(kDotted, c) || c == '/' || c == '@';
  }
  return false;
}

bool is_harmless_suffix(std::string_view lower_word) {
  return std::ranges::binary_search(kHarmlessSuffixes, lower_word);
}

bool names_a_plain_token(std::string_view lower_word) {
  return std::ranges::binary_search(kPlainTokens, lower_word);
}

bool names_a_plain_key(std::string_view lower_word) {
  return std::ranges::binary_search(kPlainKeys, lower_word);
}

}  // namespace hardwon::mask
