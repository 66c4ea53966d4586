"""One digest a day for each admin, worst first; none where nothing is wrong, unless it is asked for always."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from sims_sync.config import BackupSection, Config, DemoSection, JobSection
from sims_sync.context import system_clock
from sims_sync.outcome import Outcome
from sims_sync.records import Kind
from sims_sync.run import run_job
from sims_sync.standing.service import service_standing
from sims_sync.store.pauses import EVERY_JOB, Pause, save_pause
from tests.sims_sync.alerts.test_telling import text_of
from tests.sims_sync.builders import World, at, make_school, students

DAY = "2026-12-16 07:45"


@pytest.fixture
def school(sqlite_world: World) -> World:
    """Students are read each day, and nothing else is configured."""
    sources = {name: source for name, source in sqlite_world.school.sources.items() if source.kind is Kind.STUDENTS}
    return sqlite_world.with_school(sources=sources)


def digest(world: World, when: str, config: Config | None = None, **monitoring: object) -> Outcome:
    """The digest of a moment, of one school or of several."""
    demo = DemoSection(clock=at(when), started=system_clock())
    settings = world.school.monitoring.model_copy(update=monitoring)
    school = world.school.model_copy(update={"monitoring": settings, "demo": demo})
    others = {name: each.model_copy(update={"demo": demo}) for name, each in config.schools.items()} if config else {}
    whole = Config(
        file=school.base / "config.toml",
        schools=others | {school.id: school},
        broken=config.broken if config else {},
    )
    return run_job(world.store, whole, school, "daily_digest").outcome


def digests(world: World) -> list[EmailMessage]:
    return [each for each in world.post.messages if str(each["Subject"]).startswith("sims-sync Wed 16 Dec")]


def test_nothing_comes_where_nothing_is_wrong_unless_it_is_asked_for(school: World) -> None:
    school.read_well(Kind.STUDENTS, students(12), "2026-12-16 06:00")
    (said,) = digest(school, DAY).notes
    assert said == "Austen Academy: all is well; last pull today 06:00. Nothing is wrong: no digest."
    digest(school, DAY, digest="always")
    assert [str(message["Subject"]) for message in digests(school)] == [
        "sims-sync Wed 16 Dec 2026: Austen Academy: all is well; last pull today 06:00"
    ]


def test_what_is_wrong_is_said_once_a_day_in_one_line_and_in_full(school: World) -> None:
    for when in (DAY, "2026-12-16 09:00", "2026-12-16 10:00"):
        digest(school, when)
    (first,) = digests(school)
    assert str(first["To"]) == "it@austen.example"
    assert str(first["Subject"]) == "sims-sync Wed 16 Dec 2026: Austen Academy: 1 to look at; nothing read yet"
    assert "students has never been read. Run `sims-sync run pull_students`" in text_of(first)


def test_never_means_never(school: World) -> None:
    assert digest(school, DAY, digest="never").notes == ("The digest is switched off.",)
    assert digests(school) == []


def test_schools_of_one_admin_share_one_digest_and_the_worst_stands_first(school: World, tmp_path: Path) -> None:
    people = {"programme_lead": "lead@austen.example", "admin": "it@austen.example"}
    other = make_school(tmp_path, school={"id": "bronte", "name": "Bronte School"}, people=people)
    stranger = make_school(
        tmp_path,
        school={"id": "curie", "name": "Curie School"},
        people={**people, "admin": "other@austen.example"},
    )
    schools = {"bronte": other, school.id: school.school, "curie": stranger}
    config = Config(file=tmp_path / "config.toml", schools=schools, broken={"dahl": ("x: is missing.",)})
    (said,) = digest(school, DAY, config).notes
    assert said == "The digest of bronte speaks of this school too."
    messages = school.school.messages
    bronte = World(school.store, other.model_copy(update={"messages": messages}), school.shelves, school.post)
    digest(bronte, DAY, config)
    (sent,) = digests(school)
    assert "3 schools: 1 wrong, 1 to look at, 1 well; worst: dahl" in str(sent["Subject"])
    said = text_of(sent)
    assert said.index("x: is missing") < said.index("students has never been read")
    assert "Curie" not in said


def test_a_school_that_is_paused_keeps_the_others_digest_from_nobody(school: World, tmp_path: Path) -> None:
    people = {"programme_lead": "lead@austen.example", "admin": "it@austen.example"}
    jobs = {"daily_digest": JobSection(schedule="0 45 7 * * *")}
    other = make_school(tmp_path, school={"id": "aaa", "name": "A"}, people=people)
    first = other.model_copy(update={"jobs": jobs})
    mine = school.with_school(jobs=jobs)
    config = Config(file=tmp_path / "config.toml", schools={"aaa": first, mine.id: mine.school})
    assert digest(mine, DAY, config).notes == ("The digest of aaa speaks of this school too.",)
    with mine.store.writing() as connection:
        save_pause(connection, Pause("aaa", EVERY_JOB, at("2026-12-15 09:00"), "it", "it leaves us"))
    digest(mine, DAY, config)
    (sent,) = digests(mine)
    assert "it leaves us" in text_of(sent)


def test_a_backup_that_was_missed_is_seen_where_backups_are_wanted(school: World) -> None:
    config = Config(
        file=school.school.base / "config.toml",
        schools={school.id: school.school},
        backup=BackupSection(folder="backup"),
    )
    codes = {each.code: each.reason for each in service_standing(school.store, config).conditions}
    assert codes.get("backup-old") == "never"
