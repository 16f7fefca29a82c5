#include "learn/signature.h"

#include <gtest/gtest.h>

#include "learn/learn.h"

namespace hardwon::learn {
namespace {

struct Case {
  const char* name;
  const char* output;
  const char* states;  // must be in the failing line
  ErrorKind kind;
};

const Case kCases[] = {
    {"tsc",
     "\n> app@1.0.0 build\n> tsc\n\nsrc/store/cart.ts(12,5): error TS2322: Type 'string' is not "
     "assignable to type 'number'.\nsrc/store/cart.ts(40,1): error TS2304: Cannot find name "
     "'foo'.\n",
     "error TS2322: Type 'string'", ErrorKind::kCode},
    {"npm_warn_block",
     "npm warn Unknown env config \"store-dir\". This will stop working.\nnpm warn Unknown env "
     "config \"x\". This will stop working.\n\n> Build error occurred\n[TypeError: render is not a "
     "function]\n\n> site@0.1.0 build\n> next build\n",
     "[TypeError: render is not a function]", ErrorKind::kCode},
    {"npm_missing_script",
     "npm ERR! Missing script: \"lint:all\"\nnpm ERR!\nnpm ERR! Did you mean this?\nnpm ERR!   npm "
     "run lint\nnpm ERR! A complete log of this run can be found in:\nnpm ERR!     "
     "/home/u/.npm/_logs/2025-01-01T00_00_00_000Z-debug-0.log\n",
     "Missing script: \"lint:all\"", ErrorKind::kUsage},
    {"npm_eresolve",
     "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR! While "
     "resolving: web@0.0.1\nnpm ERR! Found: react@18.2.0\n",
     "ERESOLVE", ErrorKind::kMissingModule},
    {"npm_buildkit",
     "#9 158.5 npm error Exit handler never called!\n#9 158.5 npm error This is an error with npm "
     "itself. Please report this error at:\n#9 158.5 npm error   "
     "<https://github.com/npm/cli/issues>\n------\nfailed to solve: process \"/bin/sh -c npm ci\" "
     "did not complete successfully: exit code: 1\n",
     "Exit handler never called!", ErrorKind::kEnvironment},
    {"eslint",
     "\n/home/u/app/src/main.js\n  3:7   warning  'x' is assigned a value but never used  "
     "no-unused-vars\n  12:5  error    Unexpected console statement  no-console\n\n✖ 2 problems (1 "
     "error, 1 warning)\n",
     "Unexpected console statement", ErrorKind::kCode},
    {"jest",
     "FAIL src/sum.test.js\n  ● sum › adds two numbers\n\n    expect(received).toBe(expected) // "
     "Object.is equality\n\n    Expected: 3\n    Received: 4\n\n      at Object.<anonymous> "
     "(src/sum.test.js:5:18)\n\nTests:       1 failed, 2 passed, 3 total\n",
     "expect(received).toBe(expected)", ErrorKind::kCode},
    {"vitest",
     " FAIL  src/a.test.ts > parse > handles empty input\nAssertionError: expected [] to deeply "
     "equal [ 1 ]\n ❯ src/a.test.ts:9:21\n\n Test Files  1 failed (1)\n",
     "AssertionError: expected [] to deeply equal [ 1 ]", ErrorKind::kCode},
    {"pytest",
     "=================================== FAILURES "
     "===================================\n_________________________________ test_total "
     "__________________________________\n\n    def test_total():\n>       assert total([1, 2]) == "
     "4\nE       assert 3 == 4\nE        +  where 3 = total([1, 2])\n\ntests/test_total.py:5: "
     "AssertionError\n=========================== short test summary info "
     "============================\nFAILED tests/test_total.py::test_total - assert 3 == "
     "4\n============================== 1 failed in 0.02s ===============================\n",
     "assert 3 == 4", ErrorKind::kCode},
    {"pytest_import",
     "ImportError while importing test module "
     "'/app/tests/test_api.py'.\nTraceback:\ntests/test_api.py:1: in <module>\n    import httpx\nE "
     "  ModuleNotFoundError: No module named 'httpx'\n",
     "ModuleNotFoundError: No module named 'httpx'", ErrorKind::kMissingModule},
    {"python_traceback",
     "Traceback (most recent call last):\n  File \"/app/run.py\", line 10, in <module>\n    "
     "main()\n  File \"/app/run.py\", line 6, in main\n    return d['x']\nKeyError: 'x'\n",
     "KeyError: 'x'", ErrorKind::kCode},
    {"python_chained",
     "Traceback (most recent call last):\n  File \"a.py\", line 2, in f\n    int('x')\nValueError: "
     "invalid literal for int() with base 10: 'x'\n\nDuring handling of the above exception, "
     "another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 4, "
     "in f\n    raise RuntimeError('no number')\nRuntimeError: no number\n",
     "RuntimeError: no number", ErrorKind::kOther},
    {"cargo",
     "   Compiling app v0.1.0 (/home/u/app)\nerror[E0433]: failed to resolve: use of undeclared "
     "crate or module `serde`\n --> src/main.rs:1:5\n  |\n1 | use serde::Serialize;\n  |     ^^^^^ "
     "use of undeclared crate or module `serde`\n\nFor more information about this error, try "
     "`rustc --explain E0433`.\nerror: could not compile `app` (bin \"app\") due to 1 previous "
     "error\n",
     "error[E0433]: failed to resolve", ErrorKind::kCode},
    {"cargo_test",
     "running 1 test\ntest tests::adds ... FAILED\n\nfailures:\n\n---- tests::adds stdout "
     "----\nthread 'tests::adds' panicked at src/lib.rs:10:9:\nassertion `left == right` failed\n  "
     "left: 3\n right: 4\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored\n",
     "assertion `left == right` failed", ErrorKind::kCode},
    {"rustc_plain",
     "error: linker `cc` not found\n  |\n  = note: No such file or directory (os error "
     "2)\n\nerror: could not compile `app`\n",
     "linker `cc` not found", ErrorKind::kMissingTool},
    {"go_build",
     "# example.com/app\n./main.go:8:2: undefined: fmtx\n./main.go:9:2: undefined: osx\n",
     "undefined: fmtx", ErrorKind::kCode},
    {"go_module",
     "main.go:4:2: no required module provides package github.com/x/y; to add it:\n\tgo get "
     "github.com/x/y\n",
     "no required module provides package", ErrorKind::kMissingModule},
    {"go_test",
     "--- FAIL: TestAdd (0.00s)\n    add_test.go:9: got 3, want 4\nFAIL\nexit status "
     "1\nFAIL\texample.com/app\t0.002s\n",
     "TestAdd", ErrorKind::kCode},
    {"gcc",
     "main.c: In function 'main':\nmain.c:5:12: error: 'x' undeclared (first use in this "
     "function)\n    5 |     return x;\n      |            ^\nmake: *** [Makefile:3: main.o] Error "
     "1\n",
     "'x' undeclared", ErrorKind::kCode},
    {"gcc_header",
     "src/db.c:1:10: fatal error: sqlite3.h: No such file or directory\n    1 | #include "
     "<sqlite3.h>\n      |          ^~~~~~~~~~~\ncompilation terminated.\n",
     "sqlite3.h: No such file", ErrorKind::kMissingModule},
    {"clang",
     "a.cpp:3:3: error: use of undeclared identifier 'foo'\n  foo();\n  ^\n1 error generated.\n",
     "use of undeclared identifier 'foo'", ErrorKind::kCode},
    {"ld",
     "/usr/bin/ld: main.o: in function `main':\nmain.c:(.text+0xe): undefined reference to "
     "`sqrt'\ncollect2: error: ld returned 1 exit status\n",
     "undefined reference to `sqrt'", ErrorKind::kCode},
    {"cmake",
     "CMake Error at CMakeLists.txt:12 (find_package):\n  Could not find a package configuration "
     "file provided by \"fmt\"\n-- Configuring incomplete, errors occurred!\n",
     "Could not find a package configuration file provided by \"fmt\"", ErrorKind::kMissingModule},
    {"make", "make: *** No rule to make target 'tests'.  Stop.\n", "No rule to make target 'tests'",
     ErrorKind::kUsage},
    {"pip",
     "ERROR: Could not find a version that satisfies the requirement torch==9.9 (from versions: "
     "2.0.0)\nERROR: No matching distribution found for torch==9.9\n",
     "Could not find a version that satisfies", ErrorKind::kMissingModule},
    {"pip_managed",
     "error: externally-managed-environment\n\n× This environment is externally managed\n╰─> To "
     "install Python packages system-wide, try apt install\n",
     "externally-managed-environment", ErrorKind::kEnvironment},
    {"docker_daemon",
     "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
     "running?\n",
     "Cannot connect to the Docker daemon", ErrorKind::kEnvironment},
    {"docker_build",
     " => [2/4] COPY . .\n => ERROR [3/4] RUN apt-get install -y libfoo\n------\n > [3/4] RUN "
     "apt-get install -y libfoo:\n0.412 E: Unable to locate package libfoo\n------\nERROR: failed "
     "to solve: process \"/bin/sh -c apt-get install -y libfoo\" did not complete successfully: "
     "exit code: 100\n",
     "Unable to locate package libfoo", ErrorKind::kMissingModule},
    {"git_hook",
     "husky - pre-commit hook exited with code 1 (error)\n/app/src/x.ts\n  4:1  error  Missing "
     "semicolon  semi\n",
     "Missing semicolon", ErrorKind::kCode},
    {"git", "fatal: not a git repository (or any of the parent directories): .git\n",
     "not a git repository", ErrorKind::kGit},
    {"git_push",
     "To github.com:a/b.git\n ! [rejected]        main -> main (fetch first)\nerror: failed to "
     "push some refs to 'github.com:a/b.git'\n",
     "rejected", ErrorKind::kGit},
    {"curl",
     "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n            "
     "                     Dload  Upload   Total   Spent    Left  Speed\n\r  0     0    0     0    "
     "0     0      0      0 --:--:-- --:--:-- --:--:--     0\ncurl: (7) Failed to connect to "
     "localhost port 9200 after 0 ms: Connection refused\n",
     "Failed to connect to localhost", ErrorKind::kNetwork},
    {"http", "Request failed with status code 403", "status code 403", ErrorKind::kNetwork},
    {"bash", "bash: line 1: fd: command not found\n", "fd: command not found",
     ErrorKind::kMissingTool},
    {"zsh", "zsh: command not found: gtimeout\n", "command not found: gtimeout",
     ErrorKind::kMissingTool},
    {"dash", "sh: 1: vitest: not found\n", "vitest: not found", ErrorKind::kMissingTool},
    {"zsh_glob", "(eval):1: no matches found: src/app/[id]/*\n", "no matches found",
     ErrorKind::kMissingPath},
    {"ls", "ls: cannot access 'types/': No such file or directory\n", "cannot access 'types/'",
     ErrorKind::kMissingPath},
    {"psql", "ERROR:  relation \"users\" does not exist\nLINE 1: select * from users;\n",
     "relation \"users\" does not exist", ErrorKind::kOther},
    {"psql_server",
     "psql: error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: "
     "FATAL:  role \"root\" does not exist\n",
     "role \"root\" does not exist", ErrorKind::kOther},
    {"maven",
     "[INFO] Compiling 3 source files\n[ERROR] COMPILATION ERROR : \n[ERROR] "
     "/app/src/main/java/A.java:[5,9] cannot find symbol\n[ERROR]   symbol:   variable "
     "foo\n[ERROR] Failed to execute goal "
     "org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile\n[ERROR] -> [Help 1]\n",
     "cannot find symbol", ErrorKind::kCode},
    {"java",
     "Exception in thread \"main\" java.lang.IllegalStateException: no port\n\tat "
     "com.a.Main.run(Main.java:12)\n\tat com.a.Main.main(Main.java:5)\nCaused by: "
     "java.net.BindException: Address already in use\n\tat java.base/sun.nio.ch.Net.bind0(Native "
     "Method)\n",
     "Address already in use", ErrorKind::kEnvironment},
    {"node_module",
     "node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\nError: Cannot find module "
     "'express'\nRequire stack:\n- /app/server.js\n    at Module._resolveFilename "
     "(node:internal/modules/cjs/loader:1077:15)\n  code: 'MODULE_NOT_FOUND'\n\nNode.js v20.1.0\n",
     "Cannot find module 'express'", ErrorKind::kMissingModule},
    {"port",
     "Error: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle "
     "[as _listen2] (node:net:1432:16)\n",
     "EADDRINUSE", ErrorKind::kEnvironment},
    {"ruby", "/usr/lib/ruby/3.0.0/bundler.rb:1: cannot load such file -- rake (LoadError)\n",
     "cannot load such file -- rake", ErrorKind::kMissingModule},
    {"timeout", "Command timed out after 2m 0.0s\n\n> vitest\n\n DEV  v1.0.0 /app\n",
     "Command timed out after", ErrorKind::kTimeout},
    {"segfault", "Segmentation fault (core dumped)\n", "Segmentation fault",
     ErrorKind::kEnvironment},
    {"terraform_like",
     "Error: Invalid reference\n\n  on main.tf line 3, in resource \"a\" \"b\":\n",
     "Invalid reference", ErrorKind::kOther},
    {"unknown_option", "error: unknown option '--experimental-foo'\n",
     "unknown option '--experimental-foo'", ErrorKind::kUsage},
    {"mypy",
     "app/models.py:10: error: Incompatible types in assignment (expression has type \"str\", "
     "variable has type \"int\")  [assignment]\nFound 1 error in 1 file (checked 3 source files)\n",
     "Incompatible types in assignment", ErrorKind::kCode},
    {"ruff", "app/a.py:3:1: F401 `os` imported but unused\nFound 1 error.\n",
     "F401 `os` imported but unused", ErrorKind::kCode},
    {"unread_file",
     "<tool_use_error>File has not been read yet. Read it first before writing to "
     "it.</tool_use_error>",
     "File has not been read yet", ErrorKind::kHarness},
    {"rejected_tool",
     "The user doesn't want to proceed with this tool use. The tool use was rejected.",
     "doesn't want to proceed", ErrorKind::kHarness},
    {"ansi", "\x1b[31mError: Cannot find module \x1b[1m'vite'\x1b[22m\x1b[39m\n",
     "Cannot find module", ErrorKind::kMissingModule},
    {"gradle",
     "> Task :app:compileKotlin FAILED\ne: file:///app/src/Main.kt:5:9 Unresolved reference: "
     "foo\n\nFAILURE: Build failed with an exception.\n\n* What went wrong:\nExecution failed for "
     "task ':app:compileKotlin'.\n",
     "Unresolved reference: foo", ErrorKind::kCode},
    {"dotnet",
     "/app/Program.cs(5,13): error CS0103: The name 'foo' does not exist in the current context "
     "[/app/app.csproj]\n\nBuild FAILED.\n",
     "error CS0103", ErrorKind::kCode},
};

TEST(FailingLine, IsFoundInOutputsOfManyTools) {
  EXPECT_GE(std::size(kCases), 40U);
  for (const Case& c : kCases) {
    const auto line = failing_line(c.output);
    ASSERT_TRUE(line.has_value()) << c.name;
    EXPECT_NE(line->text.find(c.states), std::string::npos) << c.name << ": " << line->text;
    EXPECT_EQ(static_cast<int>(line->kind), static_cast<int>(c.kind))
        << c.name << ": " << line->text;
    EXPECT_GE(line->weight, 40) << c.name;
    EXPECT_NE(std::string_view(c.output).find(line->raw), std::string_view::npos) << c.name;
  }
}

TEST(FailingLine, IsAbsentWhereNoLineStatesAnError) {
  for (const char* output :
       {"", "added 203 packages in 10s\nfound 0 vulnerabilities\n", "Error", "Exit code 1",
        "test result: ok. 12 passed; 0 failed; 0 ignored\n", "Tests: 3 passed, 3 total\n",
        "npm warn deprecated node-domexception@1.0.0: Use your platform's native DOMException\n",
        "0 errors, 0 warnings\n", "total 0\ndrwxr-xr-x 2 u u 64 Jan 1 00:00 errors\n"}) {
    const auto line = failing_line(output);
    EXPECT_TRUE(!line || line->weight < kStatesCause) << output << " -> " << line->text;
  }
}

TEST(Signature, LeavesOutWhatChangesFromRunToRun) {
  const std::pair<const char*, const char*> same[] = {
      {"src/a/cart.ts(12,5): error TS2322: Type 'x'.",
       "lib/a/cart.ts(99,1): error TS2322: Type 'x'."},
      {"Error: listen EADDRINUSE: address already in use :::3000",
       "Error: listen EADDRINUSE: address already in use :::4173"},
      {"panic: bad handle 0xc0000140a0", "panic: bad handle 0xc00091b230"},
      {"Error: cannot open /tmp/tmpab12/x.db", "Error: cannot open /tmp/tmpzz99/x.db"},
      {"fatal: job 0190a1b2-1111-4222-8333-444455556666 lost",
       "fatal: job 0190ffff-1111-4222-8333-444455559999 lost"},
      {"Error: at 2025-01-02T03:04:05Z the lock was held",
       "Error: at 2026-11-20T10:00:00.123Z the lock was held"},
      {"Error: timed out after 3021ms", "Error: timed out after 5000ms"},
      {"npm ERR! Missing script: \"x\"", "npm error Missing script: \"x\""},
  };
  for (const auto& [a, b] : same) EXPECT_EQ(error_signature(a), error_signature(b));
  EXPECT_NE(error_signature("error TS2322: Type 'x'."), error_signature("error TS2304: Type 'x'."));
  EXPECT_NE(error_signature("Error: Cannot find module 'a'"),
            error_signature("Error: Cannot find module 'b'"));
  EXPECT_NE(error_signature("Error: Cannot find module '@testing-library/react'")
                .find("@testing-library/react"),
            std::string::npos);
}

TEST(Signature, SurvivesHostileOutput) {
  std::string long_line(5 << 20, 'x');
  EXPECT_EQ(error_signature(long_line), "");
  EXPECT_EQ(error_signature(std::string("\0\xff\xfe\x1b[", 5)), "");
  EXPECT_NE(error_signature("ERROR: " + std::string("\xff\xfe bad bytes here")), "");
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "error: thing number " + std::to_string(i) + "\n";
  EXPECT_EQ(error_signature(many), "error: thing number <n>");
}

TEST(WaitingPrompt, IsTheQuestionAProgramEndsWith) {
  const auto menu = waiting_prompt(
      "\x1b[36m?\x1b[39m \x1b[1mUse a `src/` directory?\x1b[22m \x1b[90m›\x1b[39m No / "
      "\x1b[36mYes\x1b[39m\nnpm warn Unknown env config\n");
  ASSERT_TRUE(menu);
  EXPECT_EQ(menu->text, "Use a `src/` directory?");
  EXPECT_TRUE(waiting_prompt("Need to install the following packages:\nOk to proceed? (y/n) "));
  EXPECT_TRUE(waiting_prompt("Do you want to continue? [Y/n]"));
  EXPECT_FALSE(waiting_prompt("What is this repository about?\n"));
  EXPECT_FALSE(waiting_prompt("Do you want to continue? [Y/n] y\nDone.\n"));
}

}  // namespace
}  // namespace hardwon::learn
