"""ReAct trajectories (WebShop, FEVER) as episodes, with the outcome cut out of the steps.

What must not be seen: WebShop's closing "Your score …", FEVER's "Episode finished, reward = …",
and the fields answer and gt.  assert_no_outcome() fails when any of it is left.
"""
import json
import re

SCORE = re.compile(r"your score", re.I)
REWARD = re.compile(r"episode finished|reward\s*=", re.I)
CALL = re.compile(r"^\s*(\w+)\[")


def tool_of(action):
    match = CALL.match(action)
    return match.group(1).lower() if match else action.strip().split(" ")[0].lower() or "none"


def steps_of(raw):
    steps = []
    for item in raw["steps"]:
        output = item.get("observation", "")
        if SCORE.search(output) or REWARD.search(output):
            output = ""
        step = {"tool": tool_of(item["action"]), "action": item["action"],
                "result": {"status": "success", "output": output}}
        if output.lower().startswith("invalid action"):
            step["result"]["status"] = "error"
        if item.get("thought"):
            step["parameters"] = {"thought": item["thought"]}
        steps.append(step)
    return steps


def outcome_of(reward):
    if reward >= 1:
        return {"status": "success"}
    if reward <= 0:
        return {"status": "failure"}
    return {"status": "partial", "share": reward}


def episode_of(raw, domain):
    reward = float(raw["reward"])
    return {"id": f"{domain}-{raw['id']}", "task": raw.get("instruction") or raw["claim"],
            "context": {"domain": domain}, "steps": steps_of(raw),
            "outcome": outcome_of(reward), "reward": reward}


def without_outcome(episode):
    return {key: value for key, value in episode.items() if key not in ("outcome", "reward")}


def assert_no_outcome(episode):
    """Everything but outcome and reward themselves must be silent about how it ended."""
    text = json.dumps(without_outcome(episode))
    for pattern in (SCORE, REWARD):
        found = pattern.search(text)
        assert not found, f"episode {episode['id']}: outcome left in: {found.group()}"
    extra = set(episode) - {"id", "task", "context", "steps", "outcome", "reward"}
    assert not extra, f"episode {episode['id']}: fields {extra}"


def read(path, domain):
    with open(path) as file:
        episodes = [episode_of(json.loads(line), domain) for line in file]
    for episode in episodes:
        assert_no_outcome(episode)
    return episodes
