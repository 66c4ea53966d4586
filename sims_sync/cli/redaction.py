"""What must never stand in the log, whoever wrote the line: secrets, UPNs, addresses of people, what a query asked.

Our own lines hold none of it. Those of the libraries below us might: their messages quote what they choked on.
"""

import json
import re

from sims_sync.secrets import secrets_read

HIDDEN = "[hidden]"
_SHORTEST_SECRET = 4  # blotting out a shorter one would make the log unreadable, and give it away
_PATTERNS = (
    (re.compile(r"\b[A-Z]\d{11}[\dA-Z]\b", re.IGNORECASE), "[upn]"),  # A + 12 characters, the last may be a letter
    (re.compile(r"[\w.+%'-]+@(?=[\w-]+(?:\.[\w-]+)+)"), "[address]@"),  # whose domain may be seen
    (re.compile(r"(?<=\?)(?=[^\s\"]*=)[^\s\"]+"), "…"),  # the query of an address
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?<=//)[^/\s:@]+:[^/\s@]+(?=@)"), HIDDEN),  # user and password in an address
)


def redacted(line: str) -> str:
    """The same line without them."""
    for secret in secrets_read():
        if len(secret) >= _SHORTEST_SECRET:
            line = line.replace(secret, HIDDEN).replace(json.dumps(secret, ensure_ascii=False)[1:-1], HIDDEN)
    for pattern, instead in _PATTERNS:
        line = pattern.sub(instead, line)
    return line
