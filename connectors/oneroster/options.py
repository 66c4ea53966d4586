"""What can a school set for OneRoster over REST, and where does each list then stand?"""

from typing import Literal, Self

from pydantic import Field, model_validator

from sims_sync.http_options import HttpOptions, HttpUrl, SecretReference
from sims_sync.records import Kind

SIMS_TOKEN_URL = "https://sts.sims.co.uk/connect/token"  # noqa: S105 - an address (SIMS §4), no secret
GRADEBOOK = frozenset({"results", "lineItems", "categories", "assessmentResults", "assessmentLineItems"})
WRAPPERS = {"students": "users", "teachers": "users", "gradingPeriods": "academicSessions"}

_SERVICE_MARK = "/ims/oneroster"


class ServerOptions(HttpOptions):
    """Whom to speak to, and as whom: the same for reading and writing."""

    base_url: HttpUrl = Field(description="The server, e.g. https://oneroster.example; /ims/oneroster/… is added.")
    version: Literal["1.1", "1.2"] = Field(default="1.1", description="The version of OneRoster that it speaks.")
    resource: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9-]+(/[A-Za-z0-9-]+)*$", description="Another list than the usual one."
    )
    token_url: HttpUrl = Field(default=SIMS_TOKEN_URL, description="Where the key is fetched (OAuth2).")
    client_id: str = Field(min_length=1, description="The client id that the vendor gave.")
    client_secret: SecretReference = Field(description="Where its secret is, e.g. env:ONEROSTER_SECRET.")
    client_authentication: Literal["form", "basic"] = Field(default="form", description="How the two are sent.")
    scope: str = Field(default="", description="The scopes to ask for, with a blank between them.")
    acr_values: str = Field(default="", description='Which school, in SIMS ID: "orgselected:<id>".')
    page_size: int = Field(default=100, ge=1, le=10_000, description="How many records to ask for at once.")

    def url_of(self, resource: str) -> str:
        """The address of one list. A base address that already names the service is taken as it is."""
        if _SERVICE_MARK in self.base_url:
            return f"{self.base_url}/{resource}"
        if self.version == "1.1":
            return f"{self.base_url}{_SERVICE_MARK}/v1p1/{resource}"
        service = "gradebook" if last_part(resource) in GRADEBOOK else "rostering"
        return f"{self.base_url}{_SERVICE_MARK}/{service}/v1p2/{resource}"


class OneRosterOptions(ServerOptions):
    """What to read."""

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


class OneRosterResultsOptions(ServerOptions):
    """What to write, and how much at once."""

    field: Literal["textScore", "comment"] | None = Field(
        default=None, description="Where the text stands in a result; else textScore, in 1.1 comment."
    )
    score_placeholder: float | None = Field(
        default=None, description="1.1 only, which wants a number in each result: the one to write beside the text."
    )
    match_students_by: Literal["sourcedId", "upn", "admission_number"] = Field(
        default="sourcedId", description="What ties a student to the server's: SIMS's person id is its sourcedId."
    )
    id_prefix: str = Field(
        default="", description="Goes into the id of each result; else client_id and acr_values do. Never change it."
    )
    concurrency: int = Field(default=4, ge=1, le=16, description="How many texts are on their way at once.")
    requests_per_second: float | None = Field(default=None, gt=0, description="No more questions than that.")

    @property
    def results(self) -> str:
        """The list that results stand in: `resource`, else the one that needs no class, which 1.1 does not have."""
        return self.resource or ("results" if self.version == "1.1" else "assessmentResults")

    @property
    def item(self) -> str:
        """What a line item of that list is called."""
        return "assessmentLineItem" if last_part(self.results) == "assessmentResults" else "lineItem"

    @property
    def text_field(self) -> str:
        """Where the text stands in a result."""
        return self.field or ("comment" if self.version == "1.1" else "textScore")

    @property
    def school_mark(self) -> str:
        """What keeps the ids of two schools' results apart. Not the address: a server that moves keeps its results."""
        return self.id_prefix or f"{self.client_id} {self.acr_values}".strip()

    @model_validator(mode="after")
    def _only_what_the_version_has(self) -> Self:
        if last_part(self.results) not in {"results", "assessmentResults"}:
            raise ValueError("resource ends in results or assessmentResults: nothing else can be written")
        if self.version == "1.1" and last_part(self.results) == "assessmentResults":
            raise ValueError('OneRoster 1.1 has no assessmentResults: write version = "1.2", or resource = "results"')
        if self.version == "1.1" and self.text_field != "comment":
            raise ValueError('OneRoster 1.1 takes a text as its comment only: write field = "comment"')
        if self.version == "1.1" and self.score_placeholder is None:
            raise ValueError('OneRoster 1.1 wants a number in each result: set score_placeholder, or version = "1.2"')
        return self


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
