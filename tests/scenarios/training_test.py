"""hardwon-train as a program: the whole loop, kill -9, bad input, what its nets are good for."""
import json
import os
import random
import re
import signal
import subprocess
import sys

import scenario
from scenario import PROGRAM, SOURCE, Store

TRAIN = os.path.join(os.path.dirname(PROGRAM), "hardwon-train")
SMALL = """game: tic-tac-toe
directory: {directory}
iterations: 4
net: {{hidden1: 16, hidden2: 16}}
self_play: {{games: 40, simulations: 16, fast_simulations: 6}}
buffer: {{capacity: 300, size_min: 30}}
training: {{batch: 16, steps: 20, learning_rate: 0.01}}
arena: {{simulations: 4, opening_plies: 2, openings: 12, pairs_max: 16, elo_low: -200}}
"""


def train(store, *words, exits=(0,)):
    done = subprocess.run([TRAIN, "--json", *words], capture_output=True, text=True,
                          cwd=store.home, env=store.env)
    assert done.returncode in exits, (words, done.returncode, done.stdout, done.stderr[-2000:])
    return done


def error_of(store, *words, exits=(2,)):
    return json.loads(train(store, *words, exits=exits).stdout)["error"]


def outcome(folder):
    """What a run leaves, without the time it took."""
    with open(os.path.join(folder, "metrics.jsonl")) as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        del line["cpu_seconds"]
    files = [lines]
    for name in "best.policy", "latest.policy", "promotions.jsonl":
        with open(os.path.join(folder, name), "rb") as file:
            files.append(file.read())
    return files


def test_the_help_has_examples():
    store = Store()
    text = train(store, "--help").stdout
    assert "hardwon-train run --config" in text and "Examples" in text, text
    assert "hardwon-train" in train(store, "--version").stdout
    train(store, "run", exits=(2,))
    train(store, "fly", exits=(2,))


def test_a_run_killed_again_and_again_ends_as_if_it_had_not_been():
    store = Store()
    for name in "whole", "often":
        store.file(name + ".yaml", SMALL.format(directory=os.path.join(store.home, name)))
    done = train(store, "run", "--config", "whole.yaml")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    steps = [e for e in events if "/iteration-2" in e.get("correlation_id", "")]
    assert {"self_play.done", "training.done", "arena.done", "checkpoint.saved"} <= {
        e["event"] for e in steps}, steps
    whole = outcome(os.path.join(store.home, "whole"))
    assert len(whole[0]) == 4 and whole[0][0]["data_source"] == "replay", whole[0]
    kills = 0
    for after in 3, 5, 8, 9, 12, 7:
        child = subprocess.Popen([TRAIN, "run", "--config", "often.yaml", "--resume"],
                                 stderr=subprocess.PIPE, text=True, cwd=store.home, env=store.env)
        for number, _ in enumerate(child.stderr, 1):
            if number == after:
                child.send_signal(signal.SIGKILL)
                break
        child.stderr.close()
        kills += child.wait() == -signal.SIGKILL
    assert kills >= 5, kills
    train(store, "run", "--config", "often.yaml", "--resume")
    assert outcome(os.path.join(store.home, "often")) == whole
    assert error_of(store, "run", "--config", "often.yaml")["code"] == "conflict"


def test_bad_input_is_refused_with_file_line_and_field():
    store = Store()
    path = store.file("bad.yaml", SMALL.format(directory="d") + "learning: fast\n")
    error = error_of(store, "run", "--config", path)
    assert error["path"] == path and error["line"] == 9 and error["field"] == "learning", error
    assert error_of(store, "run", "--config", "absent.yaml", exits=(4,))["code"] == "io"
    path = store.file("ok.yaml", SMALL.format(directory="d"))
    error = error_of(store, "policy-value", "--config", path)
    assert error["field"] == "buffer.size_min" and "not ready" in error["message"], error
    store.file("d/latest.policy", b"a net of somebody else")
    error = error_of(store, "arena", "--config", path, exits=(3,))
    assert error["code"] == "corruption" and error["path"].endswith("latest.policy"), error
    store.file("d/checkpoint.train", b"HWTRAIN\0 and no more")
    error = error_of(store, "run", "--config", path, "--resume", exits=(3,))
    assert error["code"] == "corruption" and error["path"].endswith("checkpoint.train"), error


def test_the_stages_work_one_by_one():
    store = Store()
    path = store.file("c.yaml", SMALL.format(directory="d"))
    for _ in range(2):
        assert json.loads(train(store, "self-play", "--config", path).stdout)["games"] == 40
    assert json.loads(train(store, "policy-value", "--config", path).stdout)["steps"] == 20
    match = json.loads(train(store, "arena", "--config", path).stdout)
    assert match["verdict"] in ("promote", "keep", "inconclusive"), match
    assert os.path.exists(os.path.join(store.home, "d", "latest.policy"))


def late_positions(count):
    """Connect-four games of 28 to 34 random moves; those finished before are left to the solver."""
    rng = random.Random(5)
    games = set()
    while len(games) < count:
        heights, moves = [0] * 7, ""
        for _ in range(rng.randint(28, 34)):
            column = rng.choice([c for c in range(7) if heights[c] < 6])
            heights[column] += 1
            moves += str(column + 1)
        games.add(moves)
    return sorted(games)


def test_a_net_is_judged_by_the_solver_as_the_search_itself_plays():
    store = Store()
    store.file("c.yaml", "directory: run\niterations: 1\nnet: {hidden1: 16, hidden2: 16}\n"
               "self_play: {games: 4, simulations: 8}\nbuffer: {size_min: 1}\n"
               "training: {steps: 2}\narena: {pairs_max: 8}\n")
    train(store, "run", "--config", "c.yaml")
    text = "".join(json.dumps({"id": m, "moves": m}) + "\n" for m in late_positions(3000))
    path = store.file("positions.jsonl", text)
    model = os.path.join(store.home, "run", "best.policy")
    solved = [a for a in store.lines("lab", "solve", "--game", "connect-four", "--positions", path,
                                     exits=(0, 2)) if "error" not in a and a["best"]]
    assert len(solved) >= 20, len(solved)
    path = store.file("positions.jsonl", "".join(
        json.dumps({"id": a["id"], "moves": a["id"]}) + "\n" for a in solved))
    found = store.lines("lab", "search", "--game", "connect-four", "--positions", path,
                        "--model", model, "--sims", "200")
    kept = sum(f["best"][0] in a["best"] for f, a in zip(found, solved))
    judged = store.file("judged.jsonl", "".join(
        json.dumps({"phase": "26-41", "moves": a["id"], "value": a["value"],
                    "best": "".join(a["best"])}) + "\n" for a in solved))
    report = json.loads(train(store, "evaluate", "--model", model, "--positions", judged,
                              "--sims", "200").stdout)
    assert report["all"]["positions"] == len(solved), report
    assert abs(report["plies 26-41"]["search"] - kept / len(solved)) < 1e-9, (report, kept)
    assert 0 < report["all"]["net"] <= report["all"]["search"] <= 1, report
    store.file("judged.jsonl", '{"phase":"26-41","moves":"9","value":0,"best":"1"}\n')
    error = error_of(store, "evaluate", "--model", model, "--positions", judged)
    assert error["line"] == 1, error


def test_every_key_is_documented():
    with open(os.path.join(SOURCE, "src", "train", "config.cpp")) as file:
        names = re.findall(r'"((?:net|self_play|buffer|training|arena)\.\w+)", &', file.read())
    with open(os.path.join(SOURCE, "docs", "configuration.md")) as file:
        text = file.read()
    assert len(names) > 40, names
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing, missing


if __name__ == "__main__":
    if not os.path.exists(TRAIN):
        print("hardwon-train was not built: libtorch is absent")
        sys.exit(0)
    scenario.main(sys.modules[__name__])
