// Secrets here are made by code from pieces and a seeded generator: none is real, and none
// stands literally in this file.

#include "base/mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/base64.h"
#include "base/rng.h"
#include "base/text.h"

namespace hardwon {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
const std::string kAlnum = std::string(kDigits) + std::string(kUpper) + std::string(kLower);

std::string draw(Rng& rng, std::string_view alphabet, std::size_t length) {
  std::string out;
  while (out.size() < length) out += alphabet[rng.below(alphabet.size())];
  return out;
}

// A random text that no one would take for a word: letters of both cases and digits mixed.
std::string noise(Rng& rng, std::size_t length) {
  std::string out = draw(rng, kAlnum, length);
  out[1] = kDigits[rng.below(10)];
  out[2] = kLower[rng.below(26)];
  out[4] = kUpper[rng.below(26)];
  out[5] = kDigits[rng.below(10)];
  return out;
}

std::string password(Rng& rng) {
  constexpr std::array<std::string_view, 4> kWords = {"winter", "Dragon", "coffee", "Harbour"};
  constexpr std::array<std::string_view, 5> kMarks = {"!", "$", "#", "_", "%"};
  return std::string(kWords[rng.below(4)]) + draw(rng, kDigits, 2) +
         std::string(kMarks[rng.below(5)]) + draw(rng, kAlnum, 4);
}

struct Planted {
  std::string text;    // as it stands in a log: "PASSWORD=…"
  std::string secret;  // what must not be left
};

struct Kind {
  std::string name;  // of the marker
  bool alone;        // recognised anywhere, else only beside what `text` brings
  std::function<std::string(Rng&)> make;
  std::string before = {}, after = {};
};

Kind alone(std::string name, std::string prefix, std::size_t length, std::string_view alphabet) {
  return {.name = std::move(name), .alone = true, .make = [=](Rng& rng) {
            return prefix + draw(rng, alphabet, length);
          }};
}
Kind beside(std::string name, std::string before, std::size_t length, std::string after = {}) {
  return {.name = std::move(name),
          .alone = false,
          .make = [=](Rng& rng) { return noise(rng, length); },
          .before = std::move(before),
          .after = std::move(after)};
}

std::string make_jwt(Rng& rng) {
  return "eyJ" + draw(rng, kAlnum, 33) + ".eyJ" + draw(rng, kAlnum, 60) + "." +
         draw(rng, kAlnum, 43);
}
std::string make_discord(Rng& rng) {
  return "MT" + draw(rng, kAlnum, 22) + "." + draw(rng, kAlnum, 6) + "." + draw(rng, kAlnum, 27);
}
std::string make_basic(Rng& rng) { return encode_base64("ann:" + password(rng)); }
std::string make_slack_path(Rng& rng) {
  return std::string("hooks.slack.") + "com/services/T" + draw(rng, kUpper, 8) + "/B" +
         draw(rng, kUpper, 8) + "/" + draw(rng, kAlnum, 24);
}
std::string make_telegram(Rng& rng) {
  return "7" + draw(rng, kDigits, 9) + ":AA" + draw(rng, kAlnum, 33);
}
std::string make_sendgrid(Rng& rng) {
  return "SG" + std::string(".") + noise(rng, 22) + "." + noise(rng, 43);
}

std::vector<Kind> token_kinds() {
  return {
      alone("aws-access-key", std::string("AK") + "IA", 16, kUpper),
      alone("github-token", std::string("gh") + "p_", 36, kAlnum),
      alone("github-token", std::string("gh") + "o_", 36, kAlnum),
      alone("github-token", std::string("gh") + "s_", 36, kAlnum),
      alone("github-token", std::string("github") + "_pat_", 70, kAlnum),
      alone("gitlab-token", std::string("gl") + "pat-", 20, kAlnum),
      alone("slack-token", std::string("xo") + "xb-", 40, kAlnum),
      {.name = "slack-webhook", .alone = true, .make = make_slack_path},
      alone("stripe-key", std::string("sk") + "_live_", 24, kAlnum),
      alone("stripe-key", std::string("rk") + "_live_", 24, kAlnum),
      {.name = "openai-key",
       .alone = true,
       .make = [](Rng& rng) { return std::string("sk") + "-" + noise(rng, 48); }},
      alone("openai-key", std::string("sk") + "-proj-", 60, kAlnum),
      alone("anthropic-key", std::string("sk") + "-ant-api03-", 80, kAlnum),
      alone("google-api-key", std::string("AI") + "za", 35, kAlnum),
      alone("google-oauth-secret", std::string("GOC") + "SPX-", 28, kAlnum),
      alone("npm-token", std::string("np") + "m_", 36, kAlnum),
      alone("pypi-token", std::string("py") + "pi-AgEIcHlwaS5vcmc", 70, kAlnum),
      alone("huggingface-token", std::string("h") + "f_", 34, kAlnum),
      {.name = "sendgrid-key", .alone = true, .make = make_sendgrid},
      alone("twilio-key", std::string("S") + "K", 32, kHex),
      {.name = "discord-token", .alone = true, .make = make_discord},
      {.name = "telegram-token", .alone = true, .make = make_telegram},
      {.name = "jwt", .alone = true, .make = make_jwt},
      alone("digitalocean-token", std::string("do") + "p_v1_", 64, kHex),
      alone("databricks-token", std::string("da") + "pi", 32, kHex),
      alone("shopify-token", std::string("sh") + "pat_", 32, kHex),
      alone("linear-key", std::string("lin") + "_api_", 40, kAlnum),
      alone("vault-token", std::string("hv") + "s.", 90, kAlnum),
      alone("age-key", std::string("AGE-SECRET") + "-KEY-1", 58, kUpper),
  };
}

std::vector<Kind> context_kinds() {
  const auto with_password = [](std::string before, std::string after = {}) {
    return Kind{.name = "password",
                .alone = false,
                .make = password,
                .before = std::move(before),
                .after = std::move(after)};
  };
  return {
      beside("aws-secret-key", "aws_secret_access_key = ", 40),
      beside("azure-key", "DefaultEndpointsProtocol=https;AccountKey=", 86, "==;EndpointSuffix=x"),
      beside("bearer-token", "Authorization: Bearer ", 40),
      {.name = "basic-auth", .alone = false, .make = make_basic, .before = "Authorization: Basic "},
      beside("cookie", "Cookie: theme=dark; sid=", 32, "; lang=en"),
      beside("cookie", "Set-Cookie: session=", 40, "; Path=/; HttpOnly"),
      {.name = "url-password",
       .alone = false,
       .make = password,
       .before = "postgres://app:",
       .after = "@db.internal:5432/app"},
      beside("url-password", "https://", 30, "@example.com/a.git"),
      beside("key", "ALGOLIA_ADMIN_KEY=", 32),
      beside("password", "machine example.com login ann password ", 24),
      with_password("db_pass: "),
      with_password("mysql -u root -p", " app"),
      with_password("sshpass -p ", " ssh host"),
      with_password("DB_PASSWORD="),
      with_password("password: '", "'"),
      with_password("{\"password\": \"", "\"}"),
      with_password("{\\\"password\\\": \\\"", "\\\"}"),
      with_password("mysql --password ", " app"),
      with_password("Server=db;Uid=app;Pwd=", ";Encrypt=yes"),
      with_password("curl -u ann:", " https://example.com"),
      with_password("[\"--password\", \"", "\"]"),
      with_password("<password>", "</password>"),
      with_password("password: str = \"", "\""),
      with_password("{\"name\": \"DB_PASSWORD\", \"value\": \"", "\"}"),
      with_password("the password is ", " for now"),
      beside("api-key", "X-Api-Key: ", 32),
      beside("api-key", "api_key=\"", 32, "\""),
      beside("api-key", "https://example.com/v1?q=1&apikey=", 32, "&page=2"),
      beside("secret", "client_secret: ", 24),
      beside("secret", "JWT_SECRET=", 48),
      beside("token", "export DEPLOY_TOKEN=", 20),
      beside("token", "{\\\\\\\"refresh_token\\\\\\\":\\\\\\\"", 40, "\\\\\\\"}"),
      beside("private-key", "privateKey = '", 44, "'"),
      beside("encryption-key", "encryption_key: ", 44),
  };
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds = token_kinds();
  for (Kind& kind : context_kinds()) kinds.push_back(std::move(kind));
  return kinds;
}

Planted plant(const Kind& kind, Rng& rng) {
  const std::string secret = kind.make(rng);
  return {.text = kind.before + secret + kind.after, .secret = secret};
}

// Places where a log has it; "@" stands for it.
constexpr std::array<std::string_view, 14> kPlaces = {
    "@",
    "see @ please",
    "line one\n@\nline three",
    "{\"output\":\"first\\n@\\nlast\"}",
    "{\"tool_input\":{\"command\":\"echo @ >> notes\"}}",
    "\x1b[32m@\x1b[0m",
    "    12\t@",
    "+ @",
    "# @",
    "größe → @ ← ünïcode",
    "* `@`",
    "(@)",
    "$ run --verbose\n> @",
    "2026-01-02T03:04:05Z INFO request @ took 12 ms",
};

std::string placed(std::string_view place, std::string_view text) {
  const std::size_t at = place.find('@');
  return std::string(place.substr(0, at)) + std::string(text) + std::string(place.substr(at + 1));
}

TEST(MaskSecrets, RemovesEveryKindInEveryPlace) {
  Rng rng(1);
  for (const Kind& kind : all_kinds()) {
    for (const std::string_view place : kPlaces) {
      const Planted planted = plant(kind, rng);
      const std::string text = placed(place, planted.text);
      MaskCounts counts;
      const std::string masked = mask_secrets(text, &counts);
      EXPECT_FALSE(masked.contains(planted.secret)) << kind.name << " in: " << text;
      EXPECT_TRUE(masked.contains("[masked:")) << text;
      EXPECT_EQ(counts.size(), 1U) << kind.name << " in: " << text << "\n" << masked;
    }
  }
}

TEST(MaskSecrets, NamesTheKindInTheMarkerAndTheCounts) {
  Rng rng(2);
  for (const Kind& kind : all_kinds()) {
    const Planted planted = plant(kind, rng);
    MaskCounts counts;
    const std::string masked = mask_secrets(planted.text, &counts);
    EXPECT_EQ(masked, kind.before + "[masked:" + kind.name + "]" +
                          (kind.name == "azure-key" ? kind.after.substr(2) : kind.after))
        << planted.text;
    EXPECT_EQ(counts, (MaskCounts{{kind.name, 1}})) << planted.text;
  }
}

TEST(MaskSecrets, ClearsTwoHundredPlantedSecretsOfTwentyKindsFromOneText) {
  Rng rng(3);
  const std::vector<Kind> kinds = all_kinds();
  std::set<std::string> names;
  std::vector<std::string> secrets;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    const Kind& kind = kinds[static_cast<std::size_t>(i) % kinds.size()];
    const Planted planted = plant(kind, rng);
    names.insert(kind.name);
    secrets.push_back(planted.secret);
    text += "step " + std::to_string(i) + ": " +
            placed(kPlaces[rng.below(kPlaces.size())], planted.text) + "\n";
  }
  ASSERT_GE(names.size(), 20U);
  MaskCounts counts;
  const std::string masked = mask_secrets(text, &counts);
  for (const std::string& secret : secrets) EXPECT_FALSE(masked.contains(secret)) << secret;
  std::int64_t total = 0;
  for (const auto& [kind, count] : counts) total += count;
  EXPECT_EQ(total, 200);
}

TEST(MaskSecrets, LeavesMaskedTextAsItIs) {
  Rng rng(4);
  const std::vector<Kind> kinds = all_kinds();
  constexpr std::array<std::string_view, 8> kJoints = {"", " ", "\"", "\n", "=", ": ", "\\n", "]"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
      text += plant(kinds[rng.below(kinds.size())], rng).text;
      text += kJoints[rng.below(kJoints.size())];
    }
    const std::string masked = mask_secrets(text);
    MaskCounts counts;
    EXPECT_EQ(mask_secrets(masked, &counts), masked) << text;
    EXPECT_TRUE(counts.empty());
  }
}

TEST(MaskSecrets, ReadsNothingInsideAMarker) {
  const std::string text = "config[masked:password] = Dragon42x";
  EXPECT_EQ(mask_secrets(text), text);
}

TEST(MaskSecrets, LeavesNoiseMaskedOnceAsItIs) {
  Rng rng(5);
  constexpr std::string_view kBytes = "abEJyz019_-.:=\"'\\/@ \n[]{}maskedtokenpassword";
  for (int round = 0; round < 3000; ++round) {
    std::string text = draw(rng, kBytes, 80);
    for (const std::string_view word : {"password=", "token: ", "://", "Bearer "}) {
      text.insert(rng.below(text.size()), word);
    }
    const std::string masked = mask_secrets(text);
    EXPECT_EQ(mask_secrets(masked), masked) << text;
  }
}

TEST(MaskSecrets, KeepsLinesAndValidUtf8) {
  Rng rng(6);
  for (const Kind& kind : all_kinds()) {
    const std::string text = "größer\n" + plant(kind, rng).text + "→ …\nüber\n";
    const std::string masked = mask_secrets(text);
    EXPECT_TRUE(is_valid_utf8(masked)) << text;
    EXPECT_EQ(std::ranges::count(masked, '\n'), std::ranges::count(text, '\n'));
    EXPECT_TRUE(masked.starts_with("größer\n") && masked.ends_with("über\n")) << masked;
  }
}

// ------------------------------------------------------------------ private keys

std::string pem_line(std::string_view edge, std::string_view title) {
  return "-----" + std::string(edge) + " " + std::string(title) + "-----";
}

std::vector<std::string> pem_lines(Rng& rng, std::string_view title) {
  std::vector<std::string> lines = {pem_line("BEGIN", title)};
  for (int i = 0; i < 6; ++i) lines.push_back(draw(rng, kAlnum, 64));
  lines.push_back(draw(rng, kAlnum, 11) + "=");
  lines.push_back(pem_line("END", title));
  return lines;
}

std::string joined(const std::vector<std::string>& lines, std::string_view with,
                   std::string_view before = {}) {
  std::string out;
  for (const std::string& line : lines) {
    out += before;
    out += line;
    out += with;
  }
  return out;
}

constexpr std::array<std::string_view, 4> kKeyTitles = {"RSA PRIVATE KEY", "OPENSSH PRIVATE KEY",
                                                        "PRIVATE KEY", "EC PRIVATE KEY"};

TEST(MaskSecrets, EmptiesPrivateKeysAndKeepsTheirLines) {
  Rng rng(7);
  for (const std::string_view title : kKeyTitles) {
    for (const std::string_view joint : {"\n", "\r\n", "\\n", "\\\\n", "\\r\\n", "\",\n  \""}) {
      const std::vector<std::string> lines = pem_lines(rng, title);
      const std::string text = "key:\n" + joined(lines, joint) + "end";
      MaskCounts counts;
      const std::string masked = mask_secrets(text, &counts);
      for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        EXPECT_FALSE(masked.contains(lines[i])) << joint << masked;
      }
      EXPECT_TRUE(masked.contains(lines.front()) && masked.contains(lines.back())) << masked;
      EXPECT_EQ(std::ranges::count(masked, '\n'), std::ranges::count(text, '\n'));
      EXPECT_EQ(counts, (MaskCounts{{"private-key", 1}})) << joint;
      EXPECT_EQ(mask_secrets(masked), masked);
    }
  }
}

TEST(MaskSecrets, EmptiesPrivateKeysWithLineNumbersAndDiffMarks) {
  Rng rng(8);
  for (const std::string_view before : {"   12\t", "   7→", "+ ", "> ", "    "}) {
    const std::vector<std::string> lines = pem_lines(rng, "RSA PRIVATE KEY");
    const std::string masked = mask_secrets(joined(lines, "\n", before));
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) EXPECT_FALSE(masked.contains(lines[i]));
    EXPECT_EQ(std::ranges::count(masked, '\n'), 9);
  }
}

TEST(MaskSecrets, EmptiesPrivateKeysThatWereCut) {
  Rng rng(9);
  const std::vector<std::string> lines = pem_lines(rng, "RSA PRIVATE KEY");
  const std::vector<std::string> head(lines.begin(), lines.begin() + 4);
  const std::vector<std::string> tail(lines.begin() + 4, lines.end());
  const std::string masked_head = mask_secrets(joined(head, "\n") + "and then prose follows\n");
  for (std::size_t i = 1; i < head.size(); ++i) EXPECT_FALSE(masked_head.contains(head[i]));
  EXPECT_TRUE(masked_head.contains("and then prose follows"));
  const std::string masked_tail = mask_secrets("prose:\n" + joined(tail, "\n"));
  for (std::size_t i = 0; i + 1 < tail.size(); ++i) EXPECT_FALSE(masked_tail.contains(tail[i]));
  EXPECT_TRUE(masked_tail.contains("prose:"));
}

TEST(MaskSecrets, LeavesPublicKeysAndCertificates) {
  Rng rng(10);
  for (const std::string_view title : {"PUBLIC KEY", "CERTIFICATE"}) {
    const std::string text = joined(pem_lines(rng, title), "\n");
    EXPECT_EQ(mask_secrets(text), text);
  }
}

// ------------------------------------------------------------------ what is not a secret

TEST(MaskSecrets, LeavesCodeTemplatesAndPlaceholders) {
  for (const std::string_view text : {
           "password = getPassword()",
           "token: string",
           "token?: string | null;",
           "api_key=os.environ[\"API_KEY\"]",
           "api_key = os.getenv('API_KEY')",
           "const token = req.headers.authorization",
           "password: user.password2,",
           "PASSWORD=${DB_PASSWORD}",
           "PASSWORD=$DB_PASSWORD",
           "TOKEN=$(cat /run/secrets/token)",
           "token: {{ secrets.DEPLOY_TOKEN }}",
           "token: ${{ secrets.GITHUB_TOKEN }}",
           "api_key: <your-key>",
           "api_key: your-api-key-here",
           "API_KEY=xxxxxxxxxxxxxxxx",
           "password=********",
           "password: changeme",
           "PASSWORD_FILE=/run/secrets/db_password",
           "\"max_tokens\": 4096, \"token_count\": 123456789",
           "\"input_tokens\":3,\"cache_read_input_tokens\":13211",
           "nextPageToken: CAoQ1b2c3d4e5f6g7",
           "secret_name: prod/db/primary-1",
           "secretKeyRef: {name: db-credentials}",
           "Authorization: Bearer <token>",
           "Authorization: Bearer ${TOKEN}",
           "the bearer token is missing",
           "basic usage examples",
           "the password is required",
           "Password must be at least 8 characters",
           "--password PASSWORD  the password to use",
           "if (password == null) throw",
           "this.password = password;",
           "tokenizer: bert-base-uncased",
           "const tokens = tokenize(text1)",
           "https://user:password@example.com/",
           "https://${USER}:${TOKEN}@example.com/",
           "git@github.com:owner/repo.git",
           "docker run -u 1000:1000 image",
           "Cookie: theme=dark; lang=en",
           "token expired at 2026-01-02T03:04:05Z",
           "secret: 2026-01-02T03:04:05Z",
           "/home/ann/.ssh/id_rsa",
           "sk-estimator-doc-link",
           "class TokenBucketRateLimiter2",
           "private_key_path: ~/.ssh/id_ed25519",
       }) {
    EXPECT_EQ(mask_secrets(text), text);
  }
}

TEST(MaskSecrets, LeavesHashesAndUuidsThatStandBesideNoKeyword) {
  Rng rng(11);
  for (int i = 0; i < 200; ++i) {
    const std::string uuid = draw(rng, kHex, 8) + "-" + draw(rng, kHex, 4) + "-4" +
                             draw(rng, kHex, 3) + "-a" + draw(rng, kHex, 3) + "-" +
                             draw(rng, kHex, 12);
    for (const std::string& text :
         {"commit " + draw(rng, kHex, 40), draw(rng, kHex, 64) + "  archive.tar.gz",
          "\"sessionId\":\"" + uuid + "\"",
          "\"integrity\": \"sha512-" + encode_base64(draw(rng, kAlnum, 64)) + "\"",
          "ETag: \"" + draw(rng, kHex, 32) + "\"", "toolu_" + draw(rng, kAlnum, 24),
          "image@sha256:" + draw(rng, kHex, 64),
          "data:image/png;base64," + encode_base64(draw(rng, kAlnum, 90))}) {
      EXPECT_EQ(mask_secrets(text), text);
    }
  }
}

// Lines as logs, code and prose have them; "#" is a number, "@" a name, "~" a hash.
constexpr std::array<std::string_view, 34> kOrdinary = {
    "2026-01-02T03:04:05.#Z INFO @ handled request in # ms",
    "[#/#] Building CXX object src/@/@.cpp.o",
    "commit ~",
    "index ~..~ 100644",
    "error[E0433]: failed to resolve: use of undeclared type `@`",
    "  File \"/home/ann/@/@.py\", line #, in @",
    "def @(self, token: str, password: str = None) -> Optional[str]:",
    "const @ = await fetch(`/api/@/${id}`, { headers: { Authorization: token } });",
    "  \"@\": \"^#.#.#\",",
    "  resolved \"https://registry.example.org/@/-/@-#.#.#.tgz#~\"",
    "Please rename the @ function and keep the password prompt as it is.",
    "The token is refreshed every # minutes by the @ worker.",
    "#: tokens per second: #.#, max_tokens=#",
    "export PATH=/usr/local/@/bin:$PATH",
    "kubectl create secret generic @ --from-file=@.yaml",
    "if token.type == TokenType.@ and token.value != '@':",
    "SELECT id, password_hash FROM users WHERE token_id = #;",
    "{\"type\":\"tool_use\",\"id\":\"toolu_~\",\"name\":\"@\",\"input\":{\"file\":\"@.ts\"}}",
    "{\"usage\":{\"input_tokens\":#,\"output_tokens\":#},\"sessionId\":\"~\"}",
    "test @::parses_token ... ok",
    "PASSED tests/test_@.py::test_password_reset[#]",
    "self.secret_key = settings.SECRET_KEY",
    "std::string token = lexer.next_token();",
    "SECRET_KEY = os.environ.get('SECRET_KEY')",
    "$ curl -s http://localhost:#/@ | jq .@",
    "npm warn deprecated @@#.#.#: use @ instead",
    "drwxr-xr-x 2 ann ann # Jan # 03:04 @",
    "Downloading https://files.example.org/packages/~/@-#.#.#.tar.gz",
    "<input type=\"password\" name=\"@\" autocomplete=\"current-password\">",
    "password_field = driver.find_element(By.ID, '@')",
    "| `api_key` | string | yes | Your API key |",
    "assert response.json()['access_token'] == expected_token",
    "WARN cookie banner @ shown # times",
    "See docs/@.md for how private keys and credentials are kept out of the log.",
};

TEST(MaskSecrets, MasksFewerThanOneInAHundredOrdinaryLines) {
  Rng rng(12);
  constexpr std::array<std::string_view, 10> kNames = {
      "parser",        "user_service", "TokenBucket", "authMiddleware", "loginForm",
      "ConfigLoader2", "db-migrate",   "sha256sum",   "session_store",  "passwordReset"};
  int masked = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string line;
    for (const char c : kOrdinary[rng.below(kOrdinary.size())]) {
      if (c == '#') {
        line += std::to_string(rng.below(5000));
      } else if (c == '@') {
        line += kNames[rng.below(kNames.size())];
      } else if (c == '~') {
        line += draw(rng, kHex, 40);
      } else {
        line += c;
      }
    }
    if (mask_secrets(line) != line) {
      ++masked;
      ADD_FAILURE_AT(__FILE__, __LINE__) << "masked: " << mask_secrets(line);
    }
  }
  EXPECT_LT(masked, 100);
}

// ------------------------------------------------------------------ hostile input

TEST(MaskSecrets, ReadsHugeHostileLinesInLinearTime) {
  // No clock: a quadratic rule would make this test run for hours.
  constexpr std::size_t kBytes = 1'000'000;
  for (const std::string_view unit : {"password=",
                                      "token: ",
                                      "eyJ-",
                                      "eyJaaaaaaaaaa.",
                                      "sk-a-",
                                      "://",
                                      "://a:b",
                                      "\\\"",
                                      "Bearer ",
                                      "-----BEGIN PRIVATE KEY-----",
                                      "-----END PRIVATE KEY-----",
                                      "MTaaaa.",
                                      ":AA",
                                      "cookie: a=",
                                      "[masked:",
                                      "[masked:token]",
                                      "\\n",
                                      "a",
                                      "password=\"",
                                      "token='token=\"",
                                      "[32m",
                                      "AKIA",
                                      " -u ",
                                      "@tcp(",
                                      "secret is ",
                                      "api_key\\u003d"}) {
    std::string text;
    text.reserve(kBytes + unit.size());
    while (text.size() < kBytes) text += unit;
    EXPECT_TRUE(is_valid_utf8(mask_secrets(text))) << unit;
  }
}

TEST(MaskSecrets, SurvivesAnyBytes) {
  Rng rng(13);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 60; ++i) bytes += static_cast<char>(rng.below(256));
    bytes.insert(rng.below(bytes.size()), "token=");
    bytes.insert(rng.below(bytes.size()), "-----BEGIN RSA PRIVATE KEY-----");
    const std::string masked = mask_secrets(bytes);
    EXPECT_EQ(mask_secrets(masked), masked);
  }
  EXPECT_EQ(mask_secrets(""), "");
}

TEST(MaskSecrets, MasksAnEndlessValueWhole) {
  Rng rng(14);
  const std::string secret = noise(rng, 100'000);
  EXPECT_EQ(mask_secrets("TOKEN=" + secret + " rest"), "TOKEN=[masked:token] rest");
}

TEST(MaskSecrets, GivesTheSameFromManyThreads) {
  Rng rng(15);
  std::string text;
  for (const Kind& kind : all_kinds()) text += plant(kind, rng).text + "\n";
  const std::string expected = mask_secrets(text);
  std::array<std::string, 4> got;
  {
    std::vector<std::jthread> threads;
    for (std::string& out : got) threads.emplace_back([&] { out = mask_secrets(text); });
  }
  for (const std::string& out : got) EXPECT_EQ(out, expected);
}

}  // namespace
}  // namespace hardwon
