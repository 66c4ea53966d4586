"""Every destination that can look into SIMS keeps the contract of `sims_sync.destination_contract`."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.memory_destination import MemoryDestination, MemoryDestinationOptions, MemoryFault
from connectors.oneroster.results import OneRosterResults, OneRosterResultsOptions
from sims_sync.connector import ConnectorContext
from sims_sync.demo.days import at
from sims_sync.demo.filling import write_state
from sims_sync.demo.oneroster_faults import Pauses
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, OneRosterServer, serve
from sims_sync.demo.school import invent_school
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import SimsState
from sims_sync.destination_contract import CHECKS
from sims_sync.destination_trial import ASPECTS, RESULT_SET, DestinationTrial, sample_deliveries
from sims_sync.records import Delivery, StudentRef

NOW = at(date(2026, 12, 16), 7, 30)
NOWHERE = "http://127.0.0.1:1"
LOCKED = "Mentoring Summer 2 2026/27"
PAUSES = Pauses(past_time_out=0.25, slow=0.05, retry_after="0")

Make = Callable[[Path, Path, ExitStack], DestinationTrial]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school")
    write_state(invent_school(60), folder)
    return folder


def context(folder: Path) -> ConnectorContext:
    return ConnectorContext(base=folder, work=folder / "work", now=lambda: NOW, secret=lambda _: CLIENT_SECRET)


def refused(good: Delivery) -> dict[str, Delivery]:
    changes: dict[str, dict[str, object]] = {
        "no-aspect": {"aspect": "Mentoring Target 9"},
        "no-result-set": {"result_set": "Mentoring Autumn 2 1999/00"},
        "unknown-student": {"student": StudentRef("no such", "no such", "no such", good.forename)},
        "too-long": {"text": good.text * 20},
        "characters": {"text": good.text + " ☂"},
        "locked": {"result_set": LOCKED},
    }
    return {code: replace(good, delivery_key=code, **changed) for code, changed in changes.items()}  # type: ignore[arg-type] # by name


def students_with_nothing(state: SimsState) -> list[StudentRef]:
    """Two that have an id of each sort."""
    full = {
        result.person_id for aspect in ASPECTS.values() for result in state.results_in(NOW, column=(aspect, RESULT_SET))
    }
    empty = [each for each in state.students(NOW) if each.person_id not in full and each.upn]
    return [StudentRef(each.person_id, each.upn, each.admission_number, each.surname) for each in empty[:2]]


def oneroster(version: str, **options: object) -> Make:
    def make(folder: Path, school: Path, stack: ExitStack) -> DestinationTrial:
        def stands(delivery: Delivery, place: str = "good") -> str | None:
            person_id = delivery.student.person_id or ""
            return SimsState(folder / place).result(person_id, delivery.aspect, delivery.result_set, NOW)

        def type_in(delivery: Delivery, text: str) -> None:
            place = delivery.student.person_id or "", delivery.aspect, delivery.result_set
            SimsState(folder / "good").put_result(*place, text, date(2026, 12, 1), NOW)

        def server(place: str, fault: str) -> OneRosterServer:
            shutil.copytree(school, folder / place)
            environment = {"SIMS_DEMO_NOW": NOW.isoformat(), "SIMS_DEMO_FAULT": fault}
            return stack.enter_context(serve(folder / place, environment, version, pauses=PAUSES))

        def destination(url: str, token_url: str, seconds: float) -> OneRosterResults:
            fixed = {"base_url": url, "token_url": token_url, "client_id": CLIENT_ID, "client_secret": "env:X"}
            more = {"version": version, "wait_seconds": 0, "attempts": 2, "timeout_seconds": seconds}
            return OneRosterResults(
                OneRosterResultsOptions.model_validate({**fixed, **more, **options}), context(folder)
            )

        good, broken = server("good", ""), server("broken", "timeout_after_commit")
        state = SimsState(folder / "good")
        state.set(Setting.LOCKED_SETS, f'["{LOCKED}"]')
        deliveries = sample_deliveries(*students_with_nothing(state))
        return DestinationTrial(
            destination=destination(good.url, good.token_url, 10),
            deliveries=deliveries,
            stands=stands,
            type_in=type_in,
            refused=refused(deliveries[0]),
            broken=destination(broken.url, broken.token_url, 0.1),
            broken_stands=lambda delivery: stands(delivery, "broken"),
            unreachable=destination(NOWHERE, NOWHERE, 10),
        )

    return make


def memory(fault: MemoryFault) -> Make:
    def make(folder: Path, school: Path, stack: ExitStack) -> DestinationTrial:
        del school

        def destination(name: str) -> MemoryDestination:
            unique = f"{folder} {name}"
            stack.callback(MemoryDestination.every.pop, unique)
            return MemoryDestination(MemoryDestinationOptions(name=unique), context(folder))

        good, broken, unreachable = destination("good"), destination("broken"), destination("unreachable")
        broken.sims.fault, broken.sims.strikes = fault, lambda number: number % 2 == 0
        unreachable.sims.reachable = False
        good.sims.locked_sets.add(LOCKED)
        deliveries = sample_deliveries(StudentRef("1"), StudentRef("2"))
        codes = {"too-long", "characters", "locked"}
        return DestinationTrial(
            destination=good,
            deliveries=deliveries,
            stands=good.sims.text_in,
            type_in=good.sims.type_in,
            refused={code: each for code, each in refused(deliveries[0]).items() if code in codes},
            broken=broken,
            broken_stands=broken.sims.text_in,
            unreachable=unreachable,
        )

    return make


MAKERS: dict[str, Make] = {
    "oneroster-1.2": oneroster("1.2"),
    "oneroster-1.2-one-at-a-time": oneroster("1.2", concurrency=1),
    "oneroster-1.2-results-by-upn": oneroster("1.2", resource="results", field="comment", match_students_by="upn"),
    "oneroster-1.1": oneroster("1.1", score_placeholder=0, match_students_by="admission_number"),
    **{f"memory-{fault.name.casefold()}": memory(fault) for fault in MemoryFault},
}


@pytest.fixture(params=MAKERS)
def trial(request: pytest.FixtureRequest, tmp_path: Path, school: Path) -> Iterator[DestinationTrial]:
    with ExitStack() as stack:
        yield MAKERS[request.param](tmp_path, school, stack)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_every_destination_keeps_the_contract(
    check: Callable[[DestinationTrial], None], trial: DestinationTrial
) -> None:
    check(trial)
