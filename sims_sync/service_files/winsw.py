"""The WinSW definition: how `serve` runs as a Windows service (WinSW 2.12)."""

from lxml import etree

from sims_sync.service_files.definition import DESCRIPTION, SERVICE_NAME, STOP_MARGIN_SECONDS, ServiceDefinition

VIRTUAL_ACCOUNT = f"NT SERVICE\\{SERVICE_NAME}"
_RESTART_AFTER = ("30 sec", "1 min", "5 min")  # the last one is repeated


def winsw_xml(definition: ServiceDefinition) -> bytes:
    """The definition as UTF-8. It holds no password: a group managed account has none, another's is typed."""
    root = etree.Element("service")
    for name, text in (
        ("id", SERVICE_NAME),
        ("name", SERVICE_NAME),
        ("description", DESCRIPTION),
        ("executable", str(definition.program)),
        ("arguments", f'serve --config "{definition.config}"'),
        ("workingdirectory", str(definition.base)),
        ("startmode", "Automatic"),
        ("delayedAutoStart", "true"),
        ("stoptimeout", f"{definition.stop_seconds + STOP_MARGIN_SECONDS} sec"),
        ("resetfailure", "1 hour"),
        ("logpath", str(definition.base / "log")),
    ):
        etree.SubElement(root, name).text = text
    for wait in _RESTART_AFTER:
        etree.SubElement(root, "onfailure", action="restart", delay=wait)
    etree.SubElement(root, "env", name="PYTHONUNBUFFERED", value="1")
    log = etree.SubElement(root, "log", mode="roll-by-size")  # what serve prints; its record is log\\sims-sync.log
    for name, text in (("sizeThreshold", "1024"), ("keepFiles", "3")):
        etree.SubElement(log, name).text = text
    if definition.account != VIRTUAL_ACCOUNT:
        _account(root, definition.account)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _account(root: etree._Element, account: str) -> None:
    domain, backslash, user = account.rpartition("\\")
    element = etree.SubElement(root, "serviceaccount")
    if backslash:
        etree.SubElement(element, "domain").text = domain
    etree.SubElement(element, "user").text = user
    etree.SubElement(element, "allowservicelogon").text = "true"
