"""What `init` writes: a commented config.toml, roles.csv and folders; never over another."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from sims_sync.roles_file import COLUMNS

_TEMPLATES = Environment(
    loader=PackageLoader("sims_sync", "setup_templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - TOML, not HTML; every value passes `toml_text`
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What an admin answered."""

    school_id: str
    school_name: str
    programme_lead: str
    admin: str
    policy: str
    starts_with: str
    connector: str
    dfe_number: str = ""

    @property
    def domain(self) -> str:
        """The domain of the programme lead's address."""
        return self.programme_lead.rsplit("@", 1)[-1]


def toml_text(text: str) -> str:
    """A text as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(sign for sign in escaped if sign.isprintable())}"'


def write_setup(folder: Path, answers: Answers) -> tuple[list[Path], list[Path]]:
    """Write what is not there yet; (written, left alone)."""
    folder.mkdir(parents=True, exist_ok=True)
    _TEMPLATES.filters["toml"] = toml_text
    config = _TEMPLATES.get_template("config.toml.j2").render(answers=answers)
    texts = {"config.toml": config, "roles.csv": ",".join(COLUMNS) + "\n"}
    written, left = [], []
    for name, text in texts.items():
        path = folder / name
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            written.append(path)
        except FileExistsError:
            left.append(path)
    for name in (
        "mappings",
        "exports/students",
        "exports/staff",
        "exports/tutor-groups",
        "exports/entries",
        "proformas",
    ):
        if name == "mappings" or answers.connector == "drop_folder":
            (folder / name).mkdir(parents=True, exist_ok=True)
    return written, left
