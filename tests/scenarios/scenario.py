"""Shared by the scenarios: a store of its own, the real program, plain asserts.

Usage of a scenario: python3 NAME.py PATH_TO_HARDWON [PATH_TO_SOURCE]
"""
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ""


class Store:
    """A throw-away home directory with a store in it."""

    def __init__(self, scope="user=ann,project=/home/ann/shop"):
        self.home = tempfile.mkdtemp(prefix="hardwon-scenario-")
        self.path = os.path.join(self.home, "store")
        self.scope = scope
        self.env = {**os.environ, "HOME": self.home, "HARDWON_HOME": self.path}
        for name in ("HARDWON_CONFIG", "XDG_DATA_HOME"):
            self.env.pop(name, None)

    def argv(self, *words, json_out=True, scope=None):
        scope = self.scope if scope is None else scope
        argv = [PROGRAM]
        if scope:
            argv += ["--scope", scope]
        if json_out:
            argv.append("--json")
        return argv + [str(word) for word in words]

    def run(self, *words, stdin="", json_out=True, scope=None, exits=(0,), cwd=None):
        """The finished process; its exit status must be one of `exits`."""
        done = subprocess.run(self.argv(*words, json_out=json_out, scope=scope), input=stdin,
                              capture_output=True, text=True, env=self.env, cwd=cwd or self.home)
        assert done.returncode in exits, (words, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words, **options):
        return json.loads(self.run(*words, **options).stdout)

    def lines(self, *words, **options):
        return [json.loads(line) for line in self.run(*words, **options).stdout.splitlines()]

    def file(self, name, text):
        path = os.path.join(self.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(path, mode) as out:
            out.write(text)
        return path

    def every_byte(self):
        """All bytes of all files of the store."""
        parts = []
        for folder, _, names in os.walk(self.path):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    parts.append(file.read())
        return b"\n".join(parts)


def main(module):
    """Runs every function called test_*; the last line counts them."""
    failed = 0
    tests = [(name, f) for name, f in sorted(vars(module).items()) if name.startswith("test_")]
    for name, function in tests:
        try:
            function()
            print("ok   ", name)
        except Exception as error:  # the next test still runs
            failed += 1
            print("FAIL ", name, type(error).__name__, str(error)[:2000])
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
