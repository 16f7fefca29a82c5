"""Secrets never reach the disk; what is forgotten leaves no byte; scopes don't leak."""
import json
import os
import random
import string
import subprocess
import sys

import scenario
from scenario import PROGRAM, Store
from transcripts import Transcript

RANDOM = random.Random(42)
HEX = "0123456789abcdef"
WORD = string.ascii_letters + string.digits


def pick(alphabet, n):
    return "".join(RANDOM.choice(alphabet) for _ in range(n))


# Built from pieces, so that no secret-looking text stands in this file.
KINDS = [
    lambda: "AK" + "IA" + pick(string.ascii_uppercase + string.digits, 16),
    lambda: "gh" + "p_" + pick(WORD, 36),
    lambda: "github" + "_pat_" + pick(WORD, 22) + "_" + pick(WORD, 59),
    lambda: "gl" + "pat-" + pick(WORD, 20),
    lambda: "xo" + "xb-" + pick(string.digits, 12) + "-" + pick(string.digits, 12) + "-"
            + pick(WORD, 24),
    lambda: "sk_" + "live_" + pick(WORD, 24),
    lambda: "sk-" + "proj-" + pick(WORD, 48),
    lambda: "sk-" + "ant-api03-" + pick(WORD + "-_", 93) + "AA",
    lambda: "AI" + "za" + pick(WORD, 35),
    lambda: "np" + "m_" + pick(WORD, 36),
    lambda: "py" + "pi-AgEIcHlwaS5vcmc" + pick(WORD, 70),
    lambda: "hf" + "_" + pick(string.ascii_letters, 34),
    lambda: "SG" + "." + pick(WORD, 22) + "." + pick(WORD, 43),
    lambda: "ey" + "J" + pick(WORD, 33) + ".ey" + "J" + pick(WORD, 60) + "." + pick(WORD, 43),
    lambda: "dop" + "_v1_" + pick(HEX, 64),
    lambda: "shp" + "at_" + pick(HEX, 32),
    lambda: "hv" + "s." + pick(WORD, 90),
    lambda: "GOC" + "SPX-" + pick(WORD, 28),
    lambda: "lin" + "_api_" + pick(WORD, 40),
    lambda: "AGE-" + "SECRET-KEY-1" + pick(string.ascii_uppercase + string.digits, 58),
]
FRAMES = ["export TOKEN={}", "the key is {} as you know", "curl -H 'X-Key: {}' https://a.example",
          '{{"value": "{}"}}', "  - name: key\n    value: {}"]


def planted():
    return [(KINDS[i % len(KINDS)](), FRAMES[i % len(FRAMES)]) for i in range(200)]


def test_planted_secrets_are_nowhere_in_the_store():
    store = Store(scope="")
    secrets = planted()
    transcript = Transcript()
    for i, (secret, frame) in enumerate(secrets[:80]):
        text = frame.format(secret)
        if i % 2:
            transcript.say(text).bash("echo " + json.dumps(text), text, error=i % 4 == 1)
        else:
            transcript.agent(text)
    transcript.say("thanks")
    path = store.file("a.jsonl", transcript.text())
    masked = store.json("import", path)["sources"][0]["masked"]
    assert sum(masked.values()) >= 80, masked
    stderr = ""
    episode = store.json("episode", "start", "--task", secrets[80][1].format(secrets[80][0]))
    steps = [{"tool": "bash", "action": frame.format(secret), "parameters": {"command": secret},
              "result": {"status": "error", "output": frame.format(secret)}}
             for secret, frame in secrets[81:140]]
    stderr += store.run("-v", "episode", "log", episode["episode_id"],
                        stdin="".join(json.dumps(s) + "\n" for s in steps)).stderr
    store.run("episode", "complete", episode["episode_id"], "--outcome", "failure", "--verdict",
              secrets[140][0])
    documents = [{"id": str(i), "content": frame.format(secret), "metadata": {"note": secret}}
                 for i, (secret, frame) in enumerate(secrets[141:190])]
    stderr += store.run("-v", "document", "add", "-",
                        stdin="".join(json.dumps(d) + "\n" for d in documents)).stderr
    store.run("remember", "Never print " + secrets[190][0])
    for secret, frame in secrets[191:]:
        payload = {"session_id": "s", "transcript_path": f"/tmp/{secret}.jsonl", "cwd": "/home/ann/shop",
                   "hook_event_name": "UserPromptSubmit", "prompt": frame.format(secret)}
        stderr += subprocess.run([PROGRAM, "-v", "hook", "claude-code"], input=json.dumps(payload),
                                 env=store.env, capture_output=True, text=True).stderr
        payload["hook_event_name"] = "SessionEnd"
        stderr += subprocess.run([PROGRAM, "-v", "hook", "claude-code"], input=json.dumps(payload),
                                 env=store.env, capture_output=True, text=True).stderr
    store.json("learn")
    everything = store.every_byte() + stderr.encode()
    left = [s for s, _ in secrets if s.encode() in everything]
    assert not left, (len(left), left[:5])


def test_ordinary_text_is_not_masked():
    store = Store(scope="")
    words = ("the build of commit deadbeefcafe1234deadbeefcafe1234deadbeef took 12.4 s; "
             "token: string; password = getPassword(); api_key=os.environ['KEY']; "
             "id 0190a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b; sha512-" + "Ab3" * 28 + "==")
    documents = [{"id": str(i), "content": f"line {i}: {words}"} for i in range(200)]
    store.run("document", "add", "-", stdin="".join(json.dumps(d) + "\n" for d in documents))
    shown = store.lines("document", "list", "-n", "1000")
    masked = [d for d in shown if "[masked:" in d["content"]]
    assert len(masked) <= 2, masked[:2]


def test_forgotten_text_leaves_no_byte():
    store = Store(scope="")
    name = "Zanzibarquokka"
    transcript = Transcript().say(f"Project {name}: fix the login.")
    transcript.bash(f"make {name}", f"error: {name} failed", True).bash(f"make {name}", "ok")
    transcript.say("thanks")
    store.json("import", store.file("a.jsonl", transcript.text()))
    store.run("remember", f"Ship {name} on Mondays.")
    store.run("document", "add", "-", stdin=json.dumps({"id": "1", "content": f"about {name}"}))
    store.run("inject", "--task", f"ship {name}", "--scope", "all")
    assert name.encode() in store.every_byte()
    dry = store.json("forget", name, "--dry-run")
    assert dry["removed"] and name.encode() in store.every_byte()
    gone = store.json("forget", name)
    assert gone["removed"] == dry["removed"], (gone, dry)
    everything = store.every_byte().lower()
    assert name.lower().encode() not in everything
    assert store.json("verify")["ok"]
    again = store.run("forget", name, exits=(1,))
    assert json.loads(again.stdout)["removed"] == {} or not any(
        json.loads(again.stdout)["removed"].values())


def test_scopes_do_not_leak():
    store = Store()
    store.run("remember", "Ann deploys with the blue script.", scope="user=ann,project=/a")
    store.run("remember", "Bob deploys with the green script.", scope="user=bob,project=/a")
    store.run("remember", "Ann likes the red script everywhere.", scope="user=ann")
    ask = lambda scope: sorted(h["statement"].split()[0] + h["statement"].split()[-2]
                               for h in store.json("recall", "deploys script", scope=scope,
                                                   exits=(0, 1))["hits"])
    assert all("Bob" not in s for s in ask("user=ann,project=/a"))
    assert ask("user=carol,project=/a") == []
    assert len(store.json("recall", "script", scope="user=ann,project=/b")["hits"]) == 1
    assert len(store.json("recall", "script", scope="all")["hits"]) == 3


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
