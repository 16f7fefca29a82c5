"""The conversion of ReAct trajectories leaves nothing of the outcome in the steps."""
import os
import sys

import scenario

sys.path.insert(0, os.path.join(scenario.SOURCE, "benchmarks"))
import react_episodes  # noqa: E402

SHOP = {"id": 1, "instruction": "find a hat", "reward": 0.5, "steps": [
    {"action": "search[hat]", "observation": "[A1] hat"},
    {"action": "click[Buy Now]", "observation": "Thank you!\nYour score (min 0.0, max 1.0): 0.5"}]}
CLAIM = {"id": 2, "claim": "Hats fly.", "reward": 1, "answer": "REFUTES", "gt": "REFUTES", "steps": [
    {"thought": "t", "action": "Search[hat]", "observation": "a hat"},
    {"thought": "t", "action": "Finish[REFUTES]", "observation": "Episode finished, reward = 1"}]}


def test_nothing_of_the_outcome_is_left():
    for raw, domain in ((SHOP, "webshop"), (CLAIM, "fever")):
        episode = react_episodes.episode_of(raw, domain)
        react_episodes.assert_no_outcome(episode)
        assert "answer" not in episode and "gt" not in episode
    assert react_episodes.episode_of(SHOP, "webshop")["outcome"] == {"status": "partial",
                                                                    "share": 0.5}
    assert react_episodes.episode_of(CLAIM, "fever")["outcome"] == {"status": "success"}


def test_what_is_left_in_is_found():
    episode = react_episodes.episode_of(SHOP, "webshop")
    episode["steps"][1]["result"]["output"] = SHOP["steps"][1]["observation"]
    other = react_episodes.episode_of(CLAIM, "fever")
    other["gt"] = "REFUTES"
    for left_in in (episode, other):
        try:
            react_episodes.assert_no_outcome(left_in)
        except AssertionError:
            continue
        raise AssertionError("not found: " + left_in["id"])


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
