"""The mentoring application's source keeps the contract of `sims_sync.source_contract`: over a server, and offline."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import responses

from connectors.proforma_api import ProformaApi, ProformaApiOptions
from sims_sync.connector import ConnectorContext
from sims_sync.demo.proforma_api_server import TOKEN, Item, ProformaApiServer
from sims_sync.demo.web_server import Faults, WebFault
from sims_sync.records import Kind
from sims_sync.source_contract import CHECKS, SECRET_TEXT, TABLE, SourceTrial

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:1"
BASE = "https://mentoring.example/api/v1"


def source(folder: Path, url: str) -> ProformaApi:
    context = ConnectorContext(base=folder, work=folder / "work", now=lambda: NOW, secret=lambda _: TOKEN)
    options = {"base_url": url, "token": "env:X", "wait_seconds": 0, "attempts": 2}
    return ProformaApi(ProformaApiOptions.model_validate(options), context)


def on_a_server(folder: Path, stack: ExitStack) -> SourceTrial:
    entries: list[Item] = [dict(row) for row in TABLE]
    longer: list[Item] = [*entries, {"Adno": SECRET_TEXT}]
    good = stack.enter_context(ProformaApiServer(lambda _: entries, lambda: NOW, largest_page=3))
    faults = Faults(WebFault.CUT, first=2, times=None)
    broken = stack.enter_context(ProformaApiServer(lambda _: longer, lambda: NOW, largest_page=3, faults=faults))
    made = (source(folder, url) for url in (good.url, broken.url, NOWHERE))
    return SourceTrial(Kind.PROFORMAS, *made)


def offline(folder: Path, stack: ExitStack) -> SourceTrial:
    web = stack.enter_context(responses.RequestsMock(assert_all_requests_are_fired=False))
    web.add_passthru("http://127.0.0.1")
    page = {"entries": list(TABLE), "next_cursor": None, "as_of": "2026-12-16T07:30:00Z"}
    web.get(f"{BASE}/entries", json=page)
    web.get(f"{BASE}/broken/entries", json={**page, "next_cursor": "2"})
    web.get(f"{BASE}/broken/entries", body=f"<html>{SECRET_TEXT}</html>")
    made = (source(folder, url) for url in (BASE, f"{BASE}/broken", NOWHERE))
    return SourceTrial(Kind.PROFORMAS, *made)


@pytest.fixture(params=[on_a_server, offline], ids=lambda make: str(make.__name__))
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SourceTrial]:
    with ExitStack() as stack:
        yield request.param(tmp_path, stack)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_a_mentoring_application_keeps_the_contract(check: Callable[[SourceTrial], None], trial: SourceTrial) -> None:
    check(trial)
