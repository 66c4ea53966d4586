"""Do the long proofs run, and would they notice what they are there for? Each with a few kills, on one small school."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from soak.cycle import prove_cycle
from soak.cycle_script import STEPS
from soak.fault_list import FAULTS
from soak.faults import Course, make_eve_school, prove_faults
from soak.messages import prove_messages
from soak.outbox_facts import Mailbox, mailbox_faults
from soak.store_facts import differing_tables
from soak.year_school import REMINDER_DAY, message_days, reference_year

ON_THE_EVE = ("run", "pull_students", "pull_entries", "collect_proformas", "send_messages")
JOBS = ("run", "send_messages")
CYCLE = ("run", "pull_entries", "collect_proformas", "push_targets", "confirm_targets", "send_messages")
SENT = frozenset({"<1@school>", "<2@school>"})
WHOLE = Mailbox(Counter({("<1@school>", "t1"): 1, ("<2@school>", "t2"): 1}), Counter(), frozenset(), SENT, 0)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the proofs are played on Linux")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("soak") / "base"
    make_eve_school(base, ON_THE_EVE)
    return base


def test_killed_while_it_sends_reminders_the_same_set_leaves(school: Path, tmp_path: Path) -> None:
    assert prove_messages(school, tmp_path, [REMINDER_DAY], kills=3, jobs=JOBS)


def test_the_whole_cycle_under_fire_ends_as_without(school: Path, tmp_path: Path) -> None:
    assert prove_cycle(school, tmp_path, 0.02, CYCLE, STEPS[1:2], rounds=1)


def test_a_mail_server_that_is_down_is_said_and_survived(
    school: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    down = next(fault for fault in FAULTS if fault.name == "mail server down")
    assert prove_faults(school, tmp_path, [down], Course(JOBS, runs=1, served_seconds=0))
    assert "The mail server cannot be reached" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "kills", "fault"),
    [
        (replace(WHOLE, came=Counter({("<1@school>", "t1"): 2, ("<2@school>", "t2"): 1})), 1, "came twice"),
        (replace(WHOLE, came=Counter({("<1@school>", "t1"): 1})), 1, "neither came nor are listed as unknown"),
        (replace(WHOLE, came=Counter({("<1@school>", "t1"): 1, ("<2@school>", "t9"): 1})), 1, "to another reader"),
        (replace(WHOLE, sent=frozenset(), unknown=SENT), 1, "2 are unknown after 1 kills"),
        (replace(WHOLE, outside=1), 1, "outside the send window"),
    ],
    ids=["twice", "lost", "to another reader", "too many unknown", "outside the window"],
)
def test_a_wrong_mailbox_is_noticed(found: Mailbox, kills: int, fault: str) -> None:
    assert fault in "; ".join(mailbox_faults(found, WHOLE, kills))


def test_a_message_that_is_listed_as_unknown_may_have_come_or_not() -> None:
    lost = replace(
        WHOLE,
        came=Counter({("<1@school>", "t1"): 1}),
        sent=frozenset({"<1@school>"}),
        unknown=frozenset({"<2@school>"}),
    )
    came = replace(WHOLE, sent=frozenset({"<1@school>"}), unknown=frozenset({"<2@school>"}))
    assert mailbox_faults(lost, WHOLE, 1) == mailbox_faults(came, WHOLE, 1) == []


def test_the_message_days_are_those_of_the_reference_calendar() -> None:
    days = [f"{day:%a %d %b}" for day in message_days(reference_year())]
    assert days[:6] == ["Thu 03 Sep", "Thu 17 Sep", "Tue 06 Oct", "Thu 15 Oct", "Fri 16 Oct", "Wed 21 Oct"]
    assert {"Tue 01 Dec", "Thu 10 Dec", "Wed 16 Dec", "Tue 05 Jan", "Fri 16 Jul"} <= set(days)
    assert len(days) == 32


def test_a_differing_row_is_told_by_its_table() -> None:
    assert differing_tables(frozenset({"('entry', ('a',))", "('role', ())"}), frozenset({"('role', ())"})) == {
        "entry": 1
    }
