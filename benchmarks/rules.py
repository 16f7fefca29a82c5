#!/usr/bin/env python3
"""Rules at scale: learning N rules of rule files, then `inject` and the hooks with them.

Usage: rules.py PATH_TO_HARDWON PATH_TO_BENCH_RULES [N]
       rules.py --make FOLDER N [RULES_A_FILE]      only writes the rule files

The rules are sentences of a large team's kind, all in one project: words of everyday work occur
in hundreds of them, names of parts in a few.  Equal arguments give equal bytes.
"""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

AREAS = """billing invoice refund ledger payout tax currency checkout cart catalog pricing coupon
inventory warehouse shipment parcel courier customs returns supplier procurement payroll vacation
roster onboarding identity session consent audit retention export import sync webhook gateway
throttle quota scheduler worker queue retry cache replica migration snapshot backup archive search
ranking indexing crawler parser tokenizer renderer layout theme widget form wizard dashboard chart
report notification mailer digest push inbox thread comment mention reaction upload thumbnail video
transcript subtitle player playlist map route geocoder itinerary booking seat ticket venue calendar
reminder survey ballot profile avatar contact directory permission role tenant license plan trial
telemetry metric trace alert incident runbook feature experiment rollout flag""".split()
PARTS = """service client handler module controller job table schema endpoint page component store
adapter model policy validator serializer factory repository resolver""".split()
FACETS = """empty stale nested signed partial duplicate expired archived foreign anonymous internal
public paged cached pending failed encrypted verified legacy shared default optional read-only
bulk nightly weekly manual automatic regional global""".split()
TOOLS = """pytest ruff mypy pnpm vite eslint prettier cargo clippy gofmt gradle ktlint terraform
helm docker make bazel jest playwright storybook liquibase flyway sqlfluff black""".split()
LANGUAGES = ["Python", "TypeScript", "Go", "Rust", "Java", "C++", "SQL", "JavaScript"]
SYLLABLES = "ba do ki lu me no pra qui ro sta ti ver wa zen".split()
# Teams have names of their own for what they build.
NAMES = sorted({"".join(random.Random(i).choices(SYLLABLES, k=3)) for i in range(1500)})
# f: facet, a: area, p: part.
SHAPES = [
    "Always validate {f} {a} input of `{name}` in the {a2} {p} of `{name2}`.",
    "Never log {f} {a} data of `{name}` from the {a2} {p} `{name2}`.",
    "Always run `{tool}` for the {a} {p} `{name}` before {f} {a2} releases of `{name2}`.",
    "Use `{tool}` in the {a} {p} `{name}`, never `{tool2}`, for {f} {a2} `{name2}` files.",
    "In {language}, name every {a} {p} of {f} `{name}` records with the suffix `{camel}`.",
    "Always cover the {f} {a} {p} `{name}` when you change the {a2} {p2} `{name2}`.",
    "Never call the {a} {p} `{name}` from a {f} {a2} {p2} of `{name2}`.",
    "Keep {f} {a} fixtures of `{name}` under `tests/{a2}/{name2}/`.",
    "Always return {f} {a} errors of `{name}` from the {a2} {p} `{name2}` as values.",
    "Never change `src/{a}/{name}_{p}.py` for {f} {a2} `{name2}` without a migration.",
    "Every {f} {a} {p} of `{name}` must time out after {n} seconds in `{name2}` {a2}.",
    "Don't retry {f} {a} requests of `{name}` over {n} times in the {a2} `{name2}` {p}.",
    "Always use UTC in {f} {a} timestamps of `{name}`, as the {a2} {p} `{name2}` does.",
    "All {f} {a} amounts of `{name}` are integers in the {a2} {p} `{name2}`, never floats.",
    "Always ask before you delete {f} {a} rows of `{name}` that {a2} {p} `{name2}` reads.",
    "Document each {f} {a} {p} of `{name}` in `docs/{a2}/{name2}.md` as it changes.",
]


def rules(n, seed):
    rng = random.Random(seed)
    seen, out = set(), []
    while len(out) < n:
        area, area2 = rng.sample(AREAS, 2)
        words = {"a": area, "a2": area2, "p": rng.choice(PARTS),
                 "p2": rng.choice(PARTS), "f": rng.choice(FACETS),
                 "tool": rng.choice(TOOLS), "tool2": rng.choice(TOOLS),
                 "name": rng.choice(NAMES), "name2": rng.choice(NAMES),
                 "language": rng.choice(LANGUAGES), "n": rng.randint(2, 90),
                 "camel": area.capitalize() + rng.choice(PARTS).capitalize()}
        rule = rng.choice(SHAPES).format(**words)
        if rule not in seen:
            seen.add(rule)
            out.append((area, rule))
    return out


def write(folder, n, per_file=100, seed=1):
    os.makedirs(os.path.join(folder, ".git"))
    paths, all_rules = [], rules(n, seed)
    for at in range(0, n, per_file):
        part = os.path.join(folder, f"part-{at // per_file:03}")
        os.makedirs(part)
        paths.append(os.path.join(part, "CLAUDE.md"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write("# Conventions\n\n")
            for _, rule in all_rules[at:at + per_file]:
                file.write(f"- {rule}\n")
    return paths



def tasks(n, seed=2):
    """Half of them one sentence, half a prompt of several."""
    rng = random.Random(seed)
    shapes = ["Add {facet} {area} support to the {area2} {part} of `{name}`",
              "The {area} {part} `{name}` loses {facet} {area2} rows, find out why",
              "Refactor the {area2} {part} so that {facet} {area} records are validated once",
              "Write tests for {facet} {area} handling of `{name}` in the {area2} {part}"]

    def sentence():
        area, area2 = rng.sample(AREAS, 2)
        return rng.choice(shapes).format(area=area, area2=area2, facet=rng.choice(FACETS),
                                         part=rng.choice(PARTS), name=rng.choice(NAMES))
    return [". ".join(sentence() for _ in range(1 if i % 2 == 0 else 6)) for i in range(n)]


class Times:
    """Wall time and processor time of processes, in milliseconds."""

    def __init__(self):
        self.wall, self.cpu = [], []

    def run(self, argv, env, text=""):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(argv, input=text, capture_output=True, text=True, env=env)
        self.wall.append(1000 * (time.perf_counter() - start))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(1000 * (after.ru_utime + after.ru_stime
                                - before.ru_utime - before.ru_stime))
        assert done.returncode in (0, 1), (argv, done.returncode, done.stderr)
        return done.stdout

    def row(self, name):
        wall, cpu = sorted(self.wall), sorted(self.cpu)
        at = len(wall) * 99 // 100
        print(f"{name:44} wall p50 {wall[len(wall) // 2]:6.1f} p99 {wall[at]:6.1f} ms"
              f"   cpu p50 {cpu[len(cpu) // 2]:6.1f} p99 {cpu[at]:6.1f} ms   n = {len(wall)}")


def processes(program, env, project, rounds):
    """All kinds in turn, so that what else the machine does meets each alike."""
    nothing, inject, start, prompt = Times(), Times(), Times(), Times()
    told = 0
    for i, task in enumerate(tasks(rounds)):
        nothing.run(["/bin/true"], env)
        told += bool(inject.run([program, "--scope", f"user=bench,project={project}", "inject",
                                 "--task", task], env))
        # A session of its own each time: what a session was told is not told again.
        payload = {"session_id": f"s{i}", "cwd": project, "transcript_path": "/nowhere.jsonl"}
        hook = [program, "hook", "claude-code"]
        start.run(hook, env, json.dumps({**payload, "hook_event_name": "SessionStart"}))
        prompt.run(hook, env, json.dumps({**payload, "hook_event_name": "UserPromptSubmit",
                                          "prompt": task}))
    nothing.row("/bin/true")
    inject.row("hardwon inject --task")
    start.row("hook, SessionStart")
    prompt.row("hook, UserPromptSubmit")
    print(f"  (inject had something to say {told} of {rounds} times)")


def main(program, in_process, n):
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.realpath(os.path.join(folder, "project"))
        paths = write(project, n)
        config = os.path.join(folder, "config.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("user: bench\n")
        store = os.path.join(folder, "store")
        env = {**os.environ, "HARDWON_HOME": store, "HOME": folder, "HARDWON_CONFIG": config}
        learning = Times()
        report = json.loads(learning.run([program, "--json", "import", "--format", "rule-file",
                                          *paths], env))
        learning.row(f"import and learn {n} rules of {len(paths)} files")
        print("  learned:", {key: report["learned"][key] for key in ("lessons_new", "dropped")})
        processes(program, env, project, 200)
        with open(os.path.join(folder, "tasks"), "w", encoding="utf-8") as file:
            file.write("\n".join(tasks(500, seed=3)))
        subprocess.run([in_process, store, project, file.name], check=True)


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        for path in write(sys.argv[2], *(int(text) for text in sys.argv[3:])):
            print(path)
    else:
        main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]),
             int(sys.argv[3]) if len(sys.argv) > 3 else 10_200)
