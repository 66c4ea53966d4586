"""Reading config.toml and schools.d: every problem at once, each with its path and what to do."""

import tomllib
from pathlib import Path

import pytest

from sims_sync.config import Config
from sims_sync.config_file import CONFIG_VARIABLE, find_config, load_config
from sims_sync.errors import ConfigurationError

SHARED = """
version = 1

[people]
programme_lead = "lead@austen.example"
admin = "it@austen.example"

[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"

[messages]
sender = "sims-sync@austen.example"
allowed_domains = ["austen.example"]

[messages.mailer]
connector = "mail_folder"
folder = "mail"
"""
SCHOOL = """
[school]
id = "austen"
name = "Austen Academy"
"""
SOURCE = """
[sources.students]
kind = "students"
connector = "drop_folder"
mapping = "sims_students"
folder = "exports/{school}/students"
"""
SECOND_SCHOOL = """
[schools.bronte.school]
name = "Bronte School"
"""


def write(folder: Path, text: str, name: str = "config.toml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str) -> Config:
    return load_config(write(folder, text))


def problems(folder: Path, text: str) -> dict[str, str]:
    """Path → sentence of every problem."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text)
    assert caught.value.exit_code == 2
    return {problem.path: f"{problem.what} {problem.do}".strip() for problem in caught.value.problems}


def with_smtp(password: str) -> str:
    smtp = f'connector = "smtp"\nhost = "mail.austen.example"\nuser = "x"\npassword = {password}\n'
    return SHARED.replace('connector = "mail_folder"\nfolder = "mail"\n', smtp) + SCHOOL


def test_one_school_in_one_file(tmp_path: Path) -> None:
    config = load(tmp_path, SHARED + SCHOOL + SOURCE)
    assert list(config.schools) == ["austen"]
    assert not config.broken
    assert config.store.url == "sqlite:///sims-sync.db"
    assert config.schools["austen"].source_options["students"].model_dump()["folder"] == "exports/austen/students"


def test_every_problem_comes_at_once_with_its_path(tmp_path: Path) -> None:
    text = SHARED.replace('policy = "half-term"', 'policy = "weekly"').replace("it@austen.example", "it")
    found = problems(
        tmp_path, text + SCHOOL + '[guard]\nremovals_percent = 500\n[jobs.pull_students]\nschedule = "x"\n'
    )
    assert set(found) == {"programme.policy", "people.admin", "guard.removals_percent", "jobs.pull_students.schedule"}
    assert all(sentence.endswith((".", "!")) for sentence in found.values())


def test_a_fault_in_the_model_does_not_hide_one_in_a_source_or_the_store(tmp_path: Path) -> None:
    text = SHARED.replace("it@austen.example", "it") + SCHOOL + SOURCE.replace("folder =", "foldr =")
    found = problems(tmp_path, text + '[store]\nurll = "sqlite:///x.db"\n')
    assert {"people.admin", "sources.students.foldr", "store.urll"} <= set(found)


@pytest.mark.parametrize(
    ("wrong", "path", "meant"),
    [
        ("[programme]\npolcy = 1", "programme.polcy", "policy"),
        ("[gard]\n", "gard", "guard"),
        ("[store]\nurls = 1", "store.urls", "url"),
        ("[messages.mailer]\nfoldr = 'mail'", "messages.mailer.foldr", "folder"),
        ("[sources.students]\nsettle_second = 1", "sources.students.settle_second", "settle_seconds"),
        ("[jobs.pull_student]\nschedule = '0 0 6 * * *'", "jobs.pull_student", "pull_students"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    wrong: str, path: str, meant: str, tmp_path: Path
) -> None:
    table, _, rest = wrong.partition("\n")
    text = SHARED + SCHOOL + SOURCE
    text = text.replace(table + "\n", f"{table}\n{rest}\n") if table + "\n" in text else f"{text}\n{wrong}\n"
    assert f"Did you mean {meant!r}?" in problems(tmp_path, text)[path]


def test_a_missing_key_says_where_it_is_explained(tmp_path: Path) -> None:
    found = problems(tmp_path, SHARED.replace('admin = "it@austen.example"\n', "") + SCHOOL)
    assert found == {"people.admin": "is missing. Add it; config.example.toml explains it."}


def test_a_plain_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    found = problems(tmp_path, with_smtp('"mellon-9"'))
    assert found["messages.mailer.password"].startswith("is a secret written in the file.")
    assert "mellon" not in str(found)


@pytest.mark.parametrize("url", ["postgresql+psycopg://us:hunter2@db/x", "postgresql+psycopg://db/x?password=hunter2"])
def test_a_password_in_the_stores_address_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    """It would be in every backup, for the configuration is."""
    said = problems(tmp_path, f'{SHARED}{SCHOOL}\n[store]\nurl = "{url}"\n')
    assert ".pgpass" in said["store.url"]
    assert "hunter2" not in str(said)


def test_a_referred_secret_is_taken(tmp_path: Path) -> None:
    assert load(tmp_path, with_smtp('"env:MAIL"')).schools["austen"].messages.mailer.connector == "smtp"


def test_an_unknown_connector_is_refused_with_those_there_are(tmp_path: Path) -> None:
    found = problems(tmp_path, SHARED + SCHOOL + SOURCE.replace("drop_folder", "dropbox"))
    assert "drop_folder" in found["sources.students.connector"]
    assert "mail_folder" not in found["sources.students.connector"]  # that one is a mailer


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SHARED + SCHOOL, encoding="utf-8-sig")
    assert list(load_config(path).schools) == ["austen"]


def test_a_windows_path_in_double_quotes_is_explained(tmp_path: Path) -> None:
    (sentence,) = problems(tmp_path, SHARED + SCHOOL + SOURCE.replace("exports/{school}", r"C:\Users\sims")).values()
    assert "single quotes" in sentence


def test_a_windows_path_in_single_quotes_is_taken(tmp_path: Path) -> None:
    text = SOURCE.replace('"exports/{school}/students"', r"'C:\Users\sims'")
    options = load(tmp_path, SHARED + SCHOOL + text).schools["austen"].source_options["students"]
    assert options.model_dump()["folder"] == r"C:\Users\sims"


@pytest.mark.parametrize("raw", [b"version = 1\nname = 'caf\xe9'\n", b"version = = 1\n"])
def test_a_file_that_is_no_toml_is_one_sentence(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(raw)
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path / "config.toml")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("version", ["", "version = 2\n", 'version = "1"\n'])
def test_another_version_is_refused(version: str, tmp_path: Path) -> None:
    assert "version 1" in problems(tmp_path, SHARED.replace("version = 1\n", version) + SCHOOL)["version"]


def test_a_config_without_a_school_says_how_to_add_one(tmp_path: Path) -> None:
    (sentence,) = problems(tmp_path, SHARED).values()
    assert "[schools.<id>]" in sentence


def test_several_schools_share_what_the_file_says_and_their_own_wins(tmp_path: Path) -> None:
    own = '[schools.bronte.programme]\npolicy = "any"\n'
    config = load(tmp_path, SHARED + SCHOOL + SOURCE + SECOND_SCHOOL + own)
    assert list(config.schools) == ["austen", "bronte"]
    bronte = config.schools["bronte"]
    assert bronte.school.name == "Bronte School"
    assert (bronte.programme.policy.value, bronte.programme.starts_with) == ("any", "2026-27/autumn-2")
    assert bronte.people.admin == "it@austen.example"
    assert bronte.source_options["students"].model_dump()["folder"] == "exports/bronte/students"


def test_schools_in_their_own_files_are_named_after_them(tmp_path: Path) -> None:
    write(tmp_path / "schools.d", '[school]\nname = "Bronte School"\n', "bronte.toml")
    write(tmp_path / "schools.d", 'version = 1\n[school]\nname = "Carroll School"\n', "carroll.toml")
    config = load(tmp_path, SHARED + SOURCE)
    assert list(config.schools) == ["bronte", "carroll"]
    assert config.schools["carroll"].base == tmp_path


def test_a_broken_school_is_left_out_and_the_others_go_on(tmp_path: Path) -> None:
    write(tmp_path / "schools.d", "not toml at all", "broken.toml")
    write(tmp_path / "schools.d", '[school]\nname = "Carroll"\n[programme]\npolicy = "x"\n', "carroll.toml")
    config = load(tmp_path, SHARED + SCHOOL + SOURCE)
    assert list(config.schools) == ["austen"]
    assert set(config.broken) == {"broken", "carroll"}
    assert "schools.d/carroll.toml: programme.policy" in config.broken["carroll"][0]


def test_an_id_used_twice_breaks_that_school(tmp_path: Path) -> None:
    text = SHARED + SCHOOL + SECOND_SCHOOL + '[schools.other.school]\nid = "bronte"\nname = "Other"\n'
    config = load(tmp_path, text)
    assert "is used twice" in config.broken["bronte"][0]


def test_two_schools_that_read_one_place_are_refused(tmp_path: Path) -> None:
    config = load(tmp_path, SHARED + SCHOOL + SOURCE.replace("{school}/", "") + SECOND_SCHOOL)
    assert "bronte" not in config.schools
    (sentence,) = config.broken["bronte"]
    assert "reads the same place as school austen" in sentence
    assert "{school}" in sentence


def test_two_schools_of_one_folder_but_another_pattern_read_different_places(tmp_path: Path) -> None:
    text = SOURCE.replace("{school}/", "") + 'pattern = ["{school}-*.xml"]\n'
    assert list(load(tmp_path, SHARED + SCHOOL + text + SECOND_SCHOOL).schools) == ["austen", "bronte"]


def test_the_config_is_the_one_given_else_the_variables_else_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other, third = (write(tmp_path / name, SHARED + SCHOOL) for name in ("here", "other", "third"))
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    assert find_config(None) == here
    monkeypatch.setenv(CONFIG_VARIABLE, str(other))
    assert find_config(None) == other
    assert find_config(str(third)) == third


def test_a_config_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="sims-sync init"):
        find_config(str(tmp_path / "nowhere.toml"))


def test_the_texts_of_these_tests_are_toml() -> None:
    assert tomllib.loads(SHARED + SCHOOL + SOURCE + SECOND_SCHOOL)["version"] == 1
