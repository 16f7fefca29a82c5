"""Seed 001's pipeline: generated data, all stages and each alone, the same bytes twice."""
import json
import os
import sys

import scenario
from scenario import Store

CONFIG = {
    "extraction": {
        "patterns": {"naming_rule": "(?i)(always|must|should)\\s+use\\s+(\\w+Case)",
                     "style_rule": "(?i)(prefer|convention|standard)\\s+(.+)"},
        "confidence_threshold": 0.7},
    "storage_decision": {
        "criteria_weights": {"cross_session_value": 0.4, "stability": 0.3, "clear_triggers": 0.2,
                             "reduces_inconsistency": 0.1},
        "storage_threshold": 0.7},
    "retrieval": {"similarity_threshold": 0.8, "max_rules_per_task": 10},
    "drift_reduction": {"metrics": ["naming_consistency", "style_consistency",
                                    "structure_consistency"],
                        "improvement_threshold": 0.1},
    "logging": {"level": "INFO", "format": "json", "output_dir": "data/logs"},
}


def prepared(seed=1):
    store = Store()
    store.file("config.json", json.dumps(CONFIG, indent=4))
    store.run("pipeline", "generate", "--kind", "all", "--seed", seed, "--output", "data")
    return store


def read(store, name):
    with open(os.path.join(store.home, name), "rb") as file:
        return file.read()


def stage(store, name, given, output, *more, exits=(0,)):
    return store.run("pipeline", "--stage", name, "--config", "config.json", "--input", given,
                     "--output", output, *more, exits=exits)


def test_generate_gives_the_same_bytes_and_says_that_they_are_synthetic():
    a, b = prepared(5), prepared(5)
    for name in ("transcripts", "tasks", "ground_truth"):
        assert read(a, f"data/{name}.json") == read(b, f"data/{name}.json"), name
    truth = json.loads(read(a, "data/ground_truth.json"))
    assert truth["synthetic"] is True and truth["family"] == "test", truth.keys()
    assert all("synthetic" in t["tags"] for t in json.loads(read(a, "data/transcripts.json")))
    for kind, name in (("transcripts", "transcripts"), ("tasks", "tasks"),
                       ("ground-truth", "ground_truth")):
        a.run("pipeline", "generate", "--kind", kind, "--seed", 5, "--output", "one.json")
        assert read(a, "one.json") == read(a, f"data/{name}.json"), kind


def test_all_stages_are_measured_and_byte_identical_twice():
    store = prepared()
    done = json.loads(stage(store, "all", "data", "report.json").stdout)
    names = [c["name"] for c in done["criteria"]]
    assert names == ["extraction", "storage", "retrieval", "drift"], names
    # Without grammars drift cannot be measured, and says so once.
    assert [e["code"] for e in done["errors"]] in ([], ["unavailable"]), done["errors"]
    first = read(store, "report.json")
    logs = {n: read(store, f"data/logs/{n}.jsonl") for n in ("extract", "decide", "retrieve",
                                                             "drift")}
    stage(store, "all", "data", "again.json")
    assert read(store, "again.json") == first
    for name, text in logs.items():
        assert read(store, f"data/logs/{name}.jsonl") == text, name
        for line in text.decode().splitlines():
            assert json.loads(line)["version"] == "hardwon.pipeline/1", line
    text = store.run("pipeline", "--stage", "all", "--config", "config.json", "--input", "data",
                     "--output", "again.json", json_out=False).stdout
    assert "cue_words_f1" in text and "kappa" in text and "over_application" in text, text


def test_each_stage_runs_again_from_the_one_before():
    store = prepared()
    stage(store, "all", "data", "report.json")
    stages = json.loads(read(store, "report.json"))["stages"]
    for name, given in (("extract", "data/transcripts.json"), ("decide", "data/extract.json"),
                        ("retrieve", "data/decide.json"), ("drift", "data/retrieve.json")):
        stage(store, name, given, f"data/{name}.json")
        assert json.loads(read(store, f"data/{name}.json")) == stages[name], name
        stage(store, name, "data", "from_directory.json")
        assert json.loads(read(store, "from_directory.json")) == stages[name], name


def test_labels_do_not_reach_the_stages():
    store = prepared()
    stage(store, "extract", "data", "with.json")
    transcripts = json.loads(read(store, "data/transcripts.json"))
    for transcript in transcripts:
        for segment in transcript["segments"]:
            segment["type"] = "irrelevant" if segment["type"] == "persistent" else "persistent"
    store.file("other/transcripts.json", json.dumps(transcripts))
    stage(store, "extract", "other", "without.json")
    assert read(store, "with.json") == read(store, "without.json")


def test_an_empty_retrieval_fails_the_criterion():
    store = prepared()
    config = json.loads(json.dumps(CONFIG))
    config["storage_decision"]["storage_threshold"] = 1.0
    store.file("config.json", json.dumps(config))
    done = json.loads(stage(store, "all", "data", "report.json").stdout)
    by_name = {c["name"]: c for c in done["criteria"]}
    assert not by_name["retrieval"]["met"], by_name["retrieval"]
    assert by_name["drift"]["value"] is None, "nothing retrieved: not measurable"
    assert not done["met"]


def test_bad_input_is_named_and_the_rest_is_done():
    store = prepared()
    transcripts = json.loads(read(store, "data/transcripts.json"))
    transcripts[0]["segments"][0]["mood"] = "good"
    transcripts[1]["segments"][1].pop("speaker")
    store.file("data/transcripts.json", json.dumps(transcripts, indent=1))
    done = json.loads(stage(store, "extract", "data", "out.json").stdout)
    fields = [e["field"] for e in done["errors"]]
    assert fields == ["/0/segments/0/mood", "/1/segments/1/speaker"], done["errors"]
    assert all(e["line"] > 1 and e["path"].endswith("transcripts.json") for e in done["errors"])
    assert done["counts"]["read"] > 100, done["counts"]
    config = json.loads(json.dumps(CONFIG))
    config["storage_decision"]["criteria_weights"]["stability"] = 0.9
    for changed, field in ((config, "/storage_decision/criteria_weights"),
                           ({"storage_decision": {"criteria_weights": {"beauty": 1}}},
                            "/storage_decision/criteria_weights/beauty"),
                           ({"retrival": {}}, "/retrival")):
        store.file("config.json", json.dumps(changed))
        error = json.loads(stage(store, "extract", "data", "o.json", exits=(2,)).stdout)["error"]
        assert error["field"] == field and error["path"].endswith("config.json"), error
    store.file("config.json", json.dumps(CONFIG))
    stage(store, "taste", "data", "o.json", exits=(2,))
    stage(store, "extract", "nowhere", "o.json", exits=(4,))
    store.run("pipeline", "--config", "config.json", exits=(2,))
    for mix in ("persistent=.9,short_term=.9", "lasting=1", "persistent=x"):
        store.run("pipeline", "generate", "--kind", "tasks", "--mix", mix, "--output", "o.json",
                  exits=(2,))


def test_without_a_configuration_the_seeds_values_hold():
    store = prepared()
    stage(store, "extract", "data", "extract.json")
    stage(store, "decide", "extract.json", "given.json")
    store.run("pipeline", "--stage", "decide", "--input", "extract.json", "--output", "own.json")
    assert read(store, "own.json") == read(store, "given.json")


def test_an_executor_of_your_own():
    store = prepared()
    rules = [{"id": "r", "match_criteria": {"type": "context", "value": "language=python"},
              "action": {"type": "naming", "description": "Name Python locals in snake_case"},
              "rationale": "", "confidence": 0.95}]
    tasks = [{"id": "t", "type": "code_generation", "language": "python",
              "description": "Sum up", "context": {}}]
    store.file("own/decide.json", json.dumps({"rules": rules}))
    store.file("own/tasks.json", json.dumps(tasks))
    agent = store.file("agent.py", "\n".join([
        "import json, sys",
        "given = json.load(sys.stdin)",
        "told = 'snake_case' in given['block']",
        "names = ['next_value', 'nextValue', 'NextValue']",
        "name = names[0] if told else names[given['run'] % 3]",
        "print(f'def f(a):\\n    {name} = a\\n    return {name}')"]))
    stage(store, "retrieve", "own", "own/retrieve.json")
    stage(store, "drift", "own", "own/drift.json", "--executor", f"{sys.executable} {agent}")
    drift = json.loads(read(store, "own/drift.json"))
    if drift["before"] is not None:  # built with grammars
        assert drift["reduction"] == 1 and drift["what_it_is"] == "the given executor", drift
    done = json.loads(stage(store, "drift", "own", "own/drift.json", "--executor",
                            "echo broken >&2; exit 1").stdout)
    assert "status 1: broken" in done["errors"][0]["message"], done


scenario.main(sys.modules[__name__])
