#!/usr/bin/env python3
"""The rules of the house, checked over the sources (CONTRIBUTING.md says why each exists).

Usage: house_test.py RULE SOURCE_DIR BUILD_DIR COMPILER
Prints each violation as path:line: what; exits 1 when there is one.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

OPTIONAL = {"nets", "train"}  # built only where libtorch is
LINE_MAX, FILE_MAX, FUNCTION_MAX, METHODS_MAX = 100, 800, 70, 15


class House:
    def __init__(self, source, build, compiler):
        self.source, self.build, self.compiler = Path(source), Path(build), compiler
        self.violations = []

    def report(self, path, line, what):
        try:
            path = Path(path).relative_to(self.source)
        except ValueError:
            pass
        self.violations.append(f"{path}:{line}: {what}")

    def files(self, *patterns):
        folders = ["include", "src", "tests", "examples", "benchmarks", "docs", "scripts", "cmake"]
        found = [p for f in folders for pattern in patterns
                 for p in sorted((self.source / f).rglob(pattern))]
        return found + [p for pattern in patterns for p in sorted(self.source.glob(pattern))]

    def code(self):
        return self.files("*.h", "*.cpp")

    def rooms(self):
        """Room -> the rooms it may include, from the hardwon_room() calls."""
        text = (self.source / "CMakeLists.txt").read_text()
        call = r"hardwon_room\(NAME (\w+)(?:\s+USES ([\w\s]*?))?(?=\s+[A-Z_]+\b|\))"
        calls = re.findall(call, text)
        return {name: set(uses.split()) for name, uses in calls}


def without_comments_and_strings(text):
    """The same text, same lines, with comments and literals blanked out."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return token.sub(blank, text)


# ---------------------------------------------------------------- includes

def includes(house):
    """Arrows go down: a room includes itself, the rooms it uses and the public headers."""
    rooms = house.rooms()
    for path in house.code():
        parts = path.relative_to(house.source).parts
        room = parts[1] if parts[0] == "src" else None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            folder = match.group(1).split("/")[0]
            if folder == "hardwon":
                continue
            if parts[0] == "include":
                house.report(path, number, f"a public header includes {match.group(1)}")
            elif room and folder != room and folder not in rooms.get(room, set()):
                house.report(path, number, f"{room} must not include {match.group(1)}")
            elif folder not in rooms:
                house.report(path, number, f"{match.group(1)} is not written as room/file.h")


# ---------------------------------------------------------------- headers

def headers(house):
    """#pragma once, own header first, no heavy header in one that other rooms include."""
    heavy = re.compile(r"#\s*include\s+[<\"](nlohmann|simdjson|sqlite3|re2|fmt|CLI|yaml-cpp|boost"
                       r"|libstemmer|torch|base/json\.h)")
    shared = {"src/" + header for path in house.code()
              for header in re.findall(r'#\s*include\s+"([^"]+)"', path.read_text())
              if not header.startswith(path.parent.name + "/")}
    for path in house.code():
        text = path.read_text()
        name = str(path.relative_to(house.source))
        if path.suffix == ".h" and "#pragma once" not in text:
            house.report(path, 1, "has no #pragma once")
        if (name in shared and name != "src/base/json.h") or name.startswith("include/"):
            for number, line in enumerate(text.splitlines(), 1):
                if heavy.search(line):
                    house.report(path, number, f"every user of this header pays: {line.strip()}")
        own = path.with_suffix(".h")
        if path.suffix == ".cpp" and name.startswith("src/") and own.exists():
            first = re.search(r'#\s*include\s+[<"]([^">]+)', text)
            if not first or not str(own).endswith(first.group(1)):
                house.report(path, 1, f"includes {own.name} not first")


# ---------------------------------------------------------------- sizes

def blocks(text):
    """Yields (kind, name, first_line, last_line, body) of classes and functions.

    Finds '{' at namespace or class level; what stands before it since the last ';', '{' or '}'
    tells what it opens.
    """
    clean = without_comments_and_strings(text)
    clean = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                   clean, flags=re.M)
    stack = []  # (kind, name, start) of open blocks; kind "other" inside functions
    statement = 0
    for at, c in enumerate(clean):
        if c in ";" and (not stack or stack[-1][0] in ("namespace", "class")):
            statement = at + 1
        elif c == "{":
            outer = stack[-1][0] if stack else "namespace"
            if outer not in ("namespace", "class"):
                stack.append(("other", "", at))
                continue
            stack.append(opens(clean[statement:at], statement))
            if stack[-1][0] in ("namespace", "class"):
                statement = at + 1
        elif c == "}" and stack:
            kind, name, start = stack.pop()
            if kind in ("function", "class"):
                body = clean[start:at + 1]
                blank = len(body) - len(body.lstrip())
                first = clean.count("\n", 0, start + blank) + 1
                yield kind, name, first, clean.count("\n", 0, at) + 1, body
            if kind != "member":
                statement = at + 1


def opens(head, statement):
    text = head.strip()
    if re.search(r"\b(namespace|extern)\b[^()]*$", text):
        return ("namespace", "", statement)
    match = re.search(r"\b(class|struct|union)\b(?![^<]*>)[^()]*$", text)
    if match and not re.search(r"\)\s*(const|noexcept|override|->)?[^()]*$", text):
        name = re.search(r"(?:class|struct|union)\s+(?:\[\[\w+\]\]\s*)?(\w*)", text)
        return ("class", name.group(1) if name else "", statement)
    if re.search(r"\b(class|struct)\b\s+[A-Z_]+\(", text) and ")" in text:
        return ("class", text.split(")")[-1].split(":")[0].strip(), statement)
    value = "operator" not in text and "=" in text.split("(")[0]  # a table, a lambda
    if "(" not in text or value or re.search(r"\benum\b|=\s*$", text):
        return ("other", "", statement)
    initialisers = re.search(r"\)\s*(?:noexcept\s*)?:[^:]", text)
    if initialisers and re.search(r"[\w>]\s*$", text) and not re.search(r"[})]\s*$", text):
        return ("member", "", statement)  # the braces of one member in a constructor's list
    name = re.search(r"([\w:~]+|operator\W+)\s*\(", text)
    return ("function", name.group(1) if name else "", statement)


def public_methods(kind_word, body):
    """Names of public member functions, without constructors, destructor and assignment."""
    access = "public" if kind_word == "struct" else "private"
    depth, methods, statement = 0, set(), ""
    name = re.search(r"(?:class|struct)\s+(?:[A-Z_]+\([^)]*\)\s*)?(\w+)", body).group(1)
    label = r"\s*\b(?:public|private|protected)\s*:(?!:)"
    for piece in re.findall(label + r"|[{}();]|[^{}();:]+|:", body):
        if depth == 1 and re.match(label, piece):
            access, statement = piece.strip(" \n\t:"), ""
            continue
        if depth == 1 and piece in ";{}":
            match = re.search(r"([~\w]+|operator[^\s(]+)\s*\(", statement)
            initialiser = statement.lstrip().startswith(",")
            if (match and access == "public" and "friend" not in statement and not initialiser
                    and match.group(1).lstrip("~") != name and match.group(1) != "operator="
                    and "= delete" not in statement):
                methods.add(match.group(1))
            statement = ""
        elif depth == 1 or piece in "()":
            statement += piece
        depth += (piece == "{") - (piece == "}")
    return methods


def sizes(house):
    """Line, file, function and class stay small enough to be read at a glance."""
    for path in house.code() + house.files("*.sh", "*.py"):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX:
                house.report(path, number, f"{len(line)} columns, at most {LINE_MAX}")
        if len(lines) > FILE_MAX:
            house.report(path, 1, f"{len(lines)} lines, at most {FILE_MAX}")
    for path in house.code():
        for kind, name, first, last, body in blocks(path.read_text()):
            if kind == "function" and last - first + 1 > FUNCTION_MAX:
                house.report(path, first,
                             f"{name}() has {last - first + 1} lines, at most {FUNCTION_MAX}")
            word = re.search(r"\b(class|struct)\b\s+(?:[A-Z_]+\([^)]*\)\s*)?\w+", body)
            if kind == "class" and word:
                methods = public_methods(word.group(1), body)
                if len(methods) > METHODS_MAX:
                    house.report(path, first, f"{name} has {len(methods)} public methods, "
                                 f"at most {METHODS_MAX}")


# ---------------------------------------------------------------- words

def words(house):
    """What a finished file never says."""
    unfinished = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
    machine = re.compile(r"(?<![\w.~$}])/(?:wo" r"rk|ro" r"ot|mn" r"t|Users)/")
    late = re.compile(r"\bstd::(format|print|println|stacktrace)\b|\bstd::ranges::to\b")
    for path in house.files("*.h", "*.cpp", "*.md", "*.sh", "*.py", "*.txt", "*.cmake", "*.in"):
        text = path.read_text()
        for number, line in enumerate(text.splitlines(), 1):
            if unfinished.search(line):
                house.report(path, number, "unfinished work belongs in an issue")
            if machine.search(line):
                house.report(path, number, "a path of one machine")
            if path.suffix in (".h", ".cpp"):
                if late.search(line):
                    house.report(path, number, "not in the standard library of g++ 12")
                if re.match(r"using namespace", line):
                    house.report(path, number, "using namespace at file level")


# ---------------------------------------------------------------- initializers

def tries_in_braces(text):
    """Lines of a TRY that stands in the braces of an initializer, not of a block."""
    clean = without_comments_and_strings(text)
    block = re.compile(r"(?:\)|[;{}]|->[\s\w:<>,*&]+"
                       r"|\b(?:else|do|try|const|noexcept|override|mutable)"
                       r"|\b(?:struct|class|enum|union|namespace)\b[^;{}]*)\s*$|^\s*$")
    open_braces = []
    for match in re.finditer(r"[{}]|\bTRY\(", clean):
        if match.group() == "{":
            before = clean[max(0, match.start() - 200):match.start()]
            nested = re.search(r"{\s*$", before) and open_braces[-1:] == ["initializer"]
            is_block = block.search(before) and not nested
            open_braces.append("block" if is_block else "initializer")
        elif match.group() == "}":
            del open_braces[-1:]
        elif open_braces[-1:] == ["initializer"]:
            yield clean.count("\n", 0, match.start()) + 1


def initializers(house):
    """g++ 12 destroys nothing of a half-made aggregate when a TRY in its braces returns."""
    for path in house.code():
        for number in tries_in_braces(path.read_text()):
            house.report(path, number, "TRY in an initializer leaks what stands before it")


# ---------------------------------------------------------------- build

def tests_are_built(house):
    """A test that no build compiles tests nothing.  (Rooms that need libtorch may be absent.)"""
    database = json.loads((house.build / "compile_commands.json").read_text())
    built = {Path(entry["file"]).resolve() for entry in database}
    for path in house.files("*_test.cpp") + house.files("tests/fuzz/*.cpp"):
        room = path.relative_to(house.source).parts[1]
        if room in OPTIONAL and not (house.build / "view" / room).exists():
            continue
        if path.resolve() not in built:
            house.report(path, 1, "is compiled by no target")


def preprocesses(house, view, include):
    command = [house.compiler, "-std=c++23", "-x", "c++", "-M", "-I", str(view),
               "-I", str(house.source / "include"), "-"]
    done = subprocess.run(command, input=f'#include "{include}"\n', text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def layers(house):
    """An include of a room that is not used does not compile: the view has no link to it."""
    rooms = house.rooms()
    if len(rooms) < 2:
        house.report("CMakeLists.txt", 1, "no rooms found")
    for room, uses in rooms.items():
        view = house.build / "view" / room
        if room in OPTIONAL and not view.exists():
            continue
        for other in rooms:
            header = next(iter(sorted((house.source / "src" / other).glob("*.h"))), None)
            if header is None:
                continue
            allowed = other == room or other in uses
            if preprocesses(house, view, f"{other}/{header.name}") != allowed:
                house.report("CMakeLists.txt", 1, f"{room} {'cannot' if allowed else 'can'} "
                             f"include {other}/{header.name}")


def documented_commands(house):
    """Every `hardwon COMMAND` in an example of the documentation exists."""
    program = house.build / "bin" / "hardwon"
    commands = {}
    for path in [house.source / "README.md", house.source / "docs" / "cli.md"]:
        if not path.exists():
            continue
        fenced = False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("```"):
                fenced = not fenced
            match = re.match(r"\s*(?:\$ )?(?:\./build/release/bin/)?hardwon((?: [a-z][a-z-]*)+)",
                             line)
            if match and (fenced or line.startswith("    ")):
                commands.setdefault(tuple(match.group(1).split()[:2]), (path, number))
    helps = {}

    def help_of(*command):
        if command not in helps:
            done = subprocess.run([program, *command, "--help"], capture_output=True, text=True,
                                  check=False, timeout=60)
            helps[command] = done.stdout if done.returncode == 0 else None
        return helps[command]

    for command, (path, number) in commands.items():
        first = help_of(command[0])
        if first is None:
            house.report(path, number, f"hardwon {command[0]} does not exist")
        elif len(command) == 2 and re.search(r"^Subcommands:", first, re.M):
            if help_of(*command) is None:
                house.report(path, number, f"hardwon {' '.join(command)} does not exist")


# ---------------------------------------------------------------- threads

def threads(house):
    """A room marked ONE_THREAD starts none, in its tests neither: nobody looks for races there."""
    text = (house.source / "CMakeLists.txt").read_text()
    marked = re.findall(r"hardwon_room\(NAME (\w+)[^)]*?\bONE_THREAD\b", text)
    if not marked:
        house.report("CMakeLists.txt", 1, "no room is marked ONE_THREAD")
    for room in marked:
        for path in sorted((house.source / "src" / room).glob("*.[ch]*")):
            plain = without_comments_and_strings(path.read_text())
            for number, line in enumerate(plain.split("\n"), 1):
                if re.search(r"\bstd::(?:j?thread|async)\b|\bpthread_create\b", line):
                    house.report(path, number, "starts a thread in a room marked ONE_THREAD")


# ---------------------------------------------------------------- the rules themselves

def self(house):
    """The measuring must be able to fail."""
    def check(condition, what):
        if not condition:
            house.report(__file__, 1, what)

    body = "\n".join("  x();" for _ in range(FUNCTION_MAX))
    long = ("namespace a {\nclass B final : public C {\n public:\n"
            "  B(int x) : x_{x}, y_(x) {}\n  int f() const { return 1; }\n  void g();\n"
            " private:\n  void h();\n};\n"
            "Result<int> B::long_one(const std::string& s = \"{\") {\n" + body + "\n}\n"
            "TEST(B, Works) {\n  if (true) {\n  }\n}\n}  // namespace a\n")
    found = list(blocks(long))
    functions = {name: last - first + 1 for kind, name, first, last, _ in found
                 if kind == "function"}
    check(functions.get("B::long_one") == FUNCTION_MAX + 2, f"function sizes: {functions}")
    check(functions.get("TEST") == 4, f"function sizes: {functions}")
    classes = {name: public_methods("class", body) for kind, name, _, _, body in found
               if kind == "class"}
    check(classes == {"B": {"f", "g"}}, f"public methods: {classes}")
    tries = ("int f() {\n  X x{.a = s,\n      .b = TRY(g())};\n"
             "  if (TRY(g())) {\n    TRY(g());\n  }\n"
             "  h({{1, TRY(g())}});\n  h([&]() -> Result<void> {\n    TRY(g());\n  });\n}\n")
    check(list(tries_in_braces(tries)) == [3, 7], f"{list(tries_in_braces(tries))}")
    rooms = house.rooms()
    check(rooms.get("base") == set() and "store" in rooms.get("recall", ()), f"rooms: {rooms}")
    check("}" not in without_comments_and_strings("'}' \"}\" // }\n/* } */ R\"(})\""), "literals")


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    rules = {f.__name__: f for f in (includes, headers, sizes, words, initializers, tests_are_built,
                                     layers, threads, documented_commands, self)}
    house = House(*sys.argv[2:])
    rules[sys.argv[1]](house)
    print("\n".join(house.violations))
    sys.exit(1 if house.violations else 0)


if __name__ == "__main__":
    main()
