"""The Wonde source keeps the contract of `sims_sync.source_contract`: over a real server, and offline."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import responses

from connectors.wonde import Wonde, WondeOptions
from sims_sync.connector import ConnectorContext
from sims_sync.demo.web_server import Faults, WebFault
from sims_sync.demo.wonde_server import SCHOOL_ID, TOKEN, Item, WondeServer
from sims_sync.records import Kind
from sims_sync.source_contract import CHECKS, SECRET_TEXT, TABLE, SourceTrial

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:1"
BASE = "https://wonde.example/v1.0"


def source(folder: Path, url: str) -> Wonde:
    context = ConnectorContext(base=folder, work=folder / "work", now=lambda: NOW, secret=lambda _: TOKEN)
    options = {"base_url": url, "school": SCHOOL_ID, "token": "env:X", "wait_seconds": 0, "attempts": 2}
    return Wonde(WondeOptions.model_validate(options), context)


def on_a_server(folder: Path, stack: ExitStack) -> SourceTrial:
    def lists(name: str, include: Collection[str]) -> list[Item] | None:
        del name, include
        return [dict(row) for row in TABLE]

    def longer(name: str, include: Collection[str]) -> list[Item] | None:
        return [*(lists(name, include) or ()), {"Adno": SECRET_TEXT}]

    good = stack.enter_context(WondeServer(lists, largest_page=3))
    faults = Faults(WebFault.CUT, first=2, times=None)
    broken = stack.enter_context(WondeServer(longer, largest_page=3, faults=faults))
    return SourceTrial(Kind.STAFF, source(folder, good.url), source(folder, broken.url), source(folder, NOWHERE))


def offline(folder: Path, stack: ExitStack) -> SourceTrial:
    web = stack.enter_context(responses.RequestsMock(assert_all_requests_are_fired=False))
    web.add_passthru("http://127.0.0.1")
    for name in ("students", "employees"):
        web.get(f"{BASE}/schools/{SCHOOL_ID}/{name}", json={"data": list(TABLE)})
    address = f"{BASE}/broken/schools/{SCHOOL_ID}/employees"
    web.get(address, json={"data": list(TABLE), "meta": {"pagination": {"next": f"{address}/more"}}})
    web.get(f"{address}/more", body=f"<html>{SECRET_TEXT}</html>")
    return SourceTrial(Kind.STAFF, source(folder, BASE), source(folder, f"{BASE}/broken"), source(folder, NOWHERE))


@pytest.fixture(params=[on_a_server, offline], ids=lambda make: str(make.__name__))
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SourceTrial]:
    with ExitStack() as stack:
        yield request.param(tmp_path, stack)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_wonde_keeps_the_contract(check: Callable[[SourceTrial], None], trial: SourceTrial) -> None:
    check(trial)
