"""What the system is told so that `serve` starts with the machine: systemd on Linux, WinSW or a task on Windows."""

from sims_sync.service_files.definition import ServiceDefinition, define_service
from sims_sync.service_files.systemd import unit_text
from sims_sync.service_files.task_scheduler import task_xml
from sims_sync.service_files.winsw import winsw_xml

__all__ = ["ServiceDefinition", "define_service", "task_xml", "unit_text", "winsw_xml"]
