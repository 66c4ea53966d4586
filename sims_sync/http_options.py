"""What may a school set for an HTTP source, and which addresses may be spoken to?"""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from sims_sync.connector import Options

_DEFAULT_PORTS = {"https": 443, "http": 80}


def check_url(text: str) -> str:
    """`text` without a slash at its end, if it is an address that may be spoken to.

    Raises:
        ValueError: not https (http only to this machine itself), or with a password, query or fragment in it.
    """
    parts = urlsplit(text)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("write an address such as https://sims.example")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("only https:// is spoken with another machine: write https://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("write the address alone, without user, password, ? or #")
    return text.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(check_url)]


def check_reference(text: str) -> str:
    """`text`, if it says where a secret is; the message leaves it out, for it may be the secret itself.

    Raises:
        ValueError: it is no such reference.
    """
    scheme, _, rest = text.partition(":")
    if scheme not in {"env", "file", "credential", "keyring"} or not rest:
        raise ValueError(
            "write where the secret is (env:NAME, file:PATH, credential:NAME or keyring:NAME), never itself"
        )
    return text


SecretReference = Annotated[str, AfterValidator(check_reference)]


class HttpOptions(Options):
    """What every HTTP connector lets a school set."""

    timeout_seconds: float = Field(default=30, gt=0, description="How long a server may be silent.")
    total_seconds: float = Field(default=120, gt=0, description="How long one whole answer may take.")
    attempts: int = Field(default=5, ge=1, le=10, description="How often a question is asked before giving up.")
    wait_seconds: float = Field(default=1, ge=0, description="The first wait between two attempts; it then doubles.")


def is_loopback(host: str) -> bool:
    """Whether `host` is this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what must be equal for a key to be shown.

    Raises:
        ValueError: it is no address.
    """
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").casefold(), parts.port or _DEFAULT_PORTS.get(parts.scheme)
