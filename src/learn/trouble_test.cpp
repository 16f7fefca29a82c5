// Error recoveries, dead ends and outcomes: what is told, and what is not.

#include <gtest/gtest.h>

#include "learn/learn.h"
#include "learn/sample_test.h"
#include "learn/shell.h"

namespace hardwon::learn {
namespace {

using sample::EpisodeBuilder;
using sample::learn_from;
using sample::Learned;

std::string statement(const Learned& learned) {
  EXPECT_EQ(learned.lessons.size(), 1U);
  return learned.lessons.empty() ? "" : learned.lessons[0].lesson.statement;
}

// ---------------------------------------------------------------- command lines

TEST(Command, IsNamedByWhatItIsFor) {
  const std::pair<const char*, const char*> goals[] = {
      {"cd app && npm run build 2>&1 | head -50", "npm run build"},
      {"pnpm build", "npm run build"},
      {"yarn add left-pad", "npm install"},
      {"python3 -m pytest tests/a.py -q", "pytest"},
      {"uv run pytest", "pytest"},
      {"FOO=1 sudo -E docker-compose up -d", "docker compose up"},
      {"npx -y create-next-app@latest my-app --ts", "create-next-app"},
      {"timeout 60 cargo test --release", "cargo test"},
      {"cmake --build build -j2", "cmake --build"},
      {"git -C /x commit -m 'a; b && c'", "git commit"},
      {"yes \"\" | npx create-vite@latest", "create-vite"},
      {"ls -la && cat a.txt | grep x", ""},
      {"echo 'npm test'", ""},
      {"./gradlew :app:assemble", "gradle :app:assemble"},
      {"mkdir -p x && make all", "make all"},
  };
  for (const auto& [text, goal] : goals) EXPECT_EQ(parse_command(text).goal, goal) << text;
}

TEST(Command, KnowsWhoseExitStatusItHas) {
  EXPECT_TRUE(parse_command("npm test | tail -3").masked);
  EXPECT_TRUE(parse_command("npm test || true").masked);
  EXPECT_FALSE(parse_command("cd a && npm test").masked);
  EXPECT_TRUE(parse_command("python - <<'EOF'\nimport x\nEOF").inline_script);
}

// ---------------------------------------------------------------- recoveries

TEST(ErrorRecovery, TellsTheCommandThatCameBetween) {
  const Learned learned = learn_from({EpisodeBuilder("a")
                                          .fail("npm test", "sh: 1: vitest: not found\n")
                                          .pass("ls node_modules")
                                          .pass("npm ci", "added 10 packages")
                                          .pass("npm test", "Tests: 3 passed")
                                          .get()});
  EXPECT_EQ(
      statement(learned),
      "`npm test` failed with `sh: 1: vitest: not found` (3 min); it went through after `npm ci`.");
  const Lesson& lesson = learned.lessons[0].lesson;
  EXPECT_EQ(lesson.provenance[0].quote, "sh: 1: vitest: not found");
  EXPECT_EQ(lesson.provenance[0].line, 11);
  EXPECT_EQ(lesson.when.error_signature, "sh: <n>: vitest: not found");
  EXPECT_EQ(lesson.count, 1);
  EXPECT_EQ(learned.lessons[0].evidence.size(), 1U);
}

TEST(ErrorRecovery, TellsTheOtherToolThatRanBetween) {
  const Json same{{"service", "billing"}};
  const auto deploy = [&](const std::string& name) {
    return EpisodeBuilder(name)
        .add("deploy", "deploy", same, StepStatus::kError, "error: database schema is behind")
        .act("migrate", "")
        .add("deploy", "deploy", same, StepStatus::kSuccess, "ok")
        .get();
  };
  EXPECT_EQ(statement(learn_from({deploy("a"), deploy("b")})),
            "`deploy` failed in 2 tasks with `error: database schema is behind`; it went through "
            "after `migrate`.");
}

TEST(ErrorRecovery, IsNoneWhenEveryTaskFailedAllTheSame) {
  const auto paid = [&](const std::string& name, const Outcome& outcome) {
    return EpisodeBuilder(name)
        .add("book", "", Json{{"order", name}, {"amount", 1}}, StepStatus::kError,
             "Error: payment amount does not add up")
        .add("book", "", Json{{"order", name}, {"amount", 2}}, StepStatus::kSuccess, "ok")
        .ended(outcome)
        .get();
  };
  const Outcome lost{.status = OutcomeStatus::kFailure, .source = OutcomeSource::kReward};
  const Outcome won{.status = OutcomeStatus::kSuccess, .source = OutcomeSource::kReward};
  const auto recoveries = [](const Learned& learned) {
    return std::ranges::count_if(learned.lessons, [](const Candidate& candidate) {
      return candidate.lesson.kind == LessonKind::kErrorRecovery;
    });
  };
  EXPECT_EQ(recoveries(learn_from({paid("a", lost), paid("b", lost)})), 0);
  EXPECT_EQ(recoveries(learn_from({paid("a", lost), paid("b", won)})), 1);
}

TEST(ErrorRecovery, IsNoneWhenTheImportWasTakenOut) {
  const auto tested = [&](EpisodeBuilder builder) {
    return learn_from({builder.pass("npm test", "Tests: 3 passed").get()}).lessons.empty();
  };
  const EpisodeBuilder failed = EpisodeBuilder("a").fail(
      "npm test", "error TS2307: Cannot find module 'left-pad' or its type declarations.");
  EXPECT_TRUE(tested(EpisodeBuilder(failed).edit("src/a.ts", "import x from 'left-pad';", "")));
  EXPECT_FALSE(tested(EpisodeBuilder(failed).pass("npm install left-pad", "added 1 package")));
}

TEST(ErrorRecovery, TellsTheOtherProgram) {
  EXPECT_EQ(
      statement(learn_from({EpisodeBuilder("a")
                                .fail("python manage.py migrate", "zsh: command not found: python")
                                .pass("python3 manage.py migrate", "Applied 3 migrations")
                                .get()})),
      "`python manage.py migrate` failed with `zsh: command not found: python`; it went "
      "through as `python3 manage.py migrate`.");
  EXPECT_EQ(
      statement(learn_from({EpisodeBuilder("a")
                                .fail("timeout2 5 make docs", "bash: timeout2: command not found")
                                .pass("xtimeout 5 make docs", "done")
                                .get()})),
      "`timeout2 5 make docs` failed with `bash: timeout2: command not found`; it went through "
      "as `xtimeout 5 make docs`.");
}

TEST(ErrorRecovery, TellsFlagsAndDirectory) {
  EXPECT_EQ(
      statement(learn_from(
          {EpisodeBuilder("a")
               .fail(
                   "npm install",
                   "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\n")
               .pass("npm install --legacy-peer-deps", "added 1 package")
               .get()})),
      "`npm install` failed with `npm ERR! code ERESOLVE`; it went through as `npm install "
      "--legacy-peer-deps`.");
  EXPECT_EQ(statement(learn_from({EpisodeBuilder("a")
                                      .fail("npm run e2e", "npm ERR! Missing script: \"e2e\"\n")
                                      .pass("cd packages/web && npm run e2e", "4 passed")
                                      .get()})),
            "`npm run e2e` failed with `npm ERR! Missing script: \"e2e\"`; it went through as `cd "
            "packages/web && npm run e2e`.");
}

TEST(ErrorRecovery, TellsTheConfigurationThatChanged) {
  EXPECT_EQ(
      statement(learn_from(
          {EpisodeBuilder("a")
               .fail("npm run build",
                     "src/a.ts(1,1): error TS2550: Property 'at' does not exist.\n")
               .edit("tsconfig.json", "\"target\": \"ES2019\",", "\"target\": \"ES2022\",")
               .pass("npm run build")
               .get()})),
      "`npm run build` failed with `error TS2550: Property 'at' does not exist.` (2 min); it went "
      "through after `\"target\": \"ES2019\",` became `\"target\": \"ES2022\",` in "
      "`tsconfig.json`.");
}

TEST(ErrorRecovery, CountsFailedAttemptsAndTime) {
  EXPECT_EQ(
      statement(learn_from({EpisodeBuilder("a")
                                .fail("docker compose up -d",
                                      "Cannot connect to the Docker daemon at unix:///x.sock.\n")
                                .fail("docker compose up -d",
                                      "Cannot connect to the Docker daemon at unix:///x.sock.\n")
                                .pass("colima start", "started")
                                .pass("docker compose up -d", "up")
                                .get()})),
      "`docker compose up -d` failed twice with `Cannot connect to the Docker daemon at "
      "unix:///x.sock.` (3 min); it went through after `colima start`.");
}

TEST(ErrorRecovery, DropsTheAgentsOwnSlips) {
  const Learned learned =
      learn_from({EpisodeBuilder("a")
                      .write("src/new.ts", "const x: number = 'a'")
                      .fail("npm run build",
                            "src/new.ts(1,7): error TS2322: Type 'string' is not assignable.\n")
                      .edit("src/new.ts", "const x: number = 'a'", "const x = 'a'")
                      .pass("npm run build")
                      .get()});
  EXPECT_TRUE(learned.lessons.empty());
  EXPECT_EQ(learned.dropped.at("the agent's own slip"), 1);
}

TEST(ErrorRecovery, KeepsASlipThatSeveralTasksMet) {
  std::vector<Episode> episodes;
  for (const char* name : {"a", "b"}) {
    episodes.push_back(
        EpisodeBuilder(name)
            .fail("make", "a.c:3:1: error: implicit declaration of function 'strlcpy'\n")
            .edit("a.c", "strlcpy(a, b, n);", "snprintf(a, n, b);")
            .pass("make")
            .get());
  }
  EXPECT_EQ(statement(learn_from(episodes)),
            "`make` failed in 2 tasks with `error: implicit declaration of function 'strlcpy'`; it "
            "went through after `strlcpy(a, b, n);` became `snprintf(a, n, b);` in `a.c`.");
}

TEST(ErrorRecovery, DropsWhatHoldsEverywhereAndProbing) {
  const Learned learned = learn_from(
      {EpisodeBuilder("a")
           .add("Edit", "a.ts", Json{{"file_path", "a.ts"}}, StepStatus::kError,
                "<tool_use_error>File has not been read yet. Read it first.</tool_use_error>")
           .edit("a.ts", "x", "y")
           .fail("ls types/", "ls: cannot access 'types/': No such file or directory")
           .pass("ls")
           .fail("git commit -m x", "nothing to commit, working tree clean")
           .pass("git commit -m x", "[main abc] x")
           .add("WebFetch", "", Json{{"url", "u"}}, StepStatus::kError,
                "Request failed with status code 403")
           .fail("python - <<'EOF'\nprint(x)\nEOF", "NameError: name 'x' is not defined")
           .pass("python - <<'EOF'\nprint(1)\nEOF", "1")
           .get()});
  EXPECT_TRUE(learned.lessons.empty()) << learned.lessons[0].lesson.statement;
  EXPECT_GE(learned.dropped.at("true of every repository"), 2);
  EXPECT_EQ(learned.dropped.at("trivial probing"), 1);
  EXPECT_EQ(learned.dropped.at("transient network"), 1);
  EXPECT_EQ(learned.dropped.at("a script written for the moment"), 1);
}

TEST(ErrorRecovery, AnotherTargetThatPassesIsNoSolution) {
  const Learned learned = learn_from(
      {EpisodeBuilder("a")
           .fail("pytest tests/test_a.py", "E   ModuleNotFoundError: No module named 'httpx'")
           .pass("pytest tests/test_b.py", "3 passed")
           .get()});
  EXPECT_TRUE(learned.of(LessonKind::kErrorRecovery).empty());
}

TEST(ErrorRecovery, TellsTheEnvironmentThatWasSourced) {
  EXPECT_EQ(statement(learn_from(
                {EpisodeBuilder("a")
                     .fail("python manage.py test", "ModuleNotFoundError: No module named 'django'")
                     .pass("source .venv/bin/activate && python manage.py test", "OK")
                     .get()})),
            "`python manage.py test` failed with `ModuleNotFoundError: No module named 'django'`; "
            "it went through as `source .venv/bin/activate && python manage.py test`.");
}

TEST(ErrorRecovery, AFailingAssertionIsTheAgentsOwnWork) {
  const char* const failed = "E       assert 3 == 4\n1 failed\n";
  EXPECT_TRUE(learn_from({EpisodeBuilder("a")
                              .fail("pytest", failed)
                              .edit("sum.py", "import a", "import b")
                              .fail("pytest", failed)
                              .edit("sum.py", "import b", "import c")
                              .pass("pytest", "1 passed")
                              .get()})
                  .lessons.empty());
}

TEST(ErrorRecovery, QuotesEachFailingRunFromItsOwnOutput) {
  const Learned learned = learn_from(
      {EpisodeBuilder("a")
           .fail("npm run build",
                 "src/a.ts(1,1): error TS2322: Type 'x'.\n"
                 "src/b.ts(2,9): error TS2769: No overload matches.\n")
           .edit("src/a.ts", "let a = x;", "let a = y;")
           .fail("npm run build", "src/b.ts(7,3): error TS2769: No overload matches.\n")
           .edit("src/b.ts", "import { tool } from 'lib';", "import { Tool } from 'lib';")
           .pass("npm run build")
           .get()});
  ASSERT_EQ(learned.lessons.size(), 1U);
  const Lesson& lesson = learned.lessons[0].lesson;
  EXPECT_NE(lesson.statement.find("failed twice with `error TS2769"), std::string::npos);
  ASSERT_EQ(lesson.provenance.size(), 4U);
  EXPECT_EQ(lesson.provenance[0].quote, "src/b.ts(2,9): error TS2769: No overload matches.");
  EXPECT_EQ(lesson.provenance[0].line, 11) << "where the result stands, not the call";
  EXPECT_EQ(lesson.provenance[1].quote, "src/b.ts(7,3): error TS2769: No overload matches.");
  EXPECT_EQ(lesson.provenance[1].line, 15);
  EXPECT_EQ(lesson.count, 2) << "as often as the statement says";
}

TEST(ErrorRecovery, NamesWhatTheFixImports) {
  const std::string lines = "src/b.ts(2,9): error TS2769: No overload matches.\n";
  const Learned learned =
      learn_from({EpisodeBuilder("a")
                      .fail("npm run build", lines)
                      .edit("src/b.ts", "return tool(f);", "return tool(g);")
                      .fail("npm run build", lines)
                      .edit("src/b.ts", "import { tool } from '@lib/core/tools';",
                            "import { Tool } from '@lib/core/tools';\nimport { z } from 'zod';")
                      .pass("npm run build")
                      .get()});
  ASSERT_EQ(learned.lessons.size(), 1U);
  EXPECT_NE(
      learned.lessons[0].lesson.statement.find(
          "after `b.ts` imported `Tool` of `@lib/core/tools`, `z` of `zod` instead of `tool`."),
      std::string::npos)
      << learned.lessons[0].lesson.statement;
}

TEST(ErrorRecovery, QuotesTheChangeFromTheLog) {
  const Learned learned =
      learn_from({EpisodeBuilder("a")
                      .fail("npm run build", "src/a.ts(1,1): error TS2550: no 'at'.\n")
                      .edit("tsconfig.json", "\"target\": \"ES2019\"", "\"target\": \"ES2022\"")
                      .pass("npm run build")
                      .get()});
  ASSERT_EQ(learned.lessons.size(), 1U);
  const auto& spans = learned.lessons[0].lesson.provenance;
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[1].quote, "\\\"target\\\": \\\"ES2022\\\"");  // as the JSON holds it
  EXPECT_EQ(spans[1].line, 12) << "a change is in the call";
  EXPECT_EQ(spans[2].quote, "npm run build");
}

TEST(ErrorRecovery, AQuestionOnTheTerminalIsAFailure) {
  EXPECT_EQ(
      statement(learn_from({EpisodeBuilder("a")
                                .pass("npx create-thing app", "? Use a src directory? › No / Yes")
                                .pass("npx create-thing app --yes", "created")
                                .get()})),
      "`npx create-thing app` stopped at a question (`Use a src directory?`); it went through "
      "as `npx create-thing app --yes`.");
}

TEST(ErrorRecovery, SaysNothingThatClaudeMdSays) {
  const std::vector<std::string> rules = {"- Run `npm ci` in a fresh checkout"};
  ReduceOptions options;
  options.known_rules = rules;
  const Learned learned = learn_from({EpisodeBuilder("a")
                                          .fail("npm test", "sh: 1: vitest: not found\n")
                                          .pass("npm ci")
                                          .pass("npm test", "3 passed")
                                          .get()},
                                     options);
  EXPECT_TRUE(learned.lessons.empty());
  EXPECT_EQ(learned.dropped.at("already in CLAUDE.md"), 1);
}

TEST(ErrorRecovery, OfAnApiNeedsTwoEpisodes) {
  const auto episode = [](const char* name) {
    return EpisodeBuilder(name)
        .add("pay", "", Json{{"order", name}, {"method", "gift"}}, StepStatus::kSuccess,
             "Error: gift cards cannot pay for shipping")
        .add("pay", "", Json{{"order", name}, {"method", "card"}}, StepStatus::kSuccess, "paid")
        .get();
  };
  EXPECT_TRUE(learn_from({episode("a")}).lessons.empty());
  EXPECT_EQ(statement(learn_from({episode("a"), episode("b")})),
            "`pay` failed in 2 tasks with `Error: gift cards cannot pay for shipping`; it went "
            "through with another `method`.");
}

// ---------------------------------------------------------------- dead ends

const char* const kBroken = "> Build error occurred\n[TypeError: render is not a function]\n";

TEST(DeadEnd, TellsWhatDidNotHelp) {
  EXPECT_EQ(
      statement(learn_from({EpisodeBuilder("a")
                                .fail("npm run build", kBroken)
                                .edit("next.config.js", "swcMinify: true,", "swcMinify: false,")
                                .fail("npm run build", kBroken)
                                .get()})),
      "`npm run build` failed twice with `[TypeError: render is not a function]` and was not "
      "seen to pass; it did not help that `swcMinify: true,` became `swcMinify: false,` in "
      "`next.config.js`.");
}

TEST(DeadEnd, BlamesNoUnrelatedEdit) {
  EXPECT_EQ(statement(learn_from({EpisodeBuilder("a")
                                      .fail("npm run build", kBroken)
                                      .edit("src/header.css", "color: red;", "color: blue;")
                                      .fail("npm run build", kBroken)
                                      .get()})),
            "`npm run build` failed twice with `[TypeError: render is not a function]` and was not "
            "seen to pass.");
}

TEST(DeadEnd, NeedsTwoFailures) {
  EXPECT_TRUE(
      learn_from({EpisodeBuilder("a").fail("npm run build", kBroken).get()}).lessons.empty());
}

TEST(DeadEnd, IsTakenBackByALaterPass) {
  const Episode stuck =
      EpisodeBuilder("a", 0).fail("npm run build", kBroken).fail("npm run build", kBroken).get();
  EXPECT_EQ(learn_from({stuck}).of(LessonKind::kDeadEnd).size(), 1U);
  const Episode later = EpisodeBuilder("b", 500).pass("npm run build").get();
  const Learned learned = learn_from({later, stuck});
  EXPECT_TRUE(learned.lessons.empty());
  EXPECT_EQ(learned.dropped.at("solved later"), 1);
}

TEST(DeadEnd, ComesFromAnErrorThatAPersonPastedAgain) {
  const std::string paste =
      "❯ ./run.sh\nBuilding image\n#9 1.2 npm error Exit handler never called!\n------\n";
  const Episode episode =
      EpisodeBuilder("a").edit("Dockerfile", "RUN npm ci", "RUN npm install").get();
  EXPECT_EQ(statement(learn_from({episode}, {}, {.opening = paste, .next = paste})),
            "`npm error Exit handler never called!` came back from `./run.sh` after `RUN npm ci` "
            "became `RUN npm install` in `Dockerfile`, so that did not help.");
  const Learned fixed =
      learn_from({episode}, {}, {.opening = paste, .next = "Thanks, that worked!"});
  EXPECT_EQ(fixed.of(LessonKind::kErrorRecovery).size(), 1U);
  EXPECT_TRUE(learn_from({episode}, {}, {.opening = paste, .next = ""}).lessons.empty());
}

TEST(DeadEnd, TheAgentsClaimNeverSolvesIt) {
  EpisodeBuilder builder("a");
  builder.fail("npm run build", kBroken).act("message", "Fixed! The build is perfect now.");
  builder.fail("npm run build", kBroken);
  EXPECT_EQ(learn_from({builder.get()}).of(LessonKind::kDeadEnd).size(), 1U);
}

// ---------------------------------------------------------------- outcomes

Outcome outcome_of(const EpisodeBuilder& builder, const std::string& next = "",
                   bool rewound = false) {
  return infer_outcome(builder.get(), next, rewound);
}

TEST(InferredOutcome, ComesFromTheLastChecks) {
  const Outcome failed = outcome_of(EpisodeBuilder("a")
                                        .pass("npm test", "3 passed")
                                        .fail("npm test", "Tests: 1 failed, 2 passed"));
  EXPECT_EQ(failed.status, OutcomeStatus::kFailure);
  EXPECT_EQ(failed.source, OutcomeSource::kChecks);
  EXPECT_EQ(
      outcome_of(EpisodeBuilder("a").fail("npm test", "1 failed").pass("npm test", "3 passed"))
          .status,
      OutcomeStatus::kSuccess);
  EXPECT_EQ(
      outcome_of(EpisodeBuilder("a").pass("npm test 2>&1 | tail -5", "Tests: 2 failed, 1 passed"))
          .status,
      OutcomeStatus::kFailure);
  EXPECT_EQ(
      outcome_of(EpisodeBuilder("a").run("pytest", StepStatus::kUnknown, "== 4 passed in 0.1s =="))
          .status,
      OutcomeStatus::kSuccess);
  // A check that passes does not make good another that failed.
  EXPECT_EQ(outcome_of(EpisodeBuilder("a").fail("pytest", "1 failed").pass("ruff check")).status,
            OutcomeStatus::kFailure);
}

TEST(InferredOutcome, ComesFromThePersonsNextTurn) {
  const EpisodeBuilder work = EpisodeBuilder("a").edit("a", "x", "y");
  const std::pair<const char*, OutcomeStatus> turns[] = {
      {"still broken", OutcomeStatus::kFailure},
      {"It doesn't work.", OutcomeStatus::kFailure},
      {"no, use the other endpoint please", OutcomeStatus::kFailure},
      {"that's wrong", OutcomeStatus::kFailure},
      {"I get the same error", OutcomeStatus::kFailure},
      {"thanks but it still fails", OutcomeStatus::kFailure},
      {"Thanks!", OutcomeStatus::kSuccess},
      {"perfect, works", OutcomeStatus::kSuccess},
      {"its just super beautiful, now deploy it", OutcomeStatus::kSuccess},
      {"great, but make the button blue", OutcomeStatus::kUnknown},
      {"no problem", OutcomeStatus::kUnknown},
      {"todomvc is great, let's use it", OutcomeStatus::kUnknown},
      {"now add a test for the parser", OutcomeStatus::kUnknown},
      {"does it work on windows?", OutcomeStatus::kUnknown},
      {"", OutcomeStatus::kUnknown},
  };
  for (const auto& [turn, status] : turns) {
    EXPECT_EQ(name_of(outcome_of(work, turn).status), name_of(status)) << turn;
  }
}

TEST(InferredOutcome, TakesTheMoreReliableSource) {
  const EpisodeBuilder passed = EpisodeBuilder("a").pass("cargo test", "test result: ok. 3 passed");
  EXPECT_EQ(outcome_of(passed, "still broken").source, OutcomeSource::kChecks);
  Episode rewarded = passed.get();
  rewarded.outcome = {.status = OutcomeStatus::kFailure, .source = OutcomeSource::kReward};
  EXPECT_EQ(infer_outcome(rewarded, "thanks", false).status, OutcomeStatus::kFailure);
}

TEST(InferredOutcome, KnowsCommitsAndUndoneWork) {
  const EpisodeBuilder committed =
      EpisodeBuilder("a").pass("git add -A && git commit -m x", "[main 1a2b] x");
  EXPECT_EQ(outcome_of(committed).source, OutcomeSource::kCommit);
  EXPECT_EQ(outcome_of(committed, "revert that").source, OutcomeSource::kUndo);
  EXPECT_EQ(outcome_of(committed, "", true).source, OutcomeSource::kUndo);
  EXPECT_EQ(outcome_of(committed, "[Request interrupted by user]").status, OutcomeStatus::kFailure);
}

TEST(InferredOutcome, IsNeverTheAgentsClaim) {
  EXPECT_EQ(outcome_of(EpisodeBuilder("a").act("message", "All tests pass! Fixed!")).status,
            OutcomeStatus::kUnknown);
  EXPECT_EQ(
      outcome_of(EpisodeBuilder("a").pass("echo 'all tests passed'", "all tests passed")).status,
      OutcomeStatus::kUnknown);
}

}  // namespace
}  // namespace hardwon::learn
