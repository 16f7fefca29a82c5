#!/usr/bin/env python3
"""Does the memory learn from outcomes?  Held-out success probabilities against the base rate.

Usage: outcome_learning.py PATH_TO_HARDWON --data DIR   (DIR/trajectories/…; or $HARDWON_DATA)

WebShop, FEVER: half of the ids (by hash) are learned, the others asked for without outcome; Brier score and
log-loss of p_success beside the base rate's, difference with a 95 % bootstrap interval.
tau-bench: in the tasks of mixed outcome each trial is left out once; AUC.
"""
import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import react_episodes  # noqa: E402

SCOPE = "user=bench"


def run(program, home, *words, stdin=None, exits=(0, 1)):
    done = subprocess.run([program, "--store", home, "--scope", SCOPE, "--json", *map(str, words)],
                          input=stdin, capture_output=True, text=True)
    assert done.returncode in exits, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def learn(program, home, episodes, folder):
    path = os.path.join(folder, "train.jsonl")
    with open(path, "w") as file:
        file.writelines(json.dumps(e) + "\n" for e in episodes)
    return json.loads(run(program, home, "import", path, "--format", "episodes"))


def ask(program, home, episode, folder):
    path = os.path.join(folder, "asked.json")
    with open(path, "w") as file:
        json.dump(episode, file)
    answer = json.loads(run(program, home, "recall", "--episode-file", path, "--without-outcome"))
    return answer["p_success"] and answer["p_success"]["mean"]


def success(episode):
    outcome = episode["outcome"]
    return {"success": 1.0, "failure": 0.0}.get(outcome["status"], outcome.get("share"))


def losses(p, y):
    p = min(max(p, 1e-6), 1 - 1e-6)
    return (p - y) ** 2, -(y * math.log(p) + (1 - y) * math.log(1 - p))


def interval(values, statistic, rounds=2000, seed=1):
    chance = random.Random(seed)
    drawn = sorted(statistic([chance.choice(values) for _ in values]) for _ in range(rounds))
    return drawn[int(0.025 * rounds)], drawn[int(0.975 * rounds) - 1]


def mean(values):
    return sum(values) / len(values)


def halves(program, name, episodes):
    train = [e for e in episodes if zlib.crc32(e["id"].encode()) % 2 == 0]
    test = [e for e in episodes if zlib.crc32(e["id"].encode()) % 2 == 1]
    base = mean([success(e) for e in train])
    with tempfile.TemporaryDirectory() as folder:
        home = os.path.join(folder, "store")
        report = learn(program, home, train, folder)
        rows = []
        for episode in test:
            p = ask(program, home, episode, folder)
            assert p is not None, "no p_success"
            y = success(episode)
            rows.append((losses(p, y), losses(base, y)))
        print(f"{name}: {len(train)} learned, {len(test)} asked, base rate {base:.3f}, "
              f"lessons {report['learned']['lessons_new']}")
        for i, loss in enumerate(("Brier", "log-loss")):
            ours, theirs = mean([r[0][i] for r in rows]), mean([r[1][i] for r in rows])
            low, high = interval([r[0][i] - r[1][i] for r in rows], mean)
            print(f"  {loss:8} hardwon {ours:.4f}  base rate {theirs:.4f}  "
                  f"difference {ours - theirs:+.4f} [{low:+.4f}, {high:+.4f}]")


def auc(pairs):
    good = [p for p, y in pairs if y == 1]
    bad = [p for p, y in pairs if y == 0]
    if not good or not bad:
        return float("nan")
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    return wins / (len(good) * len(bad))


def tau_episodes(path):
    """tau-bench trials as episodes; info.task is the answer key and stays out."""
    with open(path) as file:
        trials = json.load(file)
    episodes = []
    for trial in trials:
        results = {m["tool_call_id"]: m["content"] for m in trial["traj"] if m["role"] == "tool"}
        steps = []
        for message in trial["traj"]:
            for call in message.get("tool_calls") or []:
                output = results.get(call["id"], "")
                steps.append({"tool": call["function"]["name"],
                              "action": call["function"]["arguments"][:200],
                              "result": {"status": "error" if output.startswith("Error")
                                         else "success", "output": output[:4000]}})
        task = next(m["content"] for m in trial["traj"] if m["role"] == "user")
        episodes.append({"id": f"{trial['task_id']}#{trial['trial']}", "task": task,
                         "context": {"domain": "airline"}, "steps": steps,
                         "outcome": react_episodes.outcome_of(float(trial["reward"])),
                         "reward": float(trial["reward"])})
    return episodes


def leave_one_out(program, episodes):
    by_task = {}
    for episode in episodes:
        by_task.setdefault(episode["id"].split("#")[0], []).append(episode)
    mixed = [e for trials in by_task.values() if len({success(t) for t in trials}) > 1
             for e in trials]
    pairs = []
    for held in mixed:
        with tempfile.TemporaryDirectory() as folder:
            home = os.path.join(folder, "store")
            learn(program, home, [e for e in episodes if e["id"] != held["id"]], folder)
            pairs.append((ask(program, home, held, folder), success(held)))
    low, high = interval(pairs, auc)
    print(f"tau-bench: {len(mixed)} trials of {len(mixed) // 4} mixed tasks, each left out once: "
          f"AUC {auc(pairs):.3f} [{low:.3f}, {high:.3f}]")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--data", default=os.environ.get("HARDWON_DATA"))
    options = parser.parse_args()
    if not options.data or not os.path.isdir(options.data):
        print("outcome_learning: no data: give --data DIR or set HARDWON_DATA", file=sys.stderr)
        return 4
    root = os.path.join(options.data, "trajectories")
    for domain in ("webshop", "fever"):
        path = os.path.join(root, f"react-{domain}", "episodes.jsonl")
        halves(options.program, domain, react_episodes.read(path, domain))
    leave_one_out(options.program,
                  tau_episodes(os.path.join(root, "tau-bench", "gpt-4o-airline-even-tasks.json")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
