"""Names of the configuration become classes and functions."""

from pathlib import Path

import pytest

from connectors import CONNECTORS
from connectors.drop_folder import DropFolder, DropFolderOptions
from connectors.mail_folder import MailFolder
from jobs import JOBS
from sims_sync.connector import ConnectorContext
from sims_sync.errors import ConfigurationError
from sims_sync.registry import build_mailer, build_source, connector_class, connector_names, job_function, job_names
from tests.sims_sync.builders import at


@pytest.fixture
def place(tmp_path: Path) -> ConnectorContext:
    return ConnectorContext(tmp_path, tmp_path, lambda: at("2026-12-16"), lambda _: "")


def test_every_source_and_mailer_has_options_that_refuse_unknown_keys_and_a_description() -> None:
    for kind in ("source", "mailer"):
        assert set(connector_names(kind)) <= set(CONNECTORS)
        for name in connector_names(kind):
            found = connector_class(name, kind)
            assert found.description
            assert found.Options.model_config["extra"] == "forbid"


@pytest.mark.parametrize(
    ("name", "kind"), [("nowhere", "source"), ("mail_folder", "source"), ("drop_folder", "mailer")]
)
def test_a_name_of_another_kind_is_not_found(name: str, kind: str) -> None:
    with pytest.raises(KeyError):
        connector_class(name, kind)


def test_connectors_are_built_with_their_options(place: ConnectorContext) -> None:
    assert isinstance(build_source("drop_folder", DropFolderOptions(folder="in"), place), DropFolder)
    assert isinstance(build_mailer("mail_folder", {"folder": "mail"}, place), MailFolder)


def test_jobs_come_in_the_order_of_the_cycle() -> None:
    assert job_names() == tuple(JOBS)
    assert job_names().index("pull_students") < job_names().index("pull_entries")
    assert job_names().index("collect_proformas") < job_names().index("report_compliance")


@pytest.mark.parametrize("name", sorted(JOBS))
def test_every_job_has_its_function(name: str) -> None:
    assert job_function(name).__name__ == "run"


def test_an_unknown_job_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="The jobs are: pull_students"):
        job_function("pull_everything")
