"""Every error the product raises, grouped by what the run does next.

    SimsSyncError
    ├── ConfigurationError     the command never starts               exit 2
    ├── RetriableError         back off and try again; else failed    exit 1
    │   └── SourceUnavailable     SIMS, a share or a server did not answer
    ├── RecordError            hold this one row, count it, show it   (exit 3)
    ├── RunError               stop this run, keep the old data       exit 1
    │   ├── SourceFailed          the source said that it failed
    │   ├── LeaseHeld             another run is at work               exit 5
    │   └── JobPaused             a person let the job rest            exit 5
    └── SafetyStop             nothing applied; a person must look    exit 4
        └── SourceRefused         the source's content is not to be trusted
    RunInterrupted             the service is to stop: end the run now    (exit 130)

Errors carry facts as attributes. They become one sentence only when printed, and each sentence says what to do next.
No record content, header, query string or body ever goes into one: ours hold children's data.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SimsSyncError(Exception):
    """A foreseeable fault.

    `code` is stable and machine-readable; `what` says what happened, `do` what a person should do next.
    Both are full sentences without any student's or member of staff's data.
    """

    exit_code = 1

    def __init__(self, code: str, what: str, do: str) -> None:
        super().__init__(code, what, do)
        self.code = code
        self.what = what
        self.do = do

    def __str__(self) -> str:
        return f"{self.what} {self.do}".strip()


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong in the configuration: where (`path`), what, and what to do."""

    path: str
    what: str
    do: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what} {self.do}".strip()


class ConfigurationError(SimsSyncError):
    """The configuration cannot be used; carries every problem at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        what = "\n".join(str(problem) for problem in self.problems)
        super().__init__("configuration", what, "")


class RetriableError(SimsSyncError):
    """May succeed later without anyone's help."""


class SourceUnavailable(RetriableError):
    """The source did not answer: not found, no access, time limit."""


class RecordError(SimsSyncError):
    """One row cannot be used: it is held in quarantine and the others go on.

    `field` is the mapped field's name, `rule` the converter or check that refused it. Never the value.
    """

    exit_code = 3

    def __init__(self, code: str, field: str, rule: str, do: str = "") -> None:
        self.field = field
        self.rule = rule
        super().__init__(code, f"{field}: {rule}.", do)


class RunError(SimsSyncError):
    """This run stops; what was there before stays."""


class SourceFailed(RunError):
    """The source itself said that it failed (SIMS §1: an error document, a missing output file)."""


class LeaseHeld(RunError):
    """Another run holds the lease."""

    exit_code = 5


class JobPaused(RunError):
    """A person let the job rest."""

    exit_code = 5


class SafetyStop(SimsSyncError):
    """Applying this could do harm: nothing is applied until a person has looked."""

    exit_code = 4


class SourceRefused(SafetyStop):
    """What was read is empty, malformed, incomplete, too old, or not this school's."""


class RunInterrupted(BaseException):
    """The service is to stop: the run in hand ends here, with everything it has committed so far.

    Like Ctrl+C it is no `Exception`: what handles a fault of one source or one message must let it pass.
    """
