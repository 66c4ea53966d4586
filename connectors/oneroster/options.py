"""What can a school set for OneRoster over REST, and where does each list then stand?"""

from typing import Literal

from pydantic import Field

from sims_sync.http_options import HttpOptions, HttpUrl, SecretReference
from sims_sync.records import Kind

SIMS_TOKEN_URL = "https://sts.sims.co.uk/connect/token"  # noqa: S105 - an address (SIMS §4), no secret
GRADEBOOK = frozenset({"results", "lineItems", "categories", "assessmentResults", "assessmentLineItems"})
WRAPPERS = {"students": "users", "teachers": "users", "gradingPeriods": "academicSessions"}

_SERVICE_MARK = "/ims/oneroster"


class OneRosterOptions(HttpOptions):
    """Whom to ask, as whom, and for what."""

    base_url: HttpUrl = Field(description="The server, e.g. https://oneroster.example; /ims/oneroster/… is added.")
    version: Literal["1.1", "1.2"] = Field(default="1.1", description="The version of OneRoster that it speaks.")
    resource: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9-]+(/[A-Za-z0-9-]+)*$", description="Another list than the kind's own."
    )
    token_url: HttpUrl = Field(default=SIMS_TOKEN_URL, description="Where the key is fetched (OAuth2).")
    client_id: str = Field(min_length=1, description="The client id that the vendor gave.")
    client_secret: SecretReference = Field(description="Where its secret is, e.g. env:ONEROSTER_SECRET.")
    client_authentication: Literal["form", "basic"] = Field(default="form", description="How the two are sent.")
    scope: str = Field(default="", description="The scopes to ask for, with a blank between them.")
    acr_values: str = Field(default="", description='Which school, in SIMS ID: "orgselected:<id>".')
    page_size: int = Field(default=100, ge=1, le=10_000, description="How many records to ask for at once.")
    aspects: tuple[str, ...] = Field(default=("*",), description="Results only: titles to read; * is anything.")
    without_aspects: tuple[str, ...] = Field(default=(), description="Results only: titles to leave out.")
    incremental: bool = Field(default=False, description="Results only: ask for what changed since the last read.")
    full_read_days: int = Field(default=7, ge=1, description="After so many days everything is read again.")

    def resource_of(self, kind: Kind) -> str:
        """The list that holds `kind`: `resource` if set, else the standard's own.

        Raises:
            KeyError: OneRoster holds nothing of that kind.
        """
        return self.resource or _RESOURCES[kind]

    def url_of(self, resource: str) -> str:
        """The address of one list. A base address that already names the service is taken as it is."""
        if _SERVICE_MARK in self.base_url:
            return f"{self.base_url}/{resource}"
        if self.version == "1.1":
            return f"{self.base_url}{_SERVICE_MARK}/v1p1/{resource}"
        service = "gradebook" if last_part(resource) in GRADEBOOK else "rostering"
        return f"{self.base_url}{_SERVICE_MARK}/{service}/v1p2/{resource}"


def last_part(resource: str) -> str:
    """What the list is of: of `schools/42/students` the last part, "students"."""
    return resource.rpartition("/")[2]


_RESOURCES = {
    Kind.STUDENTS: "students",
    Kind.STAFF: "teachers",
    Kind.TUTOR_GROUPS: "classes",
    Kind.RESULTS: "results",
    Kind.MENTORING_ENTRIES: "results",
}
