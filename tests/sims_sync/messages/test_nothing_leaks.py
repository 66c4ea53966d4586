"""No message of any kind names a student, or carries a UPN, a reason or a target (DOMAIN rule 23)."""

import random
from email.message import EmailMessage

import pytest

from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.records import Kind
from sims_sync.snapshots import restate
from tests.sims_sync.builders import AUTUMN_2, TEXT, Row, World, group, staff, student, typed
from tests.sims_sync.messages.test_live import ROLES, decide, live
from tests.sims_sync.test_snapshots import excuse

REASON = "long-term absence"


def random_school(draw: random.Random) -> tuple[list[Row], list[Row], list[Row]]:
    """Students, groups and entries of a random school of two houses; every student has a UPN."""
    groups = [("8A1", "Austen"), ("8A2", "Austen"), ("9B1", "Bronte"), ("10B2", "Bronte")]
    students, entries = [], []
    for number in range(1, draw.randint(30, 60)):
        name, house = draw.choice(groups)
        upn = f"A{draw.randint(10**11, 10**12 - 1)}"
        students.append(student(number, name, house, UPN=upn, Year=f"Year  {name[:-2]}"))
        if draw.random() < 0.7:
            text = TEXT if draw.random() < 0.8 else "Zorb quick"
            entries.append(typed(number, text=text, day=f"2026-11-{draw.randint(3, 28):02}"))
    rows = [
        group(name, f"T{place}", house, Year=f"Year  {name[:-2]}")
        for place, (name, house) in enumerate(groups, start=1)
    ]
    return students, rows, entries


def read_it(world: World, school: tuple[list[Row], list[Row], list[Row]], when: str) -> None:
    students, groups, entries = school
    world.read(Kind.STAFF, [staff(code) for code in ("T1", "T2", "T3", "T4", "H1", "H2")], when)
    world.read(Kind.STUDENTS, students, when)
    world.read(Kind.TUTOR_GROUPS, groups, when)
    world.read(Kind.MENTORING_ENTRIES, entries, when)
    world.run("collect_proformas", when)


def everything_in(message: EmailMessage) -> str:
    """Headers and both bodies, decoded."""
    parts = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
    return "\n".join([*map(str, message.values()), *parts])


@pytest.mark.parametrize("seed", range(6))
def test_in_a_random_school_no_message_names_a_student(sqlite_world: World, seed: int) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES + "T3,head of house,Bronte,,\n", encoding="utf-8")
    decide(sqlite_world)
    world = live(sqlite_world)
    school = random_school(random.Random(seed))  # noqa: S311 - a test
    for read_at, sent_at in (
        ("2026-12-01 06:00", "2026-12-01 07:30"),
        ("2026-12-10 06:00", "2026-12-10 07:30"),
        ("2026-12-16 06:00", "2026-12-16 07:30"),
    ):
        read_it(world, school, read_at)
        world.run("take_snapshots", read_at.replace("06:", "07:"))
        world.run("send_messages", sent_at)
    for number in (1, 2, 3):
        excuse(world, number, "2026-12-14", "2026-12-16")
    restate(world.context("2026-12-16 12:30"), AUTUMN_2, Occasion.DEADLINE, Restated("Lead", "late"), release=True)
    world.run("send_messages", "2026-12-16 13:00")
    sent = world.post.messages
    assert len(sent) > 6
    secrets = [row[name] for row in school[0] for name in ("Surname", "Forename", "UPN")]
    said = "\n".join(map(everything_in, sent))
    assert not [secret for secret in (*secrets, TEXT, "Zorb quick", REASON) if secret in said]
