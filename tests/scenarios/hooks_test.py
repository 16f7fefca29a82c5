"""The full loop by hooks: two sessions, what was said in the first is told to the next."""
import json
import os
import subprocess
import sys

import scenario
from scenario import PROGRAM, Store
from transcripts import Transcript, pnpm_sessions


def hook(store, payload, exits=(0,)):
    text = payload if isinstance(payload, str) else json.dumps(payload)
    done = subprocess.run([PROGRAM, "hook", "claude-code"], input=text, env=store.env,
                          capture_output=True, text=True, cwd=store.home)
    assert done.returncode in exits, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def payload(event, transcript, path="", **fields):
    return {"session_id": transcript.session, "transcript_path": path,
            "cwd": transcript.cwd, "hook_event_name": event, **fields}


def context_of(answer):
    return answer["hookSpecificOutput"]["additionalContext"] if answer else ""


def lived(store, transcript, name):
    """One session as the agent lives it: start, a prompt, the log file, the end."""
    path = store.file(f"logs/{name}.jsonl", transcript.text())
    told = [hook(store, payload("SessionStart", transcript, path, source="startup"))]
    told.append(hook(store, payload("UserPromptSubmit", transcript, path,
                                    prompt="run pnpm test and fix what fails")))
    assert hook(store, payload("PostToolUse", transcript, path, tool_name="Bash")) is None
    assert hook(store, payload("SessionEnd", transcript, path, reason="logout")) is None
    store.json("learn")  # waits for the detached one
    return told


def test_the_next_session_is_told():
    store = Store(scope="")
    store.env["USER"] = "ann"
    first, second = pnpm_sessions()
    assert lived(store, first, "first") == [None, None]
    lived(store, second, "second")
    third = Transcript(start="2026-05-15T09:00:00").say("Upgrade vitest.")
    told = hook(store, payload("SessionStart", third, source="startup"))
    assert told["hookSpecificOutput"]["hookEventName"] == "SessionStart"
    assert "pnpm" in context_of(told), told
    elsewhere = Transcript(cwd="/home/ann/other")
    assert hook(store, payload("SessionStart", elsewhere, source="startup")) is None


def test_a_session_is_told_a_thing_once():
    store = Store(scope="")
    for i, transcript in enumerate(pnpm_sessions()):
        lived(store, transcript, str(i))
    third = Transcript(start="2026-05-15T09:00:00")
    ask = payload("UserPromptSubmit", third, prompt="the pnpm test run fails on better_sqlite3")
    first = hook(store, ask)
    assert "rebuild" in context_of(first), first
    again = hook(store, ask)
    assert "rebuild" not in context_of(again), again


def test_a_hooked_and_imported_session_counts_once():
    store = Store(scope="")
    first, _ = pnpm_sessions()
    lived(store, first, "first")
    before = store.json("stats")["items"]
    report = store.json("import", os.path.join(store.home, "logs"))
    assert report["totals"]["new"]["episodes"] == 0, report
    assert store.json("stats")["items"] == before


def test_bad_payloads_never_stop_the_agent():
    store = Store(scope="")
    for text in ("", "not json", "[]", '{"hook_event_name":"SessionEnd","session_id":1}',
                 '{"hook_event_name":"SessionEnd","session_id":"x"}', "\x00\x01"):
        hook(store, text, exits=(1,))
    assert hook(store, {"hook_event_name": "Tomorrow", "session_id": "x"}) is None


def test_setup_is_shown_and_undone():
    store = Store(scope="")
    settings = store.file(".claude/settings.json", json.dumps(
        {"model": "opus", "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "beep"}]}]}}))
    store.run("setup", "claude-code", exits=(2,))  # no terminal to ask on: nothing happens
    before = json.load(open(settings))
    assert store.json("setup", "claude-code", "--yes")["changed"]
    after = json.load(open(settings))
    assert set(after["hooks"]) == {"Stop", "SessionStart", "UserPromptSubmit", "SessionEnd"}
    assert PROGRAM in after["hooks"]["SessionEnd"][0]["hooks"][0]["command"]
    assert not store.json("setup", "claude-code", "--yes")["changed"]
    assert store.json("unsetup", "claude-code", "--yes")["changed"]
    assert json.load(open(settings)) == before
    store.file(".claude/settings.json", "{broken")
    store.run("setup", "claude-code", "--yes", exits=(2,))


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
