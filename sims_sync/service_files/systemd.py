"""The systemd unit: how `serve` starts with a Linux machine, and all that it may not do."""

from sims_sync.service_files.definition import DESCRIPTION, STOP_MARGIN_SECONDS, ServiceDefinition

ENVIRONMENT_FILE = "/etc/default/sims-sync"  # for secrets that config.toml names as env:NAME; only root reads it
RESTART_SECONDS = 30

# What is missing on purpose: ProtectProc=invisible and ProcSubset=pid. A lease is taken from a dead process only, and
# through them a command that another account runs would look dead.
_SANDBOX = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0027
MemoryHigh=1G
MemoryMax=2G
TasksMax=256
"""


def unit_text(definition: ServiceDefinition) -> str:
    """The unit file's whole text."""
    base = _quoted(definition.base)
    writable = "".join(f"ReadWritePaths=-{_quoted(place)}\n" for place in definition.writable)
    credentials = "".join(f"LoadCredential={name}\n" for name in definition.credentials)
    return f"""\
# Written by `sims-sync service install`, which writes it anew. Your own settings: systemctl edit sims-sync
[Unit]
Description=sims-sync: {DESCRIPTION}
Wants=network-online.target
After=network-online.target time-sync.target
RequiresMountsFor={base}

[Service]
Type=exec
User={definition.account}
WorkingDirectory={_one_word(definition.base)}
ExecStart={_quoted(definition.program)} serve --config {_quoted(definition.config)}
Environment=LANG=C.UTF-8 PYTHONUNBUFFERED=1
EnvironmentFile=-{ENVIRONMENT_FILE}
{credentials}Restart=always
RestartSec={RESTART_SECONDS}
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec={definition.stop_seconds + STOP_MARGIN_SECONDS}
ReadWritePaths={base}
{writable}{_SANDBOX}
[Install]
WantedBy=multi-user.target
"""


def _one_word(path: object) -> str:
    """For settings that take one path and know no quotation marks."""
    return str(path).replace("%", "%%")


def _quoted(path: object) -> str:
    r"""A path as one word: systemd reads % and $ as its own, and a backslash as an escape."""
    text = str(path).replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if any(sign in text for sign in " ';\\$") else text
