"""The model itself: one school's sections, and all schools together."""

from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from sims_sync.compliance.facts import Policy
from sims_sync.config.fields import Address, DayWindow, HalfTermText, Identifier, Schedule, Section, folder_for
from sims_sync.config.operations import BackupSection, MonitoringSection, RetentionSection, ServiceSection
from sims_sync.connector import Options
from sims_sync.records import Kind
from sims_sync.school_year import HALF_TERM_NAMES, HalfTermId


class SchoolSection(Section):
    """Which school this is."""

    id: Identifier
    name: str
    dfe_number: str | None = None
    timezone: Literal["Europe/London"] = "Europe/London"
    vertical_tutoring: bool = False
    blackouts: tuple[DayWindow, ...] = ()


class PeopleSection(Section):
    """Who receives what is not a Head of House's."""

    programme_lead: Address
    admin: Address
    house_matrix: tuple[Address, ...] = ()


class StoreSection(Section):
    """Where the product keeps its rows; a relative SQLite path starts at config.toml's folder."""

    url: str = "sqlite:///sims-sync.db"

    @field_validator("url")
    @classmethod
    def _no_password(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.password or "password" in parse_qs(parts.query):
            message = "holds a password. Put it into the file .pgpass of the service's account: docs/install.md."
            raise ValueError(message)
        return url


class ExemptPairSection(Section):
    """A NC year that is exempt in one half term of every year."""

    nc_year: str
    half_term: Literal["autumn-1", "autumn-2", "spring-1", "spring-2", "summer-1", "summer-2"]


class ProgrammeSection(Section):
    """The Student Support Programme's rules (DOMAIN §3, §4); `policy` and `starts_with` have no default."""

    policy: Policy
    starts_with: HalfTermText
    year_groups: tuple[str, ...] = ("7", "8", "9", "10", "11")
    exempt: tuple[ExemptPairSection, ...] = (ExemptPairSection(nc_year="11", half_term="summer-2"),)
    minimum_days: Annotated[int, Field(ge=1, le=40)] = 10
    deadline_days_before_end: Annotated[int, Field(ge=0, le=15)] = 3
    enrolled_statuses: tuple[str, ...] = ("main", "current", "single", "c", "m", "current single", "main (dual)")
    readiness_aspects: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _termly_starts_a_term(self) -> Self:
        if self.policy is Policy.TERMLY and HalfTermId.parse(self.starts_with).index % 2:
            first = HALF_TERM_NAMES[HalfTermId.parse(self.starts_with).index - 1]
            raise ValueError(
                f"under the termly policy the programme starts with a term's first half term (DOMAIN rule 16): {first}"
            )
        return self


class HalfTermSection(Section):
    """One half term: first and last day, both inclusive."""

    id: HalfTermText
    start: date
    end: date


class CalendarSection(Section):
    """The school's calendar: written here, or in `file` as `calendar import` writes it."""

    file: str | None = None
    half_terms: tuple[HalfTermSection, ...] = ()
    inset_days: tuple[date, ...] = ()
    closed_days: tuple[date, ...] = ()
    year_starts: dict[str, date] = Field(default_factory=dict)
    add_bank_holidays: tuple[date, ...] = ()
    drop_bank_holidays: tuple[date, ...] = ()


class EntriesSection(Section):
    """How entries typed in SIMS are recognised (DOMAIN rule 14a)."""

    target_aspects: tuple[str, ...] = ("Mentoring Target 1", "Mentoring Target 2", "Mentoring Target 3")
    review_aspects: tuple[str, ...] = ("Mentoring Review 1", "Mentoring Review 2", "Mentoring Review 3")
    result_set: str = "Mentoring {half_term} {year}"
    result_sets: dict[str, HalfTermText] = Field(default_factory=dict)


class SourceSection(BaseModel):
    """One source: a kind, the connector that reads it, its mapping; every other key is the connector's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Kind
    connector: str
    mapping: str
    result_set: str | None = None
    enabled: bool = True

    @property
    def options(self) -> dict[str, object]:
        """The keys that belong to the connector."""
        return dict(self.model_extra or {})


class DestinationSection(BaseModel):
    """The way into SIMS; every key but `connector` is its own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connector: str

    @property
    def options(self) -> dict[str, object]:
        """The keys that belong to the connector."""
        return dict(self.model_extra or {})


class PushSection(Section):
    """Whether and how pro-formas' targets and reviews are written into SIMS (DESIGN §5); off until switched on.

    `simulated_sims`: a demo's folder, whose OneRoster server each command that needs it starts.
    """

    enabled: bool = False
    confirm_school_days: Annotated[int, Field(ge=1, le=20)] = 2
    destination: DestinationSection | None = None
    training: dict[str, object] = Field(default_factory=dict)
    simulated_sims: str | None = None

    @model_validator(mode="after")
    def _a_switch_needs_a_way(self) -> Self:
        if self.enabled and self.destination is None:
            raise ValueError("enabled = true needs a [push.destination]: say how texts get into SIMS")
        return self


class MailerSection(BaseModel):
    """The mailer; every key but `connector` is its own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connector: str = "mail_folder"

    @property
    def options(self) -> dict[str, object]:
        """The keys that belong to the connector."""
        return dict(self.model_extra or {})


class ProformasSection(Section):
    """What the pro-forma workbooks show besides the students."""

    ideas: str | None = None


class MessagesSection(Section):
    """Who is mailed, and how (DOMAIN rules 5 to 8c, 23)."""

    mode: Literal["off", "shadow", "live"] = "shadow"
    sender: Address
    allowed_domains: tuple[str, ...] = Field(min_length=1)
    mailer: MailerSection = MailerSection()
    templates: str | None = None


class FoldersSection(Section):
    """Folders in which Heads of House and tutors find their lists (DOMAIN rule 23), with rights that the school sets.

    `lead` is the programme lead's, for what a Head of House may not decide (rule 11).
    """

    houses: Annotated[str | None, AfterValidator(folder_for("house"))] = None
    groups: Annotated[str | None, AfterValidator(folder_for("group"))] = None
    lead: Annotated[str | None, AfterValidator(folder_for(None))] = None


class ReportsSection(Section):
    """Where a report mail points to (DOMAIN rule 23); without `link` and `folders` no report mail is sent.

    `tutor_answers`: the file of the tutors' anonymous answers for the annual evaluation.
    """

    link: str | None = None
    tutor_answers: str | None = None
    folders: FoldersSection = FoldersSection()


class RolesSection(Section):
    """The file of roles that wins over SIMS columns."""

    file: str = "roles.csv"


class GuardSection(Section):
    """When a plan is stopped or its removals are held (DESIGN §4)."""

    removals_percent: Annotated[float, Field(ge=0, le=100)] = 5
    removals_rows: Annotated[int, Field(ge=0)] = 20
    removals_floor: Annotated[int, Field(ge=0)] = 3
    removals_window_days: Annotated[int, Field(ge=1)] = 14
    rollover_removals_percent: Annotated[float, Field(ge=0, le=100)] = 30
    rollover_until: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")] = "09-15"
    kept_days: Annotated[int, Field(ge=0)] = 14
    altered_percent: Annotated[float, Field(ge=0, le=100)] = 50
    known_percent: Annotated[float, Field(ge=0, le=100)] = 50
    held_percent: Annotated[float, Field(ge=0, le=100)] = 10
    held_rows: Annotated[int, Field(ge=1)] = 5
    grace_days: Annotated[int, Field(ge=1)] = 14


class JobSection(Section):
    """When one job runs: a six-field line, school-local time; without it the job runs by hand only."""

    schedule: Schedule | None = None
    enabled: bool = True
    school_days_only: bool = False


class DemoSection(Section):
    """Stands in for now: at `started` (real time) it was `clock`, and it runs on at real speed."""

    clock: datetime
    started: datetime


class SchoolConfig(Section):
    """One school's whole configuration. `base` is the folder that relative paths start at."""

    base: Path
    school: SchoolSection
    people: PeopleSection
    programme: ProgrammeSection
    calendar: CalendarSection = CalendarSection()
    entries: EntriesSection = EntriesSection()
    sources: dict[Identifier | str, SourceSection] = Field(default_factory=dict)
    push: PushSection = PushSection()
    proformas: ProformasSection = ProformasSection()
    roles: RolesSection = RolesSection()
    messages: MessagesSection
    reports: ReportsSection = ReportsSection()
    guard: GuardSection = GuardSection()
    monitoring: MonitoringSection = MonitoringSection()
    retention: RetentionSection = RetentionSection()
    jobs: dict[str, JobSection] = Field(default_factory=dict)
    demo: DemoSection | None = None
    mappings_folder: str = "mappings"
    source_options: dict[str, Options] = Field(default_factory=dict, exclude=True)

    @model_validator(mode="after")
    def _one_source_per_kind(self) -> Self:
        """Each read of a list says who is missing from it: two sources of one kind would miss each other's rows."""
        names: dict[Kind, list[str]] = defaultdict(list)
        for name, source in self.sources.items():
            if source.enabled and source.kind is not Kind.PROFORMAS:
                names[source.kind].append(name)
        for kind, several in names.items():
            if len(several) > 1:
                raise ValueError(f"sources has several of {kind.value} ({', '.join(several)}): one kind, one source")
        return self

    @property
    def id(self) -> str:
        """The school's id, which every row carries."""
        return self.school.id

    def sources_of(self, kind: Kind) -> dict[str, SourceSection]:
        """The enabled sources of one kind, by name."""
        return {name: source for name, source in self.sources.items() if source.kind is kind and source.enabled}

    def path(self, text: str) -> Path:
        """A path of the config: relative ones start at `base`."""
        return self.base / text


class Config(Section):
    """Everything in config.toml and schools.d: one store, one or more schools."""

    file: Path
    store: StoreSection = StoreSection()
    service: ServiceSection = ServiceSection()
    backup: BackupSection = BackupSection()
    schools: dict[str, SchoolConfig]
    broken: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def base(self) -> Path:
        """The folder of config.toml."""
        return self.file.parent
