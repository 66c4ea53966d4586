"""The OneRoster sources keep the contract of `sims_sync.source_contract`: over a real server, offline, and from CSV."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import responses

from connectors.oneroster import OneRoster, OneRosterOptions
from connectors.oneroster_csv import OneRosterCsv, OneRosterCsvOptions
from sims_sync.connector import ConnectorContext
from sims_sync.demo.oneroster_lists import Item
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, OneRosterServer, Paging
from sims_sync.demo.web_server import Faults, WebFault
from sims_sync.records import Kind
from sims_sync.source_contract import CHECKS, SECRET_TEXT, TABLE, SourceTrial

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:1"
BASE = "https://oneroster.example"
LISTS: dict[str, list[Item]] = {"teachers": [dict(row) for row in TABLE], "students": [dict(row) for row in TABLE]}
BROKEN: dict[str, list[Item]] = {"teachers": [*LISTS["teachers"], {"Adno": SECRET_TEXT}]}

Make = Callable[[Path, ExitStack], SourceTrial]


def context(folder: Path) -> ConnectorContext:
    return ConnectorContext(base=folder, work=folder / "work", now=lambda: NOW, secret=lambda _: CLIENT_SECRET)


def source(folder: Path, url: str, token_url: str) -> OneRoster:
    options = {"base_url": url, "token_url": token_url, "client_id": CLIENT_ID, "client_secret": "env:X"}
    return OneRoster(OneRosterOptions.model_validate({**options, "wait_seconds": 0, "attempts": 2}), context(folder))


def on_a_server(paging: Paging) -> Make:
    def make(folder: Path, stack: ExitStack) -> SourceTrial:
        faults = Faults(WebFault.CUT, first=2, times=None)
        good = stack.enter_context(OneRosterServer(LISTS.get, paging=paging, largest_page=3))
        broken = stack.enter_context(OneRosterServer(BROKEN.get, paging=paging, largest_page=3, faults=faults))
        first, second = (source(folder, server.url, server.token_url) for server in (good, broken))
        return SourceTrial(Kind.STAFF, first, second, source(folder, NOWHERE, NOWHERE))

    return make


def offline(folder: Path, stack: ExitStack) -> SourceTrial:
    web = stack.enter_context(responses.RequestsMock(assert_all_requests_are_fired=False))
    web.post(f"{BASE}/token", json={"access_token": "key"})
    for name, place in (("teachers", BASE), ("students", BASE), ("teachers", f"{BASE}/broken")):
        address = f"{place}/ims/oneroster/v1p1/{name}?limit={1 if name == 'students' else 100}&offset="
        link = {"Link": f'<{address}4>; rel="next"'}
        web.get(f"{address}0", json={"users": LISTS[name]}, headers=link if place != BASE else {})
        if place == BASE:
            web.get(f"{address}4", json={"users": []})
        else:
            web.get(f"{address}4", body=f"<html>{SECRET_TEXT}</html>")
    web.add_passthru("http://127.0.0.1")
    good, broken = (source(folder, url, f"{BASE}/token") for url in (BASE, f"{BASE}/broken"))
    return SourceTrial(Kind.STAFF, good, broken, source(folder, NOWHERE, NOWHERE))


def from_csv(folder: Path, stack: ExitStack) -> SourceTrial:
    del stack

    def write(name: str, end: str) -> OneRosterCsv:
        (folder / name).mkdir()
        lines = [",".join(TABLE[0]), *(",".join(f'"{text}"' for text in row.values()) for row in TABLE)]
        (folder / name / "results.csv").write_text("\n".join(lines) + "\n" + end, encoding="utf-8")
        return OneRosterCsv(OneRosterCsvOptions(path=name), context(folder))

    absent = OneRosterCsv(OneRosterCsvOptions(path="absent"), context(folder))
    return SourceTrial(Kind.RESULTS, write("good", ""), write("broken", f'"{SECRET_TEXT}'), absent)


MAKERS = {f"server-{paging.value}": on_a_server(paging) for paging in Paging} | {"offline": offline, "csv": from_csv}


@pytest.fixture(params=MAKERS)
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SourceTrial]:
    with ExitStack() as stack:
        yield MAKERS[request.param](tmp_path, stack)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_oneroster_keeps_the_contract(check: Callable[[SourceTrial], None], trial: SourceTrial) -> None:
    check(trial)
