"""The laboratory's commands: JSON lines in and out, errors line by line, a game on stdin."""
import json
import os
import sys

import scenario
from scenario import Store


def lines_of(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(store, command, game, positions, *more, exits=(0,)):
    text = "".join((p if isinstance(p, str) else json.dumps(p)) + "\n" for p in positions)
    path = store.file("positions.jsonl", text)
    return lines_of(store.run("lab", command, "--game", game, "--positions", path, *more,
                              exits=exits))


def test_search_answers_each_line_in_order():
    store = Store()
    answers = ask(store, "search", "connect-four",
                  [{"id": "win", "moves": "121212"}, {"id": 7, "moves": "12121"},
                   {"id": "over", "moves": "1213141"}, {"id": "start", "moves": ""}])
    assert [a["id"] for a in answers] == ["win", 7, "over", "start"], answers
    assert answers[0]["best"] == ["1"] and answers[0]["value"] == 1, answers[0]
    assert answers[1]["best"] == ["1"], answers[1]
    assert answers[2] == {"id": "over", "best": [], "visits": [], "value": -1, "proven": True}
    visits = answers[3]["visits"]
    assert [v["move"] for v in visits] == list("1234567"), visits
    assert sum(v["n"] for v in visits) == 800, visits
    most = max(v["n"] for v in visits)
    assert answers[3]["best"] == [v["move"] for v in visits if v["n"] == most]
    assert not os.path.exists(store.path), "the laboratory needs no store"


def test_search_knows_every_game():
    store = Store()
    answers = ask(store, "search", "tic-tac-toe", [{"id": 1, "moves": "1425"}])
    assert answers[0]["best"] == ["3"] and answers[0]["proven"], answers
    for size, first in (("6", "c2"), ("8", "d3")):
        answer = ask(store, "search", "othello", [{"id": 1, "moves": first}], "--size", size)[0]
        assert len(answer["visits"]) == 3, answer
    answer = ask(store, "search", "nim", [{"id": 1, "moves": "d7"}], "--sims", "5000")[0]
    assert answer["value"] == 1 and answer["best"] == ["c3"], answer  # 1 3 5 0: leave 1 3 2
    for rule in ("--rollouts", "2"), ("--rule", "gumbel"):
        one = ask(store, "search", "connect-four", [{"id": 1, "moves": "44"}], *rule, "--seed", "3")
        assert one == ask(store, "search", "connect-four", [{"id": 1, "moves": "44"}], *rule,
                          "--seed", "3")


def test_bad_lines_are_answered_with_their_errors_and_the_rest_is_kept():
    store = Store()
    answers = ask(store, "search", "connect-four",
                  [{"id": "a", "moves": "448"}, "{broken", {"id": "b", "moves": "4444444"},
                   {"id": "c"}, {"id": "d", "moves": 4}, {"id": "e", "moves": "4", "depth": 3},
                   "[]", {"id": "good", "moves": "4"}], exits=(2,))
    errors = [a.get("error") for a in answers]
    assert [a["id"] for a in answers] == ["a", None, "b", "c", "d", "e", None, "good"]
    assert [e and e["line"] for e in errors] == [1, 2, 3, 4, 5, 6, 7, None], errors
    assert errors[0]["field"] == "/moves", errors[0]
    assert errors[0]["message"] == "found '8' at character 3, expected a column 1 to 7"
    assert "at character 7, expected one of 1, 2, 3, 5, 6, 7" in errors[2]["message"], errors[2]
    assert errors[5]["field"] == "/depth" and all(e["path"] for e in errors[:7])
    assert answers[-1]["best"], answers[-1]


def test_options_and_files_that_are_wrong():
    store = Store()
    positions = store.file("p.jsonl", '{"id":1,"moves":""}\n')
    broken = store.file("broken.policy", b"HWPOLIC\0 and nothing more")
    for words, code, exits in (
            (("--game", "chess", "--positions", positions), "invalid_argument", 2),
            (("--game", "nim", "--positions", positions, "--sims", "0"), "invalid_argument", 2),
            (("--game", "nim", "--positions", positions, "--size", "6"), "invalid_argument", 2),
            (("--game", "nim", "--positions", positions + ".no"), "io", 4),
            (("--game", "nim", "--positions", positions, "--model", positions + ".no"), "io", 4),
            (("--game", "nim", "--positions", positions, "--model", broken), "corruption", 3)):
        done = store.run("lab", "search", *words, exits=(exits,))
        assert lines_of(done)[-1]["error"]["code"] == code, (words, done.stdout)


def test_solve_gives_values_and_all_best_moves():
    store = Store()
    answers = ask(store, "solve", "connect-four",
                  [{"id": 1, "moves": "121212"}, {"id": 2, "moves": "1213141"},
                   {"id": 3, "moves": "44444422222266666633"}, {"id": 4, "moves": "9"}],
                  exits=(2,))
    assert answers[0] == {"id": 1, "value": 1, "best": ["1"]}, answers[0]
    assert answers[1] == {"id": 2, "value": -1, "best": []}, answers[1]
    assert answers[2]["value"] in (-1, 0, 1) and answers[2]["best"], answers[2]
    assert answers[3]["error"]["field"] == "/moves", answers[3]


def test_play_takes_moves_from_stdin_and_asks_again_after_bad_ones():
    store = Store()
    done = store.run("lab", "play", "--game", "tic-tac-toe",
                     stdin="5\n5\nx\n1\n9\n2\n3\n4\n6\n7\n8\n")
    lines = lines_of(done)
    moves = [line for line in lines if "ply" in line]
    assert [m["by"] for m in moves[:2]] == ["you", "search"], lines
    assert sum("error" in line for line in lines) >= 2, lines
    assert lines[-1]["result"] in ("loss", "draw"), lines[-1]
    assert lines[-1]["moves"] == "".join(m["move"] for m in moves)
    second = store.run("lab", "play", "--game", "connect-four", "--second", "--sims", "50",
                       exits=(1,))
    assert lines_of(second)[0]["by"] == "search" and lines_of(second)[-1]["result"] is None
    shown = store.run("lab", "play", "--game", "nim", stdin="d7\n", json_out=False, exits=(1,))
    assert "your move>" in shown.stdout and "search plays" in shown.stdout, shown.stdout


def test_people_get_sentences():
    store = Store()
    path = store.file("p.jsonl", '{"id":"a","moves":"121212"}\n{"id":"b","moves":"x"}\n')
    done = store.run("lab", "search", "--game", "connect-four", "--positions", path,
                     json_out=False, exits=(2,))
    assert "a: best 1, value +1" in done.stdout, done.stdout
    assert "2: found 'x' at character 1, expected a column 1 to 7" in done.stdout, done.stdout


if __name__ == "__main__":
    scenario.main(sys.modules[__name__])
