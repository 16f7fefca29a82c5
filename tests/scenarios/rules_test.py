"""A rule file is imported, its rules are listed, checked and applied; sentences are read alone."""
import difflib
import json
import os
import random
import subprocess
import sys

import scenario
from scenario import Store

RULES = """# Shop

The shop sells books. It is written in Python.

## Code style

- Indent with 4 spaces.
- Use double quotes for strings.
- Use snake_case for functions and variables.
- Class names are PascalCase.
- Ask before you add a dependency.

## Do NOT

- Use bare `except:`
- Leave trailing whitespace
"""

GOOD = '''"""Orders of the shop."""


class OrderList:
    def __init__(self):
        self.items = []

    def add_item(self, item):
        try:
            self.items.append(item)
        except ValueError:
            raise
        return "don't" + 'a "quoted" word'
'''

# Breaks five rules, on lines 4, 8, 11, 13 and 14.
BAD = '''"""Orders of the shop."""


class order_list:
    def __init__(self):
        self.items = []

    def addItem(self, item):
        try:
            self.items.append(item)
        except:
            raise
        name = 'item'
        return name ''' + '\n'

BROKEN = [(4, "Class names are PascalCase."), (8, "Use snake_case for functions and variables."),
          (11, "Do not use bare `except:`."), (13, "Use double quotes for strings."),
          (14, "Do not leave trailing whitespace.")]

TASK = {"id": "t1", "type": "code_generation", "language": "python",
        "description": "Add an order list", "context": {}}


def shop():
    store = Store()
    store.file("shop/CLAUDE.md", RULES)
    store.file("shop/task.json", json.dumps(TASK))
    store.folder = os.path.join(store.home, "shop")
    store.run("import", "CLAUDE.md", cwd=store.folder)
    return store


def check(store, *words, stdin="", exits=(0, 1)):
    done = store.run("rule", "check", *words, stdin=stdin, exits=exits, cwd=store.folder)
    return [(found["line"], found["rule"]) for found in json.loads(done.stdout)]


def grammars():
    """Whether this build can parse source; without grammars `rule check` says kUnavailable."""
    store = shop()
    store.file("shop/app.py", GOOD)
    done = store.run("rule", "check", "app.py", exits=(0, 1, 2, 3, 4), cwd=store.folder)
    answer = json.loads(done.stdout)
    if isinstance(answer, dict):
        assert answer["error"]["code"] == "unavailable", answer
        return False
    return True


def test_the_rules_of_a_file_are_listed_with_their_lines_and_what_is_checked():
    store = shop()
    rules = {rule["statement"]: rule for rule in store.lines("rule", "list")}
    lines = {text: rule["provenance"][0]["line"] for text, rule in rules.items()}
    assert lines == {"Indent with 4 spaces.": 7, "Use double quotes for strings.": 8,
                     "Use snake_case for functions and variables.": 9,
                     "Class names are PascalCase.": 10, "Ask before you add a dependency.": 11,
                     "Do not use bare `except:`.": 15,
                     "Do not leave trailing whitespace.": 16}, lines
    checked = {text for text, rule in rules.items() if rule["checks"]}
    assert checked == set(lines) - {"Ask before you add a dependency."}, checked
    assert rules["Do not use bare `except:`."]["action"]["polarity"] == "avoid"
    one = rules["Class names are PascalCase."]
    shown = store.json("rule", "show", one["id"])
    assert shown["provenance"][0]["quote"] == "Class names are PascalCase.", shown
    store.run("rule", "show", "nothing", exits=(1, 2))


def test_importing_again_changes_nothing_and_an_edit_takes_the_place():
    store = shop()
    before = store.run("rule", "list").stdout
    store.run("import", "CLAUDE.md", cwd=store.folder)
    assert store.run("rule", "list").stdout == before
    store.file("shop/CLAUDE.md", RULES.replace("4 spaces", "2 spaces"))
    store.run("import", "CLAUDE.md", cwd=store.folder)
    texts = {rule["statement"] for rule in store.lines("rule", "list")}
    assert "Indent with 2 spaces." in texts and "Indent with 4 spaces." not in texts, texts
    assert len(texts) == 7, texts


def test_what_is_told_again_in_other_words_is_listed_and_told_once():
    store = Store()
    path = store.file("notes/team.txt.md", "# Rules\n\n- Use tabs for indentation, never spaces.\n"
                      "- Store prices as integer cents, never as floats.\n")
    store.run("import", "--format", "rule-file", path)
    store.json("remember", "Always use tabs for indentation, never spaces")
    again = store.json("remember", "Use tabs for indentation and never spaces, please")
    lessons = store.lines("lesson", "list")
    tabs = [lesson for lesson in lessons if "tabs" in lesson["statement"]]
    other = [lesson for lesson in lessons if "tabs" not in lesson["statement"]]
    assert len(tabs) == 3 and len(other) == 1, lessons
    assert {lesson["group"] for lesson in tabs} == {min(lesson["id"] for lesson in tabs)}, tabs
    assert other[0]["group"] == other[0]["id"], other
    screen = store.run("lesson", "list", json_out=False).stdout
    assert screen.count(" tabs ") == 1 and "the same: " in screen, screen
    block = store.json("inject", "--task", "fix the indentation: tabs or spaces?")["block"]
    assert block.count(" tabs ") == 1, block
    # A person says that it is something else: it stands alone at once.
    edited = store.json("lesson", "edit", again["id"], "Rename the tabs of the settings page.")
    assert edited["group"] == edited["id"], edited
    tabs = [lesson for lesson in store.lines("lesson", "list") if "spaces" in lesson["statement"]]
    assert {lesson["group"] for lesson in tabs} == {min(lesson["id"] for lesson in tabs)}, tabs
    # Nor does a group keep the id of what is forgotten.
    store.run("forget", "--source", path, scope="")
    (left,) = [lesson for lesson in store.lines("lesson", "list")
               if "spaces" in lesson["statement"]]
    assert left["group"] == left["id"], left
    store.json("verify")


def test_another_project_does_not_see_them():
    store = shop()
    other = store.run("rule", "list", scope="user=ann,project=/home/ann/other", exits=(1,))
    assert other.stdout.strip() == "", other.stdout


def test_a_file_that_breaks_five_rules_has_five_findings():
    store = shop()
    store.file("shop/app.py", BAD)
    store.file("shop/good.py", GOOD)
    assert check(store, "app.py", exits=(1,)) == BROKEN, check(store, "app.py")
    assert check(store, "good.py", exits=(0,)) == [], check(store, "good.py")
    assert check(store, ".", exits=(1,)) == BROKEN, check(store, ".")
    store.run("rule", "check", exits=(2,), cwd=store.folder)
    store.run("rule", "check", "nowhere.py", exits=(4,), cwd=store.folder)


def diff_of(before, after, name="app.py"):
    return "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True),
                                        "a/" + name, "b/" + name, n=1))


def test_of_a_diff_only_the_added_lines_are_looked_at():
    store = shop()
    store.file("shop/app.py", BAD)
    before = BAD.replace("addItem", "add_item").replace("'item'", '"item"')
    assert check(store, "--diff", stdin=diff_of(before, BAD), exits=(1,)) == [BROKEN[1], BROKEN[3]]
    assert check(store, "--diff", stdin=diff_of("", BAD), exits=(1,)) == BROKEN
    assert check(store, "--diff", stdin=diff_of(BAD + "# more\n", BAD), exits=(0,)) == []
    gone = diff_of(BAD, "").replace("b/app.py", "/dev/null")
    assert check(store, "--diff", stdin=gone, exits=(0,)) == []
    assert check(store, "--diff", stdin="", exits=(0,)) == []
    # Added lines that look like the head of another file.
    text = "A = 1\n++ b/other.py\n-- a/other.py\nname = 'x'\n"
    store.file("shop/notes.py", text)
    lines = [line for line, _ in check(store, "--diff", stdin=diff_of("A = 1\n", text, "notes.py"))]
    assert 4 in lines, lines
    done = store.run("rule", "check", "--diff", stdin="+++ b/app.py\n@@ nothing @@\n", exits=(2,),
                     cwd=store.folder)
    assert json.loads(done.stdout)["error"]["line"] == 2, done.stdout
    store.run("rule", "check", "--diff", "app.py", exits=(2,), cwd=store.folder)


def test_apply_leaves_a_file_that_parses_and_keeps_every_rule():
    store = shop()
    path = store.file("shop/app.py", BAD)
    os.chmod(path, 0o755)
    os.symlink("app.py", os.path.join(store.folder, "link.py"))
    words = ("rule", "apply", "--task", "task.json", "--file", "link.py")
    dry = store.json(*words, cwd=store.folder)
    assert not dry["written"] and open(path).read() == BAD
    assert len(dry["modifications"]) == 5, dry["modifications"]
    done = store.json(*words, "--write", cwd=store.folder)
    assert done["written"] and done["task"] == "t1", done
    assert os.path.islink(os.path.join(store.folder, "link.py")), "a link stays one"
    assert os.stat(path).st_mode & 0o777 == 0o755, oct(os.stat(path).st_mode)
    subprocess.run([sys.executable, "-m", "py_compile", path], check=True)
    assert check(store, "app.py", exits=(0,)) == []
    text = open(path).read()
    assert "class OrderList:" in text and "def add_item(" in text and 'name = "item"' in text, text
    told = [instruction["instruction"] for instruction in done["instructions"]]
    assert "Ask before you add a dependency." in told, told
    again = store.json(*words, "--write", cwd=store.folder)
    assert not again["written"] and open(path).read() == text
    store.run("rule", "apply", "--task", "task.json", "--write", exits=(2,), cwd=store.folder)


ITEMS = [{"id": 1, "speaker": "user", "text": "Always use tabs in Python code."},
         {"id": "two", "speaker": "file", "text": "- Commit generated files", "heading": "Do NOT"},
         {"id": 3, "speaker": "assistant", "text": "Got it, I will always use tabs in Python."},
         {"id": 4, "speaker": "tool", "text": "Always use tabs."},
         {"id": 5, "speaker": "user", "text": "Fix the typo in the header."},
         {"id": 6, "speaker": "user", "text": "Never log passwords. Thanks for your help!\n\n"
                                              "- Always use snake_case for functions.\n"},
         {"id": 7, "speaker": "user", "text": ""},
         {"id": 8, "speaker": "system", "text": "Never do it."},
         {"id": [9], "speaker": "person", "text": "Why does it crash?"}]


def extract(store, items, exits=(0,)):
    lines = [item if isinstance(item, str) else json.dumps(item) for item in items]
    path = store.file("items.jsonl", "\n".join(lines) + "\n")
    return store.lines("rule", "extract", "--input", path, exits=exits)


def by_id(answers):
    return {json.dumps(answer["id"]): answer for answer in answers}


def test_neither_labels_nor_order_change_an_answer():
    store = Store()
    labels = ["persistent", "short_term", "irrelevant"]
    marked = [dict(item, type=labels[i % 3], store=i % 2 == 0) for i, item in enumerate(ITEMS)]
    expected = by_id(extract(store, ITEMS))
    assert len(expected) == len(ITEMS)
    assert expected["1"]["rules"] and expected["1"]["persistence"] == "persistent", expected["1"]
    assert expected['"two"']["rules"][0]["action"]["polarity"] == "avoid"
    assert expected["4"]["rules"] == [] and expected["8"]["rules"] == []
    assert len(expected["6"]["rules"]) == 2, expected["6"]
    for rule in expected["6"]["rules"]:
        begin, end = rule["span"]
        assert ITEMS[5]["text"][begin:end].rstrip(".") in rule["action"]["description"] + ".", rule
    chance = random.Random(1)
    for _ in range(5):
        chance.shuffle(labels)
        some = [dict(item, type=labels[i % 3]) for i, item in enumerate(marked)]
        chance.shuffle(some)
        assert by_id(extract(store, some)) == expected
    one_by_one = {}
    for item in ITEMS:
        one_by_one.update(by_id(extract(store, [item])))
    assert one_by_one == expected


def test_bad_lines_are_named_and_the_rest_is_answered():
    store = Store()
    answers = extract(store, [ITEMS[0], "{not json", {"id": 2, "speaker": "boss", "text": "x"},
                              {"id": 3, "speaker": "user"}, {"id": 4, "speaker": "user", "text": 5},
                              "[]", "7", ITEMS[4]], exits=(2,))
    errors = [answer["error"] for answer in answers if "error" in answer]
    assert [(e["line"], e["field"]) for e in errors[1:4]] == [
        (3, "/speaker"), (4, "/text"), (5, "/text")], errors
    assert [e["line"] for e in errors] == [2, 3, 4, 5, 6, 7], errors
    assert all(e["path"].endswith("items.jsonl") for e in errors), errors
    assert "boss" in errors[1]["message"], errors[1]
    assert [a["id"] for a in answers if "id" in a] == [1, 5], answers
    store.run("rule", "extract", "--input", "nowhere.jsonl", exits=(4,))
    done = store.run("rule", "extract", "--input", "-", stdin=json.dumps(ITEMS[0]) + "\n")
    assert json.loads(done.stdout)["persistence"] == "persistent"


if not grammars():
    print("skipped: this program was built without grammars, files are not checked")
    for name in ("test_a_file_that_breaks_five_rules_has_five_findings",
                 "test_of_a_diff_only_the_added_lines_are_looked_at",
                 "test_apply_leaves_a_file_that_parses_and_keeps_every_rule"):
        del globals()[name]
scenario.main(sys.modules[__name__])
