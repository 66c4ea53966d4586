"""A simulated year with reboots, days off and both clock changes: nothing is missed, nothing runs twice (P7)."""

from collections import Counter
from datetime import date, datetime, time, timedelta

from sims_sync.config import Config, JobSection, SchoolConfig
from sims_sync.outcome import Outcome
from sims_sync.run import RunOptions, RunReport
from sims_sync.service import Service
from sims_sync.store.session import Store
from sims_sync.store.slots import settle_slot
from tests.sims_sync.builders import LONDON, World, at

FIRST, LAST = date(2026, 9, 1), date(2027, 8, 31)
SCHEDULES = {"pull_students": "0 0 6 * * mon-fri", "pull_entries": "0 30 2 * * *", "send_messages": "0 0 */12 * * *"}
# Down from … to, school-local; in between everything missed runs once.
DOWN = [
    ("2026-10-24 23:00", "2026-10-25 09:00"),  # over the clock change of autumn
    ("2026-12-18 17:00", "2027-01-04 08:00"),  # the holidays
    ("2027-02-16 06:00", "2027-02-16 06:01"),  # a reboot at the very minute
    ("2027-03-27 20:00", "2027-03-28 02:45"),  # up again just after the hour that does not exist
    ("2027-06-01 00:00", "2027-06-01 05:59"),
]


def due_by_hand() -> dict[str, list[datetime]]:
    """Every due time of the year, worked out without the product's schedule."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    local = {
        "pull_students": [datetime.combine(day, time(6), LONDON) for day in days if day.weekday() < 5],
        "pull_entries": [datetime.combine(day, time(2, 30), LONDON) for day in days],
    }
    found = {job: [moment.astimezone(at("2026-09-01").tzinfo) for moment in moments] for job, moments in local.items()}
    midnight, end = at("2026-08-31 01:00"), at("2027-08-31 23:59")  # */12 is counted in UTC
    count = int((end - midnight) / timedelta(hours=12)) + 1
    found["send_messages"] = [midnight + number * timedelta(hours=12) for number in range(count)]
    begin = at("2026-09-01 00:00")
    return {job: [moment for moment in moments if begin < moment <= end] for job, moments in found.items()}


def wanted() -> Counter[tuple[str, datetime]]:
    """What is to run: every due time while it is up, and the newest of those missed each time it was down."""
    down = [(at(first), at(last)) for first, last in DOWN]
    found: Counter[tuple[str, datetime]] = Counter()
    for job, moments in due_by_hand().items():
        missed = {moment for moment in moments if any(first <= moment < last for first, last in down)}
        found.update((job, moment) for moment in moments if moment not in missed)
        for first, last in down:
            newest = max((moment for moment in missed if first <= moment < last), default=None)
            at_once = last in moments  # due at the very start: it stands for what was missed
            if newest is not None and not at_once:
                found[job, newest] += 1
    return found


class Year:
    """A service that is woken at each moment at which it says it wants to be, and started again after it was down."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = at("2026-09-01 00:00")
        self.ran: Counter[tuple[str, datetime]] = Counter()
        jobs = {job: JobSection(schedule=line) for job, line in SCHEDULES.items()}
        school = world.school.model_copy(update={"jobs": jobs})
        self.config = Config(file=school.base / "config.toml", schools={school.id: school})

    def run(self, store: Store, config: Config, school: SchoolConfig, job: str, options: RunOptions) -> RunReport:
        del config
        assert options.slot_due is not None
        self.ran[job, options.slot_due] += 1
        with store.writing() as connection:
            settle_slot(connection, school.id, job, options.slot_due, "done")
        return RunReport("run", job, school.id, Outcome(), self.now, self.now)

    def service(self) -> Service:
        started = Service(self.world.store, self.config, clocks=lambda _: lambda: self.now, runner=self.run)
        started.remember_start()
        started.run_due()
        return started

    def play(self) -> None:
        down = [(at(first), at(last)) for first, last in DOWN]
        service = self.service()
        due = sorted({moment for moments in due_by_hand().values() for moment in moments})
        for moment in due:
            if any(first <= moment < last for first, last in down):
                continue
            for first, last in down:
                if self.now < first <= moment:
                    self.now = last
                    service = self.service()
            self.now = max(self.now, moment)
            service.run_due()
            if moment.day == 1:
                service.run_due()  # an alarm that rings twice


def test_a_year_with_reboots_and_both_clock_changes_misses_and_doubles_nothing(sqlite_world: World) -> None:
    year = Year(sqlite_world)
    year.play()
    assert sum(year.ran.values()) > 1200
    assert year.ran == wanted()
