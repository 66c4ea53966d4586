"""The simulated mentoring application answers as its OpenAPI file says, and that file is sound."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests

from sims_sync.demo.proforma_api_server import TOKEN, Item, MentoringApplication, ProformaApiServer
from sims_sync.demo.web_server import Faults, WebFault

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
FILE = Path(__file__).parents[3] / "docs" / "schemas" / "proforma-api.openapi.yaml"
Draft202012Validator: Any = import_module("jsonschema").Draft202012Validator  # it ships no types
DOCUMENT: dict[str, Any] = import_module("yaml").safe_load(FILE.read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
TARGET: Item = {"id": "t1", "state": "current", "text": "Hand in every piece of maths homework"}
GOOD: Item = {
    "id": "e1",
    "revision": 1,
    "updated_at": "2026-12-15T15:59:00Z",
    "recorded_at": "2026-12-15T15:59:00Z",
    "state": "submitted",
    "interview_date": "2026-12-15",
    "student": {"person_id": "1"},
    "targets": [TARGET],
}


def faults_of(schema: str, value: object) -> list[str]:
    root = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    return [error.message for error in Draft202012Validator(root).iter_errors(value)]


def ask(server: ProformaApiServer, token: str = TOKEN, **query: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server.url}/entries", params=query, headers=headers, timeout=5)


def application(count: int) -> MentoringApplication:
    found = MentoringApplication(lambda: NOW)
    for number in range(count):
        content = {name: value for name, value in GOOD.items() if name not in {"id", "revision", "updated_at"}}
        found.save(f"e{number}", **content)
    return found


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_the_file_is_openapi_3_1_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for reference in {node["$ref"] for node in nodes(DOCUMENT) if "$ref" in node}:
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_operation_says_what_it_answers_and_needs_the_token() -> None:
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert operations
    assert all({"operationId", "summary", "responses"} <= operation.keys() for operation in operations)
    assert DOCUMENT["security"] == [{"token": []}]
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_example_keeps_to_the_schema() -> None:
    (example,) = DOCUMENT["components"]["examples"].values()
    assert faults_of("Page", example["value"]) == []


def test_every_page_keeps_to_the_schema() -> None:
    with ProformaApiServer(application(5), lambda: NOW, largest_page=2) as server:
        page = ask(server).json()
        sizes = [len(page["entries"])]
        while page["next_cursor"]:
            assert faults_of("Page", page) == []
            page = ask(server, cursor=page["next_cursor"]).json()
            sizes.append(len(page["entries"]))
    assert faults_of("Page", page) == []
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "a/b"},
        {"revision": 0},
        {"updated_at": None},
        {"state": "archived"},
        {"student": {"admission_number": "1"}},
        {"student": {"person_id": None}},
        {"targets": []},
        {"targets": [{"id": "t1", "state": "current"}]},
        {"targets": [{"state": "current", "text": "x"}]},
        {"targets": [{**TARGET, "state": "deleted"}]},
        {"targets": [], "no_new_target": None},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_contract_forbids(broken: Item) -> None:
    assert faults_of("Entry", GOOD) == []
    assert faults_of("Entry", GOOD | broken)


def test_a_withdrawn_target_needs_no_text() -> None:
    assert faults_of("Entry", GOOD | {"targets": [{"id": "t1", "state": "withdrawn"}]}) == []


def test_only_what_changed_is_listed_when_asked() -> None:
    with ProformaApiServer(application(2), lambda: NOW) as server:
        assert len(ask(server, updated_after="2026-12-16T05:59:00Z").json()["entries"]) == 2
        assert ask(server, updated_after="2026-12-16T06:00:00Z").json()["entries"] == []


def test_wrong_questions_are_refused() -> None:
    with ProformaApiServer(application(2), lambda: NOW) as server:
        answers = [ask(server, "wrong"), ask(server, cursor="7.0"), ask(server, updated_after="yesterday")]
        assert [answer.status_code for answer in answers] == [401, 400, 400]
        assert requests.get(f"{server.url}/students", timeout=5).status_code == 404


def test_a_fault_strikes_once_and_is_over() -> None:
    with ProformaApiServer(application(2), lambda: NOW, faults=Faults(WebFault.EXPIRED)) as server:
        assert [ask(server).status_code for _ in range(2)] == [401, 200]


def test_a_correction_raises_the_revision_and_keeps_the_rest() -> None:
    found = application(1)
    found.save("e0", state="withdrawn")
    (entry,) = found(None)
    assert (entry["revision"], entry["state"], entry["targets"]) == (2, "withdrawn", [TARGET])
    found.list_stale("e0", 1)
    assert [each["revision"] for each in found(None)] == [2, 1]
