"""Claude Code transcripts written by the scenarios: the fields that the importer reads."""
import datetime
import json
import uuid


class Transcript:
    def __init__(self, session=None, cwd="/home/ann/shop", start="2026-05-01T09:00:00"):
        self.session = session or str(uuid.uuid4())
        self.cwd = cwd
        self.time = datetime.datetime.fromisoformat(start)
        self.parent = None
        self.records = []
        self.calls = 0

    def _add(self, kind, message, **fields):
        self.time += datetime.timedelta(seconds=10)
        record = {"type": kind, "uuid": str(uuid.uuid4()), "parentUuid": self.parent,
                  "isSidechain": False, "userType": "external", "cwd": self.cwd,
                  "sessionId": self.session, "version": "2.1.0",
                  "timestamp": self.time.isoformat() + ".000Z", "message": message}
        record.update(fields)
        self.parent = record["uuid"]
        self.records.append(record)

    def say(self, text):
        self._add("user", {"role": "user", "content": text})
        return self

    def agent(self, text):
        self.calls += 1
        self._add("assistant", {"id": f"msg_{self.calls}", "role": "assistant", "model": "m",
                                "content": [{"type": "text", "text": text}],
                                "usage": {"input_tokens": 10, "output_tokens": 5}})
        return self

    def tool(self, name, arguments, result, error=False):
        self.calls += 1
        call = f"toolu_{self.session[:8]}_{self.calls}"
        self._add("assistant", {"id": f"msg_{self.calls}", "role": "assistant", "model": "m",
                                "content": [{"type": "tool_use", "id": call, "name": name,
                                             "input": arguments}],
                                "usage": {"input_tokens": 10, "output_tokens": 5}})
        self._add("user", {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call, "content": result, "is_error": error}]})
        return self

    def bash(self, command, result, error=False):
        return self.tool("Bash", {"command": command}, result, error)

    def text(self):
        return "".join(json.dumps(record) + "\n" for record in self.records)


def pnpm_sessions():
    """Two sessions in which the same thing is said twice, and one command had to be run another
    way."""
    failure = ("Exit code 1\nError: The module 'better_sqlite3.node' was compiled against a "
               "different Node.js version using NODE_MODULE_VERSION 115.")
    first = (Transcript(start="2026-05-01T09:00:00").say("Add a price filter.")
             .bash("npm install zod", "added 1 package")
             .say("no, don't use npm here, use pnpm. npm breaks the lockfile")
             .bash("pnpm add zod", "Done in 1s").bash("pnpm test", failure, True)
             .bash("rm -rf node_modules && pnpm install", "Done in 9s")
             .bash("pnpm test", failure, True)
             .bash("pnpm rebuild better-sqlite3", "done")
             .bash("pnpm test", "Tests  42 passed (42)").say("thanks, works"))
    second = (Transcript(start="2026-05-08T09:00:00").say("Show the total once.")
              .bash("npm test", "Tests  42 passed (42)")
              .say("again: use pnpm, don't use npm in this repo, it breaks the lockfile")
              .bash("pnpm test", "Tests  42 passed (42)").say("perfect"))
    return first, second
