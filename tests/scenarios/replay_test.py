"""The experience buffer from the command line: lines in and out, damage, other processes."""
import json
import os
import signal
import subprocess
import sys

import scenario
from scenario import Store


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def experience(name, **more):
    return {"id": name, "question": f"question {name}", "confidence": 0.5,
            "trajectory": {"actions": [], "reward": 0.5}, **more}


def jsonl(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def replay_files(store):
    folder = os.path.join(store.path, "replay")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def test_add_get_sample_neighbours_success():
    store = Store()
    added = store.json("replay", "add", "-", stdin=jsonl(
        experience("a", embeddings={"visual": [1, 0], "text": [0, 0, 9]}),
        experience("b", embeddings={"text": [3, 4, 0]}, confidence=1.0),
        experience("c", embeddings={"visual": [0, 5]})))
    assert added["added"] == 3 and added["size"] == 3, added
    record = lines(store.run("replay", "get", "a", "b"))
    assert [r["id"] for r in record] == ["a", "b"]
    assert abs(record[1]["buffer"]["priority"] - 0.2) < 1e-4, record[1]["buffer"]
    query = jsonl({"id": "q", "embeddings": {"visual": [1000, 0], "text": [0, 0, 1]}})
    found = lines(store.run("replay", "neighbours", "-k", "2", "--brief", stdin=query))[0]
    assert found["id"] == "q"
    assert [hit["id"] for hit in found["hits"]] == ["a", "b"], found
    assert abs(found["hits"][0]["similarity"] - 1) < 1e-6
    marked = lines(store.run("replay", "success", "a"))[0]["buffer"]
    assert marked["retrievals"] == 1 and marked["successes"] == 1, marked
    store.run("replay", "success", "c", exits=(2,))
    twice = [lines(store.run("replay", "sample", "-n", "50", "--seed", "5", "--brief"))
             for _ in range(2)]
    ids = [[line["id"] for line in one] for one in twice]
    assert ids[0] == ids[1] and len(ids[0]) == 50
    assert all(0 < line["buffer"]["weight"] <= 1 for line in twice[0])


def test_what_comes_out_goes_in_again():
    store, other = Store(), Store()
    store.run("replay", "add", "--embed", stdin=jsonl(experience(
        "a", status="processed", metadata={"k": [1, "x"]}, time="2026-01-02T03:04:05Z",
        image_shape=[1, 2], image_features=[0.5, -1], trajectory={
            "actions": [{"type": "answer", "operation": "say", "arguments": {"n": 1},
                         "result": None, "confidence": 0.25}],
            "reward": -2.5, "final_answer": "yes", "metadata": {"turns": 3}})))
    first = store.run("replay", "get", "a").stdout
    other.run("replay", "add", stdin=first)
    again = json.loads(other.run("replay", "get", "a").stdout)
    expected = json.loads(first)
    for record in (again, expected):
        del record["buffer"]
    assert again == expected, (again, expected)


def test_bad_lines_are_named_and_the_rest_is_kept():
    store = Store()
    bad = ["{broken", '"text"', '{"id":"n","embeddings":{"text":[1,"x"]}}',
           '{"id":"n","confidence":1.5}', '{"id":"n","trajectory":{"reward":1e999}}',
           '{"id":"n","embeddings":{"text":[0,0]}}', '{"id":"n","unknown":1}',
           '{"id":"n","embeddings":{"text":[1,2,3]}}', json.dumps(experience("good1"))]
    text = (jsonl(experience("good1", embeddings={"text": [1, 2]})) + "\n".join(bad) + "\n" +
            jsonl(experience("good2")))
    added = store.json("replay", "add", "-", stdin=text)
    assert added["added"] == 2 and added["skipped_total"] == len(bad), added
    assert [s["line"] for s in added["skipped"]] == list(range(2, 11)), added["skipped"]
    fields = {s["line"]: s["field"] for s in added["skipped"]}
    assert fields[4] == "/embeddings/text/1" and fields[5] == "confidence", fields
    assert fields[7] == "embeddings/text" and fields[8] == "/unknown", fields
    store.run("replay", "add", "-", stdin="{broken\n", exits=(2,))
    store.run("replay", "get", "nobody", exits=(1,))
    store.run("replay", "neighbours", stdin=jsonl({"embeddings": {"text": [1]}}), exits=(2,))
    Store().run("replay", "stats", exits=(1,))


def test_configuration_changes_what_it_says():
    store = Store()
    config = store.file("config.yaml", "buffer_size: 2\nvisual_weight: 0\ntext_weight: 1\n"
                        "k_neighbors: 1\nsnapshot_interval: 2\n"
                        "replay:\n  reward_weight: 0\n  uncertainty_weight: 1\n")
    options = ("--config", config)
    added = store.json(*options, "replay", "add", stdin=jsonl(
        experience("old"), experience("a", embeddings={"visual": [1, 0], "text": [0, 1]}),
        experience("b", embeddings={"visual": [0, 1], "text": [1, 0]}, confidence=0.25)))
    assert added["size"] == 2, added
    query = jsonl({"embeddings": {"visual": [1, 0], "text": [1, 0]}})
    hits = lines(store.run(*options, "replay", "neighbours", stdin=query))[0]["hits"]
    assert [hit["id"] for hit in hits] == ["b"], hits
    assert abs(hits[0]["buffer"]["priority"] - 0.75) < 1e-4, hits[0]["buffer"]
    for text, field in (("buffer_size: 0\n", "capacity"), ("visual_weight: -1\n", "visual_weight"),
                        ("replay:\n  nonsense: 1\n", "replay.nonsense"),
                        ("replay:\n  age_weight: 1e101\n", "priority.age_weight"),
                        ("replay:\n  priority_floor: 1e-300\n", "priority.floor"),
                        ("replay:\n  reward_max: .inf\n", "priority.reward_max"),
                        ("replay:\n  age_mode: backwards\n", "replay.age_mode")):
        wrong = store.file("wrong.yaml", text)
        done = store.run("--config", wrong, "replay", "stats", exits=(2,))
        assert json.loads(done.stdout)["error"]["field"] == field, done.stdout
    warned = store.run("--config", store.file("faiss.yaml", "faiss_backend: gpu\n"),
                       "replay", "stats")
    assert "FAISS" in warned.stderr, warned.stderr


def test_both_backends_from_one_configuration():
    for backend in ("file", "lmdb"):
        store = Store()
        config = store.file("config.yaml", f"persistence_backend: {backend}\n")
        store.run("--config", config, "replay", "add", stdin=jsonl(experience("a")))
        stats = store.json("--config", config, "replay", "stats")
        assert stats["journal"]["backend"] == backend and stats["size"] == 1, stats
        store.json("--config", config, "replay", "snapshot")
        store.json("--config", config, "replay", "verify")


def test_episodes_become_trajectories():
    store = Store()
    episodes = [{"id": f"e{i}", "task": f"fix the build number {i}",
                 "steps": [{"tool": "bash", "action": "ls",
                            "result": {"status": "success", "output": "src"}}],
                 "outcome": {"status": status}}
                for i, status in enumerate(("success", "failure", "unknown"))]
    store.json("import", store.file("e.jsonl", jsonl(*episodes)), "--format", "episodes",
               "--no-learn")
    first = store.json("replay", "import", scope="all")
    assert first["added"] == 2 and first["outcome_unknown"] == 1, first
    second = store.json("replay", "import", scope="all")
    assert second["added"] == 0 and second["unchanged"] == 2, second
    found = lines(store.run("replay", "neighbours", "--question", "fix the build number 0",
                            "-k", "1"))[0]["hits"][0]
    assert found["metadata"]["external_id"] == "e0" and found["trajectory"]["reward"] == 1, found
    assert found["trajectory"]["actions"][0]["operation"] == "bash"
    assert found["confidence"] is None


def test_a_held_buffer_names_its_owner_and_can_be_read():
    store = Store()
    store.run("replay", "add", stdin=jsonl(experience("a", embeddings={"text": [1, 0]})))
    owner = subprocess.Popen(store.argv("replay", "add", "-"), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, env=store.env)
    try:
        # More than a chunk, so that the owner is past opening when this returns.
        owner.stdin.write(jsonl(*(experience(f"o{i}") for i in range(2000))))
        owner.stdin.flush()
        quick = store.file("quick.yaml", "replay:\n  lock_wait_ms: 0\n")
        done = store.run("--config", quick, "replay", "add", stdin=jsonl(experience("x")),
                         exits=(3,))
        assert f"pid {owner.pid}" in json.loads(done.stdout)["error"]["message"], done.stdout
        os.kill(owner.pid, signal.SIGSTOP)
        os.waitpid(owner.pid, os.WUNTRACED)  # until it has stopped
        done = store.run("--config", quick, "replay", "remove", "a", exits=(3,))
        assert "stopped" in json.loads(done.stdout)["error"]["message"], done.stdout
        beside = store.run("replay", "get", "a", "--brief")
        assert "reading beside" in beside.stderr and lines(beside)[0]["id"] == "a"
        os.kill(owner.pid, signal.SIGCONT)
        answer, _ = owner.communicate(timeout=60)
        assert json.loads(answer)["added"] == 2000, answer
    finally:
        owner.kill()
        owner.wait()
    assert store.json("replay", "stats")["size"] == 2001


def test_damage_is_named_refused_and_salvaged():
    store = Store()
    for i in range(20):
        store.run("replay", "add", stdin=jsonl(experience(f"e{i}")))
    log = next(f for f in replay_files(store) if f.endswith(".log"))
    size = os.path.getsize(log)
    with open(log, "r+b") as file:
        file.seek(2000)
        byte = file.read(1)
        file.seek(2000)
        file.write(bytes([byte[0] ^ 0x40]))
    for verb in ("verify", "stats", "recover"):
        done = store.run("replay", verb, exits=(3,))
        error = json.loads(done.stdout)["error"]
        assert error["code"] == "corruption" and error["path"].endswith(".log"), error
        assert any(word.isdigit() for word in error["message"].split()), error
    assert os.path.getsize(log) == size
    store.json("import", store.file("t.jsonl", jsonl({"task": "a task", "steps": []})),
               "--format", "episodes", "--no-learn")
    assert "experience buffer" in store.run("verify", exits=(3,)).stdout
    assert "experience buffer" in store.run("doctor", exits=(1,)).stdout
    salvaged = store.json("replay", "recover", "--salvage")
    assert 15 <= salvaged["experiences"] < 20 and salvaged["entries_lost"] >= 1, salvaged
    assert store.json("replay", "stats")["size"] == salvaged["experiences"]
    assert os.path.isdir(salvaged["damaged_kept_at"])


def test_forget_reaches_the_buffer():
    store = Store()
    episode = {"id": "e", "task": "Project Bluebird needs a login",
               "steps": [{"tool": "bash", "action": "ls", "result": {"status": "success"}}],
               "outcome": {"status": "success"}}
    store.json("import", store.file("e.jsonl", jsonl(episode)), "--format", "episodes",
               "--no-learn")
    store.json("replay", "import")
    store.run("replay", "add", stdin=jsonl(experience("kept")))
    removed = store.json("forget", "Project Bluebird", scope="")["removed"]
    assert removed["experience"] == 1, removed
    os.remove(os.path.join(store.home, "e.jsonl"))
    assert b"Bluebird" not in store.every_byte()
    assert store.json("replay", "stats")["size"] == 1


def test_a_bad_update_loses_only_itself():
    store = Store()
    store.run("replay", "add", stdin=jsonl(*(experience(f"e{i}") for i in range(600))))
    updates = [{"id": f"e{i}", "reward": i} for i in range(600)]
    updates[10]["id"] = "nobody"
    updates[300]["confidence"] = 7
    text = jsonl(*updates) + "no JSON\n" + jsonl({"id": "e3", "reward": -1},
                                                 {"id": "e3", "reward": -2})
    done = store.json("replay", "update", "-", stdin=text)
    assert done["updated"] == 600 and done["skipped_total"] == 3, done
    assert [skipped["line"] for skipped in done["skipped"]] == [11, 301, 601], done
    rewards = {r["id"]: r["trajectory"]["reward"]
               for r in lines(store.run("replay", "get", "e3", "e10", "e299", "e300", "e599"))}
    assert rewards == {"e3": -2, "e10": 0.5, "e299": 299, "e300": 0.5, "e599": 599}, rewards


def test_forget_finds_what_json_escapes():
    texts = ('say "Bluebird" twice', "Bluebird\nfirst", "C:\\Bluebird\\key", "Blüebird 東京")
    for backend in ("file", "lmdb"):
        for text in texts:
            store = Store()
            config = ("--config", store.file("c.yaml", f"persistence_backend: {backend}\n"))
            store.json("import", store.file("t.jsonl", jsonl({"task": "a task", "steps": []})),
                       "--format", "episodes", "--no-learn")
            store.run(*config, "replay", "add", stdin=jsonl(
                experience("kept"), experience("q", question=f"a {text} b"),
                experience("m", metadata={"note": text}),
                experience("r", trajectory={"actions": [{"operation": "bash",
                                                         "result": {"output": [text]}}]})))
            dry = store.json(*config, "forget", text.upper() if text.isascii() else text,
                             "--dry-run", scope="")["removed"]
            assert dry["experience"] == 3, (text, dry)
            removed = store.json(*config, "forget", text, scope="")["removed"]
            assert removed["experience"] == 3, (text, removed)
            assert store.json(*config, "replay", "stats")["size"] == 1
            store.run(*config, "replay", "get", "kept")


def test_forgetting_an_episode_forgets_its_copy():
    store = Store()
    episodes = [{"id": f"e{i}", "task": f"task number {i}",
                 "steps": [{"tool": "bash", "action": "ls", "result": {"status": "success"}}],
                 "outcome": {"status": "success"}} for i in range(2)]
    store.json("import", store.file("e.jsonl", jsonl(*episodes)), "--format", "episodes",
               "--no-learn")
    store.json("replay", "import", scope="all")
    store.run("replay", "add", stdin=jsonl(experience("kept"), experience("episode:nothing")))
    found = lines(store.run("replay", "neighbours", "--question", "task number 0", "-k", "1"))
    copy = found[0]["hits"][0]
    assert copy["metadata"]["external_id"] == "e0", copy
    removed = store.json("forget", "--id", copy["metadata"]["episode"], scope="")["removed"]
    assert removed["experience"] == 1, removed
    assert store.json("replay", "stats")["size"] == 3


def test_secrets_and_erased_text_are_in_no_file():
    store = Store()
    secret = "ghp_" + "0123456789abcdefghijklmnopqrstuvwxyzAB"
    store.run("replay", "add", stdin=jsonl(
        experience("a", question=f"use {secret}", metadata={"note": secret}),
        experience("b", question="Project Bluebird ships in May")))
    store.run("replay", "remove", "b", "--erase")
    for path in replay_files(store):
        with open(path, "rb") as file:
            content = file.read()
        assert secret.encode() not in content, path
        assert b"Bluebird" not in content, path


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
