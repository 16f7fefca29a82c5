"""Recording steps: batching, acknowledgements, kill -9, retries, what batching saves."""
import json
import os
import random
import signal
import subprocess
import sys

import scenario
from scenario import Store

# More in the long run: ROUNDS=500 python3 recording_test.py PROGRAM
ROUNDS = int(os.environ.get("ROUNDS", "25"))


def step(i):
    return json.dumps({"tool": "bash", "action": f"make target-{i}",
                       "result": {"status": "success", "output": f"built {i}"}}) + "\n"


def start(store):
    return store.json("episode", "start", "--task", "Build it")["episode_id"]


def config(store, text):
    store.env["HARDWON_CONFIG"] = store.file("config.yaml", text)


def test_counts_of_a_logged_run():
    store = Store()
    episode = start(store)
    counts = store.json("episode", "log", episode, stdin="".join(map(step, range(120))))
    assert (counts["accepted"], counts["buffered"], counts["durable"]) == (120, 0, 120), counts
    shown = store.json("episode", "show", episode)
    assert [s["number"] for s in shown["steps"]] == list(range(1, 121))
    assert shown["steps"][7]["action"] == "make target-7"


def test_acknowledgements_follow_the_batch():
    store = Store()
    config(store, "batch_config: {max_batch_size: 10, flush_interval_ms: 3600000}\n")
    lines = store.lines("episode", "log", start(store), "--ack",
                        stdin="".join(map(step, range(25))))
    assert [l["seq"] for l in lines if l["state"] == "durable"] == list(range(1, 26))
    buffered = [l["seq"] for l in lines if l["state"] == "buffered"]
    assert buffered == [i for i in range(1, 26) if i not in (10, 20)], buffered
    assert lines.index({"seq": 1, "state": "durable"}) > lines.index({"seq": 9, "state": "buffered"})


def test_without_batch_config_every_step_is_durable_at_once():
    store = Store()
    config(store, "batch_config: null\n")
    lines = store.lines("episode", "log", start(store), "--ack", stdin="".join(map(step, range(5))))
    assert lines == [{"seq": i, "state": "durable"} for i in range(1, 6)], lines


def test_batching_saves_fsyncs_and_bytes():
    figures = {}
    for name, yaml in (("batched", ""), ("immediate", "batch_config: null\n")):
        store = Store()
        config(store, yaml)
        figures[name] = store.json("episode", "log", start(store),
                                   stdin="".join(map(step, range(1000))))["writes"]
    print("     ", figures)
    for key in ("calls", "bytes", "fsyncs"):
        assert figures["batched"][key] < 0.5 * figures["immediate"][key], (key, figures)


def test_the_time_trigger_flushes_an_idle_buffer():
    store = Store()
    config(store, "batch_config: {max_batch_size: 1000, flush_interval_ms: 50}\n")
    log = subprocess.Popen(store.argv("episode", "log", start(store), "--ack"), env=store.env,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    log.stdin.write(step(1))
    log.stdin.flush()
    assert json.loads(log.stdout.readline())["state"] == "buffered"
    # No further step: another process must come to see the first one.
    episode = store.lines("episode", "list")[0]["id"]
    while not store.json("episode", "show", episode)["steps"]:
        pass
    log.stdin.close()
    assert log.wait() == 0


def test_every_durable_step_survives_kill_9():
    random.seed(20260501)
    for round_number in range(ROUNDS):
        store = Store()
        config(store, "batch_config: {max_batch_size: 7, flush_interval_ms: 20}\n")
        episode = start(store)
        log = subprocess.Popen(store.argv("episode", "log", episode, "--ack"), env=store.env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stop_after = random.randrange(1, 200)
        durable, seen = set(), 0
        log.stdin.write("".join(map(step, range(400))))
        log.stdin.flush()
        for line in log.stdout:
            ack = json.loads(line)
            if ack["state"] == "durable":
                durable.add(ack["seq"])
            seen += 1
            if seen >= stop_after:
                break
        log.send_signal(signal.SIGKILL)
        rest = log.stdout.read()
        log.wait()
        for line in rest.splitlines():
            try:
                ack = json.loads(line)
            except ValueError:
                continue  # torn by the kill
            if ack["state"] == "durable":
                durable.add(ack["seq"])
        steps = store.json("episode", "show", episode)["steps"]
        numbers = [s["number"] for s in steps]
        assert numbers == list(range(1, len(numbers) + 1)), numbers
        assert durable <= set(numbers), (round_number, durable - set(numbers))
        assert all(s["action"] == f"make target-{s['number'] - 1}" for s in steps)


def test_a_retry_neither_doubles_nor_reorders():
    store = Store()
    episode = start(store)
    numbered = [json.dumps({"number": i + 1, **json.loads(step(i))}) + "\n" for i in range(6)]
    store.json("episode", "log", episode, stdin="".join(numbered[:4]))
    store.json("episode", "log", episode, stdin="".join(numbered))  # the client did not hear it
    assert len(store.json("episode", "show", episode)["steps"]) == 6
    other = json.dumps({"number": 2, "tool": "vim"}) + "\n"
    error = json.loads(store.run("episode", "log", episode, stdin=other, exits=(2,)).stdout)
    assert error["error"]["code"] == "conflict", error


def test_completion_scores_and_reflects():
    store = Store()
    episode = start(store)
    store.run("episode", "log", episode, stdin="".join(map(step, range(4))))
    done = store.json("episode", "complete", episode, "--outcome", "partial", "--share", "0.25",
                      "--reward", "0.25", "--verdict", "half of it")
    assert done["completed"] and done["outcome"]["share"] == 0.25
    assert done["outcome"]["source"] == "reward" and done["outcome"]["reliability"] == "strong"
    assert 0 <= done["quality"] <= 1 and done["reward_score"] >= 0
    error = json.loads(store.run("episode", "complete", episode, "--outcome", "failure",
                                 exits=(2,)).stdout)
    assert error["error"]["code"] == "conflict"
    error = json.loads(store.run("episode", "log", episode, stdin=step(9), exits=(2,)).stdout)
    assert error["error"]["code"] == "conflict"


def test_a_bad_line_is_named_and_the_rest_is_kept():
    store = Store()
    episode = start(store)
    lines = step(0) + '{"tool": 7}\n' + "not json\n" + step(1)
    error = json.loads(store.run("episode", "log", episode, stdin=lines, exits=(2,)).stdout)["error"]
    assert error["line"] == 2 and error["field"] == "/tool", error
    assert len(store.json("episode", "show", episode)["steps"]) == 2


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
