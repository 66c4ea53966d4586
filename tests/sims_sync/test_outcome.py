"""How a run ended, and which exit code that is (DESIGN §6)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.errors import (
    ConfigProblem,
    ConfigurationError,
    LeaseHeld,
    RetriableError,
    SimsSyncError,
    SourceFailed,
    SourceRefused,
    SourceUnavailable,
)
from sims_sync.outcome import EXIT_CODES, Ending, Outcome, Problem, ending_of, problem_of, together, worst

ENDINGS = st.sampled_from(sorted(Ending))


def test_each_ending_has_the_documented_exit_code() -> None:
    assert {ending.value: code for ending, code in EXIT_CODES.items()} == {
        "done": 0,
        "failed": 1,
        "misconfigured": 2,
        "held": 3,
        "stopped": 4,
        "busy": 5,
        "interrupted": 130,
    }
    assert all(Outcome(ending).exit_code == EXIT_CODES[ending] for ending in Ending)


def test_of_several_the_worst_in_the_documented_order() -> None:
    order = [130, 2, 1, 4, 5, 3, 0]
    endings = sorted(Ending, key=lambda ending: order.index(EXIT_CODES[ending]))
    for better, worse in itertools.combinations(reversed(endings), 2):
        assert worst([better, worse]) is worst([worse, better]) is worse
    assert worst([]) is Ending.DONE


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (ConfigurationError([ConfigProblem("a", "b", "c")]), Ending.MISCONFIGURED),
        (SourceRefused("empty", "It is empty.", "Look."), Ending.STOPPED),
        (LeaseHeld("busy", "Another run.", "Wait."), Ending.BUSY),
        (SourceFailed("error", "SIMS said no.", "Look."), Ending.FAILED),
        (SourceUnavailable("away", "No answer.", "Wait."), Ending.FAILED),
        (RetriableError("later", "No answer.", "Wait."), Ending.FAILED),
    ],
)
def test_an_error_ends_a_run_by_what_is_to_be_done_next(error: SimsSyncError, ending: Ending) -> None:
    assert ending_of(error) is ending
    problem = problem_of(error, "students")
    assert (problem.code, problem.source) == (error.code, "students")


@given(st.lists(st.builds(Outcome, ENDINGS, st.dictionaries(st.sampled_from(["read", "held"]), st.integers(0, 9)))))
def test_parts_add_up(parts: list[Outcome]) -> None:
    whole = together(parts)
    assert whole.ending is worst(part.ending for part in parts)
    assert whole.counts["read"] == sum(part.counts.get("read", 0) for part in parts)
    assert set(whole.counts) == {"read", "added", "changed", "missing", "unchanged", "held"}


def test_problems_and_notes_keep_their_order() -> None:
    one, two = (Outcome(problems=(Problem(code, "What."),), notes=(code,)) for code in ("a", "b"))
    whole = together([one, two])
    assert [problem.code for problem in whole.problems] == ["a", "b"]
    assert whole.notes == ("a", "b")


def test_a_problem_is_one_sentence_and_as_json_four_texts() -> None:
    problem = Problem("empty", "It is empty.", "Look.", "students")
    assert str(problem) == "It is empty. Look."
    assert problem.as_json() == {"code": "empty", "what": "It is empty.", "do": "Look.", "source": "students"}
