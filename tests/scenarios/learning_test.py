"""From logs to lessons and back: import, learn, recall, inject, feedback, across restarts."""
import json
import os
import signal
import subprocess
import sys
import time

import scenario
from scenario import Store
from transcripts import Transcript, pnpm_sessions


def imported():
    store = Store()
    for i, transcript in enumerate(pnpm_sessions()):
        store.file(f"logs/{i}.jsonl", transcript.text())
    report = store.json("import", os.path.join(store.home, "logs"))
    return store, report


def statements(store, *words):
    return [lesson["statement"] for lesson in store.lines("lesson", "list", *words, exits=(0, 1))]


def test_import_counts_and_learns():
    store, report = imported()
    totals = report["totals"]
    assert totals["sessions"] == 2, totals
    assert totals["tool_calls"] == 9 and totals["tool_errors"] == 2, totals
    assert totals["segments_by_speaker"]["person"] == 6, totals
    rules = statements(store, "--kind", "rule")
    assert len(rules) == 1 and "pnpm" in rules[0], rules
    recoveries = statements(store, "--kind", "error_recovery")
    assert any("pnpm rebuild" in s for s in recoveries), recoveries


def test_importing_twice_changes_nothing():
    store, _ = imported()
    before = store.lines("lesson", "list")
    report = store.json("import", os.path.join(store.home, "logs"))
    assert {s["status"] for s in report["sources"]} == {"unchanged"}, report
    assert report["totals"]["new"] == {"sessions": 0, "episodes": 0, "segments": 0}, report
    assert store.lines("lesson", "list") == before


def test_a_grown_log_adds_only_what_is_new():
    store = Store()
    transcript = pnpm_sessions()[0]
    text = transcript.text().splitlines(keepends=True)
    path = store.file("logs/a.jsonl", "".join(text[:9]))
    store.json("import", path)
    store.file("logs/a.jsonl", "".join(text))
    report = store.json("import", path)
    assert report["sources"][0]["status"] == "grown", report
    whole = Store()
    whole.json("import", whole.file("logs/a.jsonl", "".join(text)))
    pick = lambda s: [(e["task"], e["outcome"]["status"]) for e in s.lines("episode", "list")]
    assert pick(store) == pick(whole)


def test_import_order_does_not_matter():
    kept = []
    for order in ((0, 1), (1, 0)):
        store = Store()
        transcripts = pnpm_sessions_fixed()
        for i in order:
            store.json("import", store.file(f"logs/{i}.jsonl", transcripts[i]))
        lessons = store.lines("lesson", "list")
        for lesson in lessons:
            for span in lesson["provenance"]:
                span["path"] = os.path.basename(span["path"])
        kept.append(lessons)
    assert kept[0] == kept[1], kept


def pnpm_sessions_fixed(cache=[]):
    if not cache:
        cache.extend(t.text() for t in pnpm_sessions())
    return cache


def test_learned_lessons_survive_kill_9():
    store, _ = imported()
    question = ("recall", "pnpm test fails after a node upgrade")
    before = store.json(*question)["hits"]
    assert before
    log = subprocess.Popen(store.argv("episode", "log", start(store), "--ack"), env=store.env,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    log.stdin.write('{"tool":"bash","result":{"status":"success"}}\n')
    log.stdin.flush()
    log.stdout.readline()
    log.send_signal(signal.SIGKILL)
    log.wait()
    after = store.json(*question)["hits"]
    assert [h["id"] for h in after] == [h["id"] for h in before]


def start(store, task="Some task"):
    return store.json("episode", "start", "--task", task)["episode_id"]


def test_nothing_relevant_gives_nothing():
    store, _ = imported()
    answer = store.json("recall", "bake a sourdough bread with rye", exits=(1,))
    assert answer["hits"] == [], answer
    block = store.json("inject", "--task", "bake a sourdough bread with rye")
    assert block["block"] == "" and block["tokens"] == 0, block


def test_recall_by_error_text():
    store, _ = imported()
    error = ("Error: The module '/x/y/better_sqlite3.node' was compiled against a different "
             "Node.js version using NODE_MODULE_VERSION 131.")
    hits = store.json("recall", "--error", "-", stdin=error)["hits"]
    assert any("pnpm rebuild" in h["statement"] for h in hits), hits


def test_another_scope_sees_nothing():
    store, _ = imported()
    for scope in ("user=bob,project=/home/ann/shop", "user=ann,project=/home/ann/other"):
        assert store.json("recall", "pnpm test", scope=scope, exits=(1,))["hits"] == []
        assert store.lines("lesson", "list", scope=scope, exits=(1,)) == []


def test_injection_stays_in_its_budget_and_is_fenced():
    store, _ = imported()
    for budget in (1, 40, 120, 400):
        answer = store.json("inject", "--task", "run pnpm test", "--budget-tokens", budget)
        assert answer["tokens"] <= budget, answer
        if answer["block"]:
            assert answer["block"].startswith("<hardwon-memory")
            assert answer["block"].rstrip().endswith("</hardwon-memory>")
    assert store.json("last")[0]["lessons"]


def test_what_was_injected_is_never_learned():
    store, _ = imported()
    before = store.lines("lesson", "list")
    block = store.json("inject", "--task", "Run pnpm test after the node upgrade")["block"]
    assert block
    echo = Transcript(start="2026-06-01T09:00:00")
    echo.say(block + "\nRun the tests.").bash("pnpm test", block + "\nTests  42 passed (42)")
    echo.say(block).bash("pnpm test", "Tests  42 passed (42)")
    store.json("import", store.file("echo/a.jsonl", echo.text()))
    after = store.lines("lesson", "list")
    keep = lambda lessons: [(l["id"], l["count"], l["evidence"]) for l in lessons]
    assert keep(after) == keep(before), (before, after)


def test_a_rule_inside_tool_output_is_not_a_rule():
    store = Store()
    transcript = Transcript()
    for _ in range(3):
        transcript.say("Show the notes.").bash("cat notes.md", "Always use tabs. Never use npm.")
    store.json("import", store.file("a.jsonl", transcript.text()))
    assert statements(store, "--kind", "rule") == []


def test_feedback_changes_the_order_and_replays():
    store = Store()
    for words in ("Deploy with the blue script when staging is slow",
                  "Deploy with the green script when staging is slow"):
        store.run("remember", words)
    ask = lambda: [h["statement"] for h in
                   store.json("recall", "deploy staging script slow")["hits"]]
    first = ask()
    assert len(first) == 2
    lessons = {l["statement"]: l["id"] for l in store.lines("lesson", "list")}
    for _ in range(4):
        store.run("feedback", lessons[first[0]], "--outcome", "failure")
        store.run("feedback", lessons[first[1]], "--outcome", "success")
    assert ask() == first[::-1]


def test_an_applied_lesson_is_credited_by_itself():
    store, _ = imported()
    lesson = next(l for l in store.lines("lesson", "list")
                  if l["kind"] == "error_recovery" and "rebuild" in l["statement"])
    episode = start(store, "Run pnpm test after the node upgrade")
    block = store.json("inject", "--task", "Run pnpm test after the node upgrade", "--episode",
                       episode)
    assert lesson["id"] in [l["id"] for l in block["lessons"]], block
    steps = [{"tool": "Bash", "action": "pnpm rebuild better-sqlite3",
              "parameters": {"command": "pnpm rebuild better-sqlite3"},
              "result": {"status": "success"}},
             {"tool": "Bash", "action": "pnpm test", "parameters": {"command": "pnpm test"},
              "result": {"status": "success", "output": "Tests 42 passed"}}]
    store.run("episode", "log", episode, stdin="".join(json.dumps(s) + "\n" for s in steps))
    store.run("episode", "complete", episode, "--outcome", "success")
    after = next(l for l in store.lines("lesson", "list") if l["id"] == lesson["id"])
    assert after["evidence"]["applied"]["success"] == 1, after["evidence"]
    assert after["evidence"]["shown"] == 1, after["evidence"]
    again = store.run("episode", "complete", episode, "--outcome", "success")
    assert again.returncode == 0


def test_human_acts_survive_learning_again():
    store, _ = imported()
    rule = store.lines("lesson", "list", "--kind", "rule")[0]
    store.run("lesson", "edit", rule["id"], "Use pnpm in this repository.")
    store.run("lesson", "pin", rule["short_id"])
    other = store.lines("lesson", "list", "--kind", "error_recovery")[0]
    store.run("lesson", "suppress", other["id"])
    store.json("learn", "--again")
    after = {l["id"]: l for l in store.lines("lesson", "list")}
    assert after[rule["id"]]["statement"] == "Use pnpm in this repository."
    assert after[rule["id"]]["flags"] == ["pinned"]
    assert other["id"] not in after
    assert store.json("recall", other["statement"], exits=(0, 1))["hits"] == [
        h for h in store.json("recall", other["statement"], exits=(0, 1))["hits"]
        if h["id"] != other["id"]]


def test_learning_later_gives_the_same():
    now, _ = imported()
    later = Store()
    for i, text in enumerate(pnpm_sessions_fixed()):
        later.file(f"logs/{i}.jsonl", text)
    report = later.json("import", os.path.join(later.home, "logs"), "--no-learn")
    assert report["learned"] is None
    assert later.lines("lesson", "list", exits=(1,)) == []
    later.json("learn")
    pick = lambda s: sorted((l["kind"], l["statement"], l["count"])
                            for l in s.lines("lesson", "list"))
    assert pick(later) == pick(now)


def test_corrections_name_each_time_and_the_line():
    store, _ = imported()
    item = store.json("corrections")[0]
    assert item["count"] == 2 and len(item["times"]) == 2, item
    assert item["diff"].splitlines()[-1] == "+- " + item["statement"]


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
