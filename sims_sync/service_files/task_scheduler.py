"""The Task Scheduler definition: `serve` started with the machine where no service wrapper may be installed."""

from codecs import BOM_UTF16_LE

from lxml import etree

from sims_sync.service_files.definition import DESCRIPTION, ServiceDefinition

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_VERSION = "1.2"  # Windows Server 2008 and newer
_BUILT_IN = {"SYSTEM": "S-1-5-18", "LOCAL SERVICE": "S-1-5-19", "NETWORK SERVICE": "S-1-5-20"}
_SETTINGS = (
    ("MultipleInstancesPolicy", "IgnoreNew"),
    ("DisallowStartIfOnBatteries", "false"),
    ("StopIfGoingOnBatteries", "false"),
    ("AllowHardTerminate", "true"),
    ("StartWhenAvailable", "true"),
    ("RunOnlyIfNetworkAvailable", "false"),
    ("AllowStartOnDemand", "true"),
    ("Enabled", "true"),
    ("Hidden", "false"),
    ("RunOnlyIfIdle", "false"),
    ("WakeToRun", "false"),
    ("ExecutionTimeLimit", "PT0S"),  # the default would end it after three days
    ("Priority", "7"),
)


def task_xml(definition: ServiceDefinition) -> bytes:
    """The definition as UTF-16 with its byte order mark, which `schtasks /Create /XML` reads.

    It starts with the machine and, should it have ended, again within the hour (`IgnoreNew`: never twice at once).
    """
    root = etree.Element("Task", {"version": _VERSION, "xmlns": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "RegistrationInfo"), "Description").text = DESCRIPTION
    triggers = etree.SubElement(root, "Triggers")
    _children(etree.SubElement(triggers, "BootTrigger"), (("Enabled", "true"), ("Delay", "PT1M")))
    _hourly(etree.SubElement(triggers, "TimeTrigger"))
    _principal(etree.SubElement(root, "Principals"), definition.account)
    settings = etree.SubElement(root, "Settings")
    _children(settings, _SETTINGS)
    _children(etree.SubElement(settings, "RestartOnFailure"), (("Interval", "PT1M"), ("Count", "255")))
    actions = etree.SubElement(root, "Actions", {"Context": "Author"})
    _children(
        etree.SubElement(actions, "Exec"),
        (
            ("Command", str(definition.program)),
            ("Arguments", f'serve --config "{definition.config}"'),
            ("WorkingDirectory", str(definition.base)),
        ),
    )
    text = etree.tostring(root, encoding="unicode", pretty_print=True)
    return BOM_UTF16_LE + f'<?xml version="1.0" encoding="UTF-16"?>\n{text}'.encode("utf-16-le")


def _hourly(trigger: etree._Element) -> None:
    """A process that ended well is no failure to Windows, and would stay down until the next start of the machine."""
    _children(trigger, (("Enabled", "true"), ("StartBoundary", "2026-01-01T00:07:00")))
    _children(etree.SubElement(trigger, "Repetition"), (("Interval", "PT1H"), ("StopAtDurationEnd", "false")))


def _principal(principals: etree._Element, account: str) -> None:
    principal = etree.SubElement(principals, "Principal", {"id": "Author"})
    built_in = _BUILT_IN.get(account.upper().removeprefix("NT AUTHORITY\\"))
    _children(principal, (("UserId", built_in or account),))
    if built_in is None:
        _children(principal, (("LogonType", "Password"),))
    _children(principal, (("RunLevel", "LeastPrivilege"),))


def _children(parent: etree._Element, items: tuple[tuple[str, str], ...]) -> None:
    for name, text in items:
        etree.SubElement(parent, name).text = text
