"""Bad input: exit status, path, line or field, and the rest is kept."""
import json
import os
import resource
import subprocess
import sys

import scenario
from scenario import PROGRAM, Store
from transcripts import Transcript


def error_of(done):
    return json.loads(done.stdout.splitlines()[-1])["error"]


def good_lines():
    return Transcript().say("Build it.").bash("make", "ok").text()


def test_malformed_lines_are_skipped_by_number():
    store = Store()
    lines = good_lines().splitlines(keepends=True)
    lines.insert(1, "{broken\n")
    lines.insert(3, '"a text"\n')
    lines.insert(4, '{"type":"tomorrow"}\n')
    report = store.json("import", store.file("a.jsonl", "".join(lines)), "--format", "claude-code")
    source = report["sources"][0]
    assert source["status"] == "imported" and source["tool_calls"] == 1, source
    assert [s["line"] for s in source["skipped"]] == [2, 4, 5], source["skipped"]


def test_binary_empty_and_missing_files():
    store = Store()
    good = store.file("logs/good.jsonl", good_lines())
    binary = store.file("logs/binary.jsonl", bytes(range(256)) * 100)
    report = store.json("import", good, binary, os.path.join(store.home, "missing.jsonl"))
    by_name = {os.path.basename(s["path"]): s for s in report["sources"]}
    assert by_name["good.jsonl"]["status"] == "imported"
    assert by_name["binary.jsonl"]["status"] == "failed"
    assert by_name["missing.jsonl"]["status"] == "failed"
    assert by_name["missing.jsonl"]["error"]["path"].endswith("missing.jsonl")


def test_lines_that_cannot_be_read_are_an_error():
    store = Store()
    verbs = (("document", "add"), ("replay", "add"), ("replay", "import"), ("replay", "update"),
             ("replay", "neighbours"), ("recall", "--queries"),
             ("lab", "search", "--game", "nim", "--positions"))
    for verb in verbs:
        missing = store.run(*verb, os.path.join(store.home, "missing.jsonl"), exits=(4,))
        assert error_of(missing)["path"].endswith("missing.jsonl"), (verb, missing.stdout)
        if verb[:2] == ("document", "add"):
            assert not os.path.exists(store.path), "a store was made for nothing"
        if verb == ("replay", "neighbours"):  # asks for a buffer first
            assert os.path.isdir(os.path.join(store.path, "replay"))
        done = store.run(*verb, store.home, exits=(4,))  # a directory: opens, cannot be read
        assert error_of(done)["code"] == "io", (verb, done.stdout)
        assert error_of(done)["path"] == store.home, (verb, done.stdout)


def test_questions_come_from_standard_input_too():
    store = Store()
    store.json("document", "add", "-", stdin='{"id":"d","content":"how to build the shop"}\n')
    question = '{"id":1,"query":"build the shop"}\n'
    by_file = store.lines("recall", "--queries", store.file("q.jsonl", question))
    by_input = store.lines("recall", "--queries", "-", stdin=question)
    assert by_file[0]["hits"] and by_input[0]["id"] == 1, by_input
    assert ([h["external_id"] for h in by_input[0]["hits"]]
            == [h["external_id"] for h in by_file[0]["hits"]])


def test_no_readable_source_is_an_error():
    store = Store()
    done = store.run("import", os.path.join(store.home, "missing.jsonl"), exits=(2, 4))
    assert json.loads(done.stdout)["sources"][0]["status"] == "failed"


def test_long_lines_invalid_utf8_and_a_truncated_end():
    store = Store()
    long = Transcript().say("Build it.").bash("make", "x" * 5_000_000).text().encode()
    text = long + good_lines().encode().replace(b"ok", b"\xff\xfe ok") + good_lines()[:60].encode()
    source = store.json("import", store.file("a.jsonl", text))["sources"][0]
    assert source["status"] == "imported" and source["tool_calls"] == 2, source
    assert source["skipped_total"] == 1, source


def test_dates_in_the_future_are_unknown():
    store = Store()
    store.json("import", store.file("a.jsonl", good_lines().replace("2026-05-01", "2199-05-01")))
    assert store.lines("episode", "list")[0]["started_at"] is None


def test_usage_errors_exit_2_and_name_the_option():
    store = Store()
    for words, field in ((("recall", "x", "-k", "0"), "k"), (("recall", "x", "-k", "a"), "k"),
                         (("recall", "x", "--since", "yesterday"), "since"),
                         (("recall", "x", "--mode", "magic"), "mode"),
                         (("recall", "x", "--kind", "magic"), "kind"),
                         (("lesson", "list", "--kind", "magic"), "kind"),
                         (("feedback", "abcd"), None), (("frobnicate",), None),
                         (("recall", "--frob"), None), (("forget",), None)):
        done = store.run(*words, scope="", exits=(1, 2))
        error = error_of(done)
        assert error["message"], words
        if field:
            assert done.returncode == 2 and error["field"] == field, (words, error)


def test_no_store_is_not_found_for_questions():
    store = Store()
    done = store.run("recall", "anything", exits=(1,))
    assert error_of(done)["code"] == "not_found"
    assert not os.path.exists(store.path)


def test_unknown_ids_exit_1():
    store = Store()
    store.run("remember", "Use tabs.")
    for words in (("lesson", "show", "zzzz"), ("episode", "show", "zzzz"),
                  ("feedback", "zzzz", "--rating", "3")):
        assert error_of(store.run(*words, exits=(1,)))["code"] == "not_found", words


def test_configuration_errors_name_file_line_and_key():
    store = Store()
    store.env["HARDWON_CONFIG"] = store.file("c.yaml", "batch_config:\n  max_batch_siez: 5\n")
    error = error_of(store.run("stats", exits=(2,)))
    assert error["line"] == 2 and error["field"] == "batch_config.max_batch_siez", error
    assert error["path"].endswith("c.yaml")
    store.env["HARDWON_CONFIG"] = store.file("c.yaml", "faiss_backend: gpu\n")
    done = store.run("remember", "Use tabs.")
    assert "FAISS" in done.stderr, done.stderr


def test_each_configuration_key_changes_the_result():
    store = Store()
    store.run("remember", "Deploy with the blue script")
    ask = lambda: store.json("recall", "deploy blue script")
    assert ask()["mode"] == "hybrid"
    store.env["HARDWON_CONFIG"] = store.file("c.yaml", "enable_embeddings: false\n")
    answer = ask()
    assert answer["mode"] == "lexical" and answer["degraded"], answer
    store.env["HARDWON_CONFIG"] = store.file("c.yaml", "user: bob\n")
    assert store.json("recall", "deploy blue script", scope="", exits=(1,))["hits"] == []
    other = os.path.join(store.home, "elsewhere")
    store.env["HARDWON_CONFIG"] = store.file("c.yaml", f"store: {other}\n")
    del store.env["HARDWON_HOME"]
    store.run("remember", "Use spaces.")
    assert os.path.exists(other)


def test_the_pattern_threshold_is_a_filter():
    with open(os.path.join(scenario.SOURCE, "examples", "deploys.jsonl")) as file:
        text = file.read()
    kept = {}
    for threshold in ("0.7", "50"):
        store = Store()
        store.env["HARDWON_CONFIG"] = store.file(
            "c.yaml", f"pattern_extraction_threshold: {threshold}\n")
        store.json("import", store.file("deploys.jsonl", text), scope="")
        kept[threshold] = len(store.lines("lesson", "list", "--kind", "heuristic,tool_sequence",
                                          scope="all", exits=(0, 1)))
    assert kept["0.7"] > 0 and kept["50"] == 0, kept


def test_a_read_only_store_answers_and_refuses_writes():
    store = Store()
    store.run("remember", "Deploy with the blue script")
    for folder, _, names in os.walk(store.path):
        for name in names:
            os.chmod(os.path.join(folder, name), 0o400)
        os.chmod(folder, 0o500)
    # Root ignores permissions: drop them for the check, where that can be done.
    drop = []
    if os.geteuid() == 0:
        os.chmod(store.home, 0o755)
        for folder, _, names in os.walk(store.path):
            os.chown(folder, 65534, 65534)
            for name in names:
                os.chown(os.path.join(folder, name), 65534, 65534)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    ask = subprocess.run(drop + store.argv("recall", "deploy blue script"), env=store.env,
                         capture_output=True, text=True)
    assert ask.returncode == 0 and json.loads(ask.stdout)["hits"], (ask.stdout, ask.stderr)
    write = subprocess.run(drop + store.argv("remember", "Use tabs."), env=store.env,
                           capture_output=True, text=True)
    assert write.returncode == 4, (write.returncode, write.stdout, write.stderr)


def test_a_full_disk_reports_and_keeps_what_was_there():
    store = Store()
    store.run("remember", "Deploy with the blue script")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    big = "".join(json.dumps({"id": str(i), "content": f"text {i} " * 200}) + "\n"
                  for i in range(2000))
    done = subprocess.run(store.argv("document", "add", "-"), input=big, env=store.env,
                          capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 4, (done.returncode, done.stdout[:500], done.stderr[:500])
    assert error_of(done)["code"] == "io"
    assert store.json("verify")["ok"]
    assert store.json("recall", "deploy blue script")["hits"]


def test_a_damaged_page_is_reported_not_crashed_on():
    store = Store()
    documents = "".join(json.dumps({"id": str(i), "content": f"note {i} about deployment"}) + "\n"
                        for i in range(3000))
    store.json("document", "add", "-", stdin=documents)
    backup = os.path.join(store.home, "good.backup")
    store.json("backup", backup)
    path = os.path.join(store.path, "hardwon.db")
    # Through SQLite itself the WAL is folded in, so that the page on disk is the one in use.
    store.json("restore", backup)
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        for page in range(8, size // 4096, 9):
            file.seek(page * 4096 + 100)
            file.write(os.urandom(1500))
    done = store.run("verify", exits=(3,))
    assert json.loads(done.stdout)["damage"], done.stdout
    for words in (("recall", "note about deployment"), ("lesson", "list"), ("stats",)):
        done = store.run(*words, exits=(0, 1, 3))
    store.json("restore", backup)
    assert store.json("verify")["ok"]
    assert store.json("document", "count")["documents"] == 3000


def test_a_store_in_use_names_its_holder():
    store = Store()
    store.run("remember", "Use tabs.")
    import fcntl
    with open(os.path.join(store.path, "write.lock"), "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = store.run("remember", "Use spaces.", exits=(3,))
        assert "lock" in error_of(done)["message"], done.stdout
        assert store.json("recall", "tabs", exits=(0, 1)) is not None  # readers go on


def test_a_question_brings_a_store_of_an_older_version_up_to_date():
    import sqlite3
    store = Store()
    store.run("remember", "Use tabs.")
    path = os.path.join(store.path, "hardwon.db")

    def version(to=None):
        database = sqlite3.connect(path)
        if to is not None:
            database.executescript(f"DROP TABLE standing; UPDATE meta SET value = '{to}';"
                                   f"PRAGMA user_version = {to}")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        database.close()
        return found

    current = version()
    assert version(to=2) == 2
    # While another process has it open, nothing can be done, and nothing is.
    other = sqlite3.connect(path)
    other.execute("SELECT count(*) FROM item").fetchone()
    message = error_of(store.run("lesson", "list", exits=(4,)))["message"]
    assert "another process" in message, message
    other.close()
    assert version() == 2
    assert [lesson["statement"] for lesson in store.lines("lesson", "list")] == ["Use tabs."]
    assert version() == current
    assert os.path.exists(path + ".version-2")
    assert store.json("verify")["ok"]


def test_help_has_every_command_and_unbuilt_ones_are_absent():
    top = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True)
    assert top.returncode == 0
    for name in ("import", "lesson", "recall", "inject", "episode", "document", "doctor"):
        assert name in top.stdout, name
    for name in ("share", "export", "pause", "resume", "exclude", "serve", "snippet"):
        assert subprocess.run([PROGRAM, name], capture_output=True).returncode == 2, name


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
