"""The two Windows definitions, against what WinSW's pages and Microsoft's published schema allow."""

from dataclasses import replace
from pathlib import Path, PureWindowsPath

import pytest
from lxml import etree

from sims_sync.service_files import ServiceDefinition, task_xml, winsw_xml
from sims_sync.service_files.steps import install_task, install_wrapper, remove_task
from sims_sync.service_files.winsw import VIRTUAL_ACCOUNT

# What the page "XML configuration file" and the page on logging of WinSW 2.12.0 name.
WINSW_ELEMENTS = {
    *(
        "service",
        "id",
        "name",
        "description",
        "executable",
        "startmode",
        "delayedAutoStart",
        "depend",
        "logpath",
        "log",
    ),
    *("sizeThreshold", "keepFiles", "arguments", "startarguments", "stopexecutable", "stoparguments", "stoptimeout"),
    *("env", "interactive", "beeponshutdown", "download", "onfailure", "resetfailure", "securityDescriptor"),
    *("serviceaccount", "domain", "user", "password", "allowservicelogon", "workingdirectory", "priority"),
}
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
PLAIN = ServiceDefinition(
    program=PureWindowsPath(r"C:\Program Files\sims-sync\current\Scripts\sims-sync.exe"),
    config=PureWindowsPath(r"C:\ProgramData\sims-sync & co\config.toml"),
    account=VIRTUAL_ACCOUNT,
    stop_seconds=15,
    writable=(PureWindowsPath(r"\\server\exports"),),
)
TASK_PLAIN = replace(PLAIN, account="NT AUTHORITY\\NETWORK SERVICE")
MANAGED = replace(PLAIN, account="AUSTEN\\sims-sync$")


def task(definition: ServiceDefinition) -> etree._Element:
    return etree.fromstring(task_xml(definition))


@pytest.mark.parametrize("definition", [PLAIN, MANAGED], ids=["virtual", "managed"])
def test_winsw_knows_every_element_of_its_definition(definition: ServiceDefinition) -> None:
    assert {str(element.tag) for element in etree.fromstring(winsw_xml(definition)).iter()} <= WINSW_ELEMENTS


def test_winsw_serves_this_configuration_and_starts_again_after_a_failure() -> None:
    root = etree.fromstring(winsw_xml(PLAIN))
    assert root.findtext("executable") == str(PLAIN.program)
    assert root.findtext("arguments") == r'serve --config "C:\ProgramData\sims-sync & co\config.toml"'
    assert root.findtext("stoptimeout") == "30 sec"
    assert [each.get("action") for each in root.findall("onfailure")] == ["restart"] * 3


def test_winsw_is_given_no_password() -> None:
    root = etree.fromstring(winsw_xml(MANAGED))
    assert root.find("serviceaccount/password") is None
    assert (root.findtext("serviceaccount/domain"), root.findtext("serviceaccount/user")) == ("AUSTEN", "sims-sync$")


def test_a_virtual_account_is_given_its_service_and_its_rights_once_it_exists() -> None:
    steps = [step.command for step in install_wrapper(PLAIN, PureWindowsPath(r"C:\p\service.exe"))]
    verbs = [command[-1] if command[0].endswith("service.exe") else command[0] for command in steps]
    assert verbs == ["stop", "uninstall", "install", "sc.exe", "icacls.exe", "icacls.exe", "start"]


@pytest.mark.parametrize("definition", [TASK_PLAIN, MANAGED], ids=["built-in", "managed"])
def test_the_task_is_what_microsofts_schema_allows(definition: ServiceDefinition) -> None:
    schema = etree.XMLSchema(etree.parse(Path(__file__).with_name("task_types.xsd")))
    assert schema.validate(task(definition)), schema.error_log


def test_the_task_is_utf_16_with_its_mark_as_schtasks_reads_it() -> None:
    assert task_xml(TASK_PLAIN)[:2] == b"\xff\xfe"
    assert 'encoding="UTF-16"' in task_xml(TASK_PLAIN).decode("utf-16").splitlines()[0]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("StartWhenAvailable", "true"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"),
        ("ExecutionTimeLimit", "PT0S"),
        ("MultipleInstancesPolicy", "IgnoreNew"),
    ],
)
def test_the_task_is_neither_ended_nor_kept_from_starting(setting: str, value: str) -> None:
    assert task(TASK_PLAIN).findtext(f"{TASK}Settings/{TASK}{setting}") == value


def test_the_task_starts_with_the_machine_and_again_when_it_ended() -> None:
    root = task(TASK_PLAIN)
    assert root.find(f"{TASK}Triggers/{TASK}BootTrigger") is not None
    assert root.findtext(f"{TASK}Triggers/{TASK}TimeTrigger/{TASK}Repetition/{TASK}Interval") == "PT1H"
    assert root.find(f"{TASK}Settings/{TASK}RestartOnFailure") is not None


def test_a_built_in_account_has_no_password_and_another_is_asked_for_by_windows() -> None:
    built_in = install_task(TASK_PLAIN, PureWindowsPath("task.xml"))
    assert not any(step.asks or "/RP" in step.command for step in built_in)
    create = next(step for step in install_task(MANAGED, PureWindowsPath("task.xml")) if "/Create" in step.command)
    assert create.asks
    assert create.command[-4:] == ("/RU", "AUSTEN\\sims-sync$", "/RP", "*")


def test_removing_what_is_not_there_is_no_fault() -> None:
    assert all(step.may_fail for step in remove_task())
