"""The assessment file keeps the contract of `sims_sync.destination_contract`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.assessment_file import AssessmentFile, AssessmentFileOptions
from connectors.assessment_file.cover import RESULTS
from sims_sync.connector import ConnectorContext
from sims_sync.destination_contract import CHECKS
from sims_sync.destination_trial import SECRET_TEXT, DestinationTrial, sample_deliveries
from sims_sync.formats.result_file import Naming, read_results
from sims_sync.records import Delivery, StudentRef

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
STUDENTS = (StudentRef(upn="B801200005001"), StudentRef(upn="P207000016049"))
NAMING = Naming()


def destination(base: Path, folder: str) -> AssessmentFile:
    context = ConnectorContext(base, base / "work", lambda: NOW, lambda _: "")
    return AssessmentFile(AssessmentFileOptions(folder=folder), context)


def refused() -> dict[str, Delivery]:
    without_upn, long, strange = sample_deliveries(StudentRef(person_id="7"))
    student = StudentRef(upn="A80120000500M", surname=SECRET_TEXT)
    found = {
        "unknown-student": without_upn,
        "too-long": replace(long, student=student, text=f"{SECRET_TEXT} " * 100),
        "characters": replace(strange, student=student, text=f"{SECRET_TEXT} ☃"),
    }
    return {code: replace(each, delivery_key=f"refused-{code}") for code, each in found.items()}


@pytest.fixture
def trial(tmp_path: Path) -> DestinationTrial:
    folder = tmp_path / "for-sims"

    def stands(delivery: Delivery) -> str | None:
        lines = [line for file in folder.glob(f"*/{RESULTS}") for line in read_results(file.read_bytes(), NAMING)]
        place = (delivery.student.upn, NAMING.aspect(delivery.aspect), NAMING.result_set(delivery.result_set))
        found = [line.text for line in lines if (line.upn, line.aspect, line.result_set) == place]
        return found[0] if found else None

    return DestinationTrial(
        destination=destination(tmp_path, "for-sims"),
        deliveries=sample_deliveries(*STUDENTS),
        stands=stands,
        refused=refused(),
        unreachable=destination(tmp_path, "nowhere/for-sims"),
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_files_keep_the_contract(check: Callable[[DestinationTrial], None], trial: DestinationTrial) -> None:
    check(trial)
