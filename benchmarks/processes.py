#!/usr/bin/env python3
"""Whole processes at 10,000 lessons, and the import of one gigabyte.

Usage: processes.py PATH_TO_HARDWON PATH_TO_BENCH_RECALL [--processes]
"""
import json
import os
import subprocess
import sys
import tempfile
import time

PROGRAM, MAKER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SCOPE = "user=bench,project=/bench"


def timed(argv, rounds, stdin=lambda i: "", env=None):
    times = []
    for i in range(rounds):
        text = stdin(i)
        start = time.perf_counter()
        done = subprocess.run(argv, input=text, capture_output=True, text=True, env=env)
        times.append(1000 * (time.perf_counter() - start))
        assert done.returncode in (0, 1), (argv, done.returncode, done.stderr)
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100]


def row(name, p50, p99):
    print(f"{name:44} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms")


def processes(folder):
    store = os.path.join(folder, "store")
    subprocess.run([MAKER, "--make", store, "10000"], check=True)
    config = os.path.join(folder, "config.yaml")
    with open(config, "w") as file:
        file.write("user: bench\n")  # so that the hook sees the store's lessons
    env = {**os.environ, "HARDWON_HOME": store, "HOME": folder, "HARDWON_CONFIG": config}
    row("a process that does nothing (/bin/true)", *timed(["/bin/true"], 100))
    first = subprocess.run([PROGRAM, "--scope", SCOPE, "--json", "recall", "-k", "1"], env=env,
                           capture_output=True, text=True, check=True)
    question = " ".join(json.loads(first.stdout)["hits"][0]["statement"].split()[:8])
    row("hardwon recall, 10k lessons",
        *timed([PROGRAM, "--scope", SCOPE, "--json", "recall", question], 200, env=env))
    for event, rounds in (("SessionStart", 200), ("UserPromptSubmit", 200), ("PostToolUse", 200)):
        def payload(i, event=event):
            # A session of its own each time: what a session was told is not told again.
            fields = {"session_id": f"{event}-{i}", "cwd": "/bench", "hook_event_name": event,
                      "transcript_path": "/nowhere.jsonl"}
            if event == "UserPromptSubmit":
                fields["prompt"] = question
            return json.dumps(fields)
        told = subprocess.run([PROGRAM, "hook", "claude-code"], input=payload(-1), env=env,
                              capture_output=True, text=True)
        print(f"  ({event}: {len(told.stdout)} bytes told)")
        row(f"hardwon hook claude-code, {event}",
            *timed([PROGRAM, "hook", "claude-code"], rounds, stdin=payload, env=env))


def record(kind, number, parent, message, session):
    return json.dumps({"type": kind, "uuid": f"u{session}-{number}", "parentUuid": parent,
                       "isSidechain": False, "cwd": "/bench", "sessionId": f"s{session}",
                       "timestamp": f"2026-05-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:"
                                    f"{number % 60:02}.000Z", "message": message}) + "\n"


def session_text(session, steps=400):
    """One session of about 2.5 MB: a turn every twenty tool calls, 6 kB results."""
    lines, parent, number = [], None, 0

    def add(kind, message):
        nonlocal parent, number
        lines.append(record(kind, number, parent, message, session))
        parent, number = f"u{session}-{number}", number + 1
    body = "".join(f"line {i} of some build output with words and numbers {i * 7}\n"
                   for i in range(100))
    for i in range(steps):
        if i % 20 == 0:
            add("user", {"role": "user", "content": f"Please do part {i} of task {session}."})
        call = f"toolu_{session}_{i}"
        add("assistant", {"id": f"m{session}_{i}", "role": "assistant", "content": [
            {"type": "tool_use", "id": call, "name": "Bash",
             "input": {"command": f"make part{i}"}}],
            "usage": {"input_tokens": 5, "output_tokens": 7}})
        add("user", {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call, "content": body}]})
    return "".join(lines)


def import_gigabyte(folder):
    logs = os.path.join(folder, "logs")
    os.makedirs(logs)
    size = session = 0
    while size < 1_000_000_000:
        text = session_text(session)
        with open(os.path.join(logs, f"{session}.jsonl"), "w") as file:
            file.write(text)
        size += len(text)
        session += 1
    for name, options in (("read only (--dry-run)", ["--dry-run"]),
                          ("read and stored (--no-learn)", ["--no-learn"])):
        argv = [PROGRAM, "--store", os.path.join(folder, "import"), "--scope", SCOPE, "--json",
                "import", logs, *options]
        start = time.perf_counter()
        with open(os.path.join(folder, "report.json"), "w") as out:
            child = subprocess.Popen(argv, stdout=out)
            _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        assert status == 0, status
        with open(os.path.join(folder, "report.json")) as file:
            totals = json.load(file)["totals"]
        cpu = usage.ru_utime + usage.ru_stime
        print(f"import 1 GB, {name:30} {size / 1e6 / wall:6.0f} MB/s wall {size / 1e6 / cpu:6.0f} "
              f"MB/s cpu, peak {usage.ru_maxrss / 1024:.0f} MiB, {totals['tool_calls']} tool calls")


with tempfile.TemporaryDirectory() as scratch:
    processes(scratch)
    if "--processes" not in sys.argv:
        import_gigabyte(scratch)
