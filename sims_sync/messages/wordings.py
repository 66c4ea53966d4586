"""How do the plain letters read: our wording, or the school's own in its folder of templates?

A wording is a text file: its first line is the subject, then an empty line, then paragraphs. Lines that begin with "- "
are a list. Nothing that names a student is ever given to it (DOMAIN rule 23).
"""

from collections.abc import Iterable, Iterator, Mapping
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.messages.letters import TO_ADMIN, Envelope, MessageKind, addressed
from sims_sync.report.wording import STAFF_ONLY

# What each wording may use, with an example: `check` tries a school's own wording with these.
EXAMPLES: Mapping[MessageKind, Mapping[str, object]] = {
    MessageKind.REMINDER: {
        "tutor": "Ms A. Tutor",
        "half_term": "Autumn 2",
        "deadline": "Tue 15 Dec 2026",
        "groups": [{"shown": "8A1", "done": 20, "due": 28, "outstanding": 8, "too_short": 1, "drafts": 2}],
        "outstanding": 8,
        "entries_in": "SIMS",
        "data_as_of": "Tue 1 Dec 2026 06:00",
        "school": "Example School",
    },
    MessageKind.CORRECTION: {
        "half_term": "Autumn 2",
        "occasion": "at the deadline",
        "sent_on": "Wed 16 Dec 2026",
        "restated_on": "Mon 4 Jan 2027",
        "changes": [{"group": "8A1", "before": "Action needed, 4 of 10", "after": "Complete, 10 of 10"}],
        "school": "Example School",
    },
    MessageKind.LEAD_NOTE: {
        "half_term": "Autumn 2",
        "groups": [{"shown": "8A1", "house": "Austen", "status": "Complete", "done": 10, "due": 10}],
        "school": "Example School",
    },
    MessageKind.ALERT: {
        "problems": [
            {"what": "A source has not been read.", "do": "Run its job.", "page": "docs/alerts.md#source-stale"}
        ],
        "place": "sims-sync at Example School",
        "job": "sims-sync",
        "school": "Example School",
    },
    MessageKind.RECOVERY: {
        "ended": [
            {
                "what": "A source has not been read.",
                "since": "Wed 16 Dec 2026 06:00",
                "until": "Wed 16 Dec 2026 08:15",
                "lasted": "2 h 15 min",
            }
        ],
        "place": "sims-sync at Example School",
        "school": "Example School",
    },
    MessageKind.DIGEST: {
        "line": "Example School: 1 thing is wrong, 2 to look at; last pull today 06:00",
        "day": "Wed 16 Dec 2026",
        "schools": [
            {
                "line": "Example School: 1 thing is wrong; last pull today 06:00",
                "problems": [
                    {"what": "A source has not been read.", "do": "Run its job.", "page": "docs/alerts.md#source-stale"}
                ],
            }
        ],
        "school": "Example School",
    },
}
_PARTS = 2


def compose_letter(
    school: SchoolConfig, kind: MessageKind, envelope: Envelope, content: Mapping[str, object]
) -> EmailMessage:
    """A letter in the school's wording, or in ours, as text and HTML.

    Raises:
        ConfigurationError: the school's own wording cannot be used; the sentence names the file.
    """
    try:
        subject, body = _parts(_environment(school), kind, {**content, "link": envelope.link})
    except ConfigurationError:
        if kind not in TO_ADMIN:
            raise
        # Of all messages the one that says what is wrong must not fail because of it.
        subject, body = _parts(_environment(None), kind, {**content, "link": envelope.link})
    blocks = list(_blocks(body))
    message = addressed(envelope, subject)
    frame = {"notice": envelope.notice, "blocks": blocks, "subject": subject, "staff_only": STAFF_ONLY}
    environment = _environment(school)
    message.set_content(environment.get_template("letter.txt.j2").render(frame), cte="quoted-printable")
    html = environment.get_template("letter.html.j2").render(frame)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def wording_problems(school: SchoolConfig) -> Iterator[ConfigProblem]:
    """What is wrong with the school's own wordings: each is tried with an example, every placeholder must resolve."""
    folder = wording_folder(school)
    if folder is None:
        return
    if not folder.is_dir():
        yield ConfigProblem("messages.templates", f"is no folder: {folder}.", "Make it, or take the key out.")
        return
    known = {f"{kind.value}.txt.j2" for kind in EXAMPLES}
    for path in sorted(folder.glob("*")):
        if path.name not in known:
            do = f"Known: {', '.join(sorted(known))}."
            yield ConfigProblem("messages.templates", f"{path.name} is no wording of ours and is never used.", do)
    for kind, example in EXAMPLES.items():
        try:
            _parts(_environment(school), kind, {**example, "link": "https://example.org"})
        except ConfigurationError as error:
            yield from error.problems


def wording_folder(school: SchoolConfig) -> Path | None:
    """The school's own folder of wordings."""
    return school.path(school.messages.templates) if school.messages.templates else None


def _parts(environment: SandboxedEnvironment, kind: MessageKind, content: Mapping[str, object]) -> tuple[str, str]:
    name = f"{kind.value}.txt.j2"
    try:
        written = environment.get_template(name).render(content).strip()
    except (TemplateError, UnicodeDecodeError, TypeError, ZeroDivisionError) as error:
        what = f"The wording {name} cannot be used ({type(error).__name__})."
        do = "Compare its placeholders with docs/wordings.md, or take the file out of the folder."
        raise ConfigurationError([ConfigProblem("messages.templates", what, do)]) from None
    parts = written.split("\n", 1)
    if len(parts) != _PARTS or not parts[1].strip():
        do = "The first line is the subject, the rest the message."
        raise ConfigurationError([ConfigProblem("messages.templates", f"The wording {name} has no text.", do)])
    return " ".join(parts[0].split()), parts[1].strip()


def _environment(school: SchoolConfig | None) -> SandboxedEnvironment:
    own = wording_folder(school) if school is not None else None
    return _made(own) if own is not None and own.is_dir() else _ours()


@lru_cache(maxsize=1)  # a trust's letters are many, and compiling the same wording for each costs more than the rest
def _ours() -> SandboxedEnvironment:
    return _made(None)


def _made(own: Path | None) -> SandboxedEnvironment:
    loaders = [FileSystemLoader(own, encoding="utf-8-sig")] if own is not None else []
    return SandboxedEnvironment(
        loader=ChoiceLoader([*loaders, PackageLoader("sims_sync.messages")]),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,  # a placeholder that does not resolve is an error, never a gap in a message
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _blocks(body: str) -> Iterable[dict[str, object]]:
    """Paragraphs and lists of a text, in order; a list's line that begins further right goes on."""
    for paragraph in body.split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        if not lines:
            continue
        items = [line[2:] for line in lines if line.startswith("- ")]
        said = [line for line in lines if not line.startswith("- ")]
        if said:
            yield {"kind": "paragraph", "lines": said}
        if items:
            yield {"kind": "list", "lines": items}
