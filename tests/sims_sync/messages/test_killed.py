"""Killed at any point of sending and started again, the outbox sends the same set, or lists what it cannot know."""

from email.message import EmailMessage

import pytest

from sims_sync.connector import SendResult
from sims_sync.store.messages import load_messages
from tests.connectors.test_smtp import Postbox, server, smtp
from tests.sims_sync.builders import World
from tests.sims_sync.messages.test_live import ROLES, decide, live, read_all


class Killed(BaseException):
    """The process ends here; nothing after this line is run."""


class DyingMailer:
    """Sends by a real server, and dies as a test says: before the message leaves, or after the server took it."""

    def __init__(self, port: int, deaths: list[str]) -> None:
        self.real = smtp(port)
        self.deaths = deaths

    def send(self, message: EmailMessage) -> SendResult:
        death = self.deaths.pop(0) if self.deaths else "lives"
        if death == "before":
            raise Killed
        result = self.real.send(message)
        if death == "after":
            raise Killed
        return result


def with_mailer(world: World, mailer: DyingMailer) -> World:
    section = world.school.messages.mailer
    named = type(section).model_validate({"connector": "post", "post": mailer})
    return world.with_school(messages=world.school.messages.model_copy(update={"mailer": named}))


def run_until_quiet(world: World) -> None:
    """Start it again after each death, as a service manager does."""
    for number in range(12):
        try:
            world.run("send_messages", f"2026-12-16 08:{number:02}")
        except Killed:
            continue


@pytest.fixture
def ready(sqlite_world: World) -> World:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    decide(sqlite_world)
    world = live(sqlite_world)
    read_all(world, "2026-12-16 06:00")
    return world


def states(world: World) -> dict[str, str]:
    with world.store.reading() as connection:
        return {row.message_id: row.state for row in load_messages(connection, world.id) if row.kind != "admin-alert"}


def reports_in(postbox: Postbox) -> list[str]:
    return [str(each["Message-ID"]) for each in postbox.received if "mentoring" in str(each["Subject"])]


def test_undisturbed_each_report_is_in_the_mailbox_once(ready: World) -> None:
    postbox = Postbox()
    with server(postbox) as port:
        run_until_quiet(with_mailer(ready, DyingMailer(port, [])))
    assert sorted(reports_in(postbox)) == sorted(states(ready))
    assert len(reports_in(postbox)) == 2


@pytest.mark.parametrize("first", ["before", "after", "lives"])
@pytest.mark.parametrize("second", ["before", "after", "lives"])
def test_killed_while_sending_each_report_came_once_or_is_listed_as_unknown(
    ready: World, first: str, second: str
) -> None:
    postbox = Postbox()
    with server(postbox) as port:
        run_until_quiet(with_mailer(ready, DyingMailer(port, [first, second])))
    came = reports_in(postbox)
    stored = states(ready)
    assert len(came) == len(set(came)), "a report came twice"
    assert len(stored) == 2, "a report was forgotten"
    for message_id, state in stored.items():
        assert state in {"sent", "unknown"}
        assert state == "unknown" or message_id in came
    assert set(stored.values()) == (
        {"sent"}
        if {first, second} == {"lives"}
        else {"unknown"}
        if "lives" not in {first, second}
        else {"sent", "unknown"}
    )
