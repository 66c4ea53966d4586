"""Does the demo keep its contract (DESIGN §6), and does every normal command work on what it leaves?"""

import csv
import email
import email.policy
import io
import json
import shutil
import sqlite3
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.system.command import SIMS_DATA, files, named_in, rows, sims_sync, tables

NAME_COLUMNS = ["tutor_group", "tutor", "forename", "surname", "class"]
CLASSES = {
    "exempt",
    "not in SIMS's last list",
    "not yet due",
    "excused",
    "awaiting decision",
    "no tutor",
    "handover",
    "entry being checked",
    "outstanding",
}
COUNTS = {"read", "added", "changed", "missing", "unchanged", "held"}
JOBS = [
    "pull_students",
    "pull_results",
    "pull_entries",
    "collect_proformas",
    "push_targets",
    "confirm_targets",
    "check_drift",
    "take_snapshots",
    "report_compliance",
]
LEAD, IT = "programme.lead@austen-academy.example", "admin@austen-academy.example"
DEADLINE = "Tue 15 Dec 2026"


def mails(folder: Path) -> list[EmailMessage]:
    found = sorted(folder.glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]


def readable(mail: EmailMessage) -> str:
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(mail["Subject"]), *parts])


def names_of_students(demo: Path) -> list[str]:
    found = rows(demo / "sims" / "sims.db", "SELECT surname, forename, upn, admission_number FROM student")
    return sorted({str(text) for row in found for text in row if text})


def names_csv(demo: Path) -> list[dict[str, str]]:
    ended = sims_sync("report", "compliance", "--format", "csv", "--names", "--config", demo / "config.toml")
    assert ended.code == 0
    return list(csv.DictReader(io.StringIO(ended.out)))


def test_it_ends_well_with_the_report_on_screen(pristine_demo: Path) -> None:
    code, said = (pristine_demo.parent / "said.txt").read_text(encoding="utf-8").split("\n", 1)
    assert code == "0"
    assert "mentoring in Autumn 2, 2026-27" in said
    assert f"Figures at the deadline ({DEADLINE})" in said
    assert "needs a follow-up" in said


def test_it_leaves_what_its_contract_names(pristine_demo: Path) -> None:
    assert (pristine_demo / "config.toml").is_file()
    assert (pristine_demo / "sims-sync.db").is_file()
    assert (pristine_demo / "sims").is_dir()
    assert list((pristine_demo / "mail").glob("*.eml"))
    assert list((pristine_demo / "reports").iterdir())


def test_sims_was_read_at_six_and_the_report_left_at_half_past_seven(pristine_demo: Path) -> None:
    store = pristine_demo / "sims-sync.db"
    began = rows(store, "SELECT began FROM read WHERE kind <> 'proformas'")
    assert {moment[:16] for (moment,) in began} == {"2026-12-16 06:00"}
    sent = rows(store, "SELECT sent_at, state FROM message")
    assert {(moment[:15], state) for moment, state in sent} == {("2026-12-16 07:3", "sent")}


def test_every_mail_goes_once_to_programme_lead_and_admin_and_says_that_it_is_a_shadow(pristine_demo: Path) -> None:
    sent = mails(pristine_demo / "mail")
    to = {reader: sorted(str(mail["Subject"]) for mail in sent if mail["To"] == reader) for reader in (LEAD, IT)}
    assert to[LEAD] == to[IT]
    assert len(to[LEAD]) * 2 == len(sent)
    assert {mail["Cc"] for mail in sent} | {mail["Bcc"] for mail in sent} == {None}
    assert all("SHADOW – not sent to" in str(mail["Subject"]) for mail in sent)
    assert all({"text/plain", "text/html"} <= {part.get_content_type() for part in mail.walk()} for mail in sent)
    assert len({mail["Message-ID"] for mail in sent}) == len(sent)


def test_no_mail_names_a_student(whole_demo: Path) -> None:
    names = names_of_students(whole_demo)
    assert len(names) > 400
    text = "\n".join(readable(mail) for mail in mails(whole_demo / "mail"))
    assert "follow-up" in text
    assert not named_in(text, names)


def test_every_mail_points_to_the_reports_folder(pristine_demo: Path) -> None:
    link = next(line for line in (pristine_demo / "config.toml").read_text().splitlines() if line.startswith("link"))
    place = link.partition("=")[2].strip(" '\"")
    assert Path(place).name == "reports"
    assert all(place in readable(mail) for mail in mails(pristine_demo / "mail"))


def test_the_list_with_names_has_the_promised_columns(demo: Path) -> None:
    listed = names_csv(demo)
    assert list(listed[0]) == NAME_COLUMNS
    assert {row["class"] for row in listed} <= CLASSES
    assert "outstanding" in {row["class"] for row in listed}
    on_disk = [path for path in (demo / "reports").iterdir() if path.suffix == ".csv"]
    heads = {path.read_text(encoding="utf-8").splitlines()[0] for path in on_disk}
    assert heads == {",".join(NAME_COLUMNS)}


def test_a_covered_group_and_one_without_an_active_tutor_stand_against_nobody(whole_demo: Path, tmp_path: Path) -> None:
    demo = shutil.copytree(whole_demo, tmp_path / "demo")
    ended = sims_sync("report", "compliance", "--format", "json", "--names", "--config", demo / "config.toml")
    groups = [group for house in ended.json["houses"] for group in house["groups"]]
    special = [group for group in groups if "(" in group["shown"]]
    assert {group["shown"].partition(" ")[2] for group in special} == {"(cover)", "(no active tutor)"}
    assert not [group for group in special if group["tutors"]]
    by_group = {group["tutor_group"]: set(group["tutors"]) for group in special}
    listed = [row for row in names_csv(demo) if row["tutor_group"] in by_group]
    assert {row["tutor"] for row in listed} <= {""}


def test_a_second_run_of_everything_changes_nothing_and_says_so(demo: Path) -> None:
    store, config = demo / "sims-sync.db", demo / "config.toml"
    before, mail, reports = tables(store), files(demo / "mail"), files(demo / "reports")
    ended = sims_sync("run", "--all", "--json", "--config", config)
    assert ended.code == 0
    for run in ended.json["runs"]:
        assert {run["counts"].get(name, 0) for name in ("added", "changed", "missing")} == {0}
        assert run["problems"] == []
    notes = " ".join(note for run in ended.json["runs"] for note in run["notes"])
    for source in ("staff", "students", "tutor_groups", "results", "entries"):
        assert f"{source}: " in notes
    assert notes.count("read, nothing changed.") == 5
    assert "proformas: nothing new is waiting." in notes
    assert "nothing was sent" in notes
    assert tables(store) == before
    assert files(demo / "mail") == mail
    assert files(demo / "reports") == reports


def test_a_plan_leaves_the_store_as_it_is_but_for_plans_and_runs(demo: Path) -> None:
    with closing(sqlite3.connect(demo / "sims-sync.db")) as connection:
        connection.execute(
            "UPDATE student SET tutor_group = 'X' WHERE student_id = (SELECT min(student_id) FROM student)"
        )
        connection.commit()
    untouched = (*SIMS_DATA, "missing", "quarantine", "message", "computation", "announced_deadline", "read")
    before = tables(demo / "sims-sync.db", untouched)
    planned = sims_sync("plan", *JOBS, "--config", demo / "config.toml", "--json")
    assert planned.code == 0
    assert planned.json["runs"][0]["counts"]["changed"] == 1
    assert tables(demo / "sims-sync.db", untouched) == before
    done = sims_sync("run", "pull_students", "--config", demo / "config.toml", "--json")
    assert done.json["runs"][0]["counts"]["changed"] == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("status", "demo: fine"),
        ("jobs", "pull_students"),
        ("messages list", "head-of-house-report"),
        ("quarantine list", "Nothing is held."),
        ("calendar show", "2026-27/autumn-2"),
        ("report compliance", "Austen House"),
        ("report compliance --house Austen --format html", "<html"),
        ("report compliance --format csv", "house,tutor_group"),
        ("serve --once", ""),
        ("reports show students", "Third Party Reporter"),
    ],
)
def test_every_normal_command_works_on_a_demo(demo: Path, arguments: str, expected: str) -> None:
    ended = sims_sync("--config", demo / "config.toml", *arguments.split())
    assert ended.code == 0, ended.said
    assert expected in ended.out


def test_check_finds_nothing_wrong_with_a_demo(demo: Path) -> None:
    ended = sims_sync("check", "--json", "--config", demo / "config.toml")
    assert ended.code in {0, 3}
    assert "wrong" not in {finding["severity"] for finding in ended.json["findings"]}


def test_run_prints_one_json_document_of_the_promised_shape(demo: Path) -> None:
    ended = sims_sync("run", "pull_students", "report_compliance", "--json", "--config", demo / "config.toml")
    assert ended.code == 0
    assert [run["job"] for run in ended.json["runs"]] == ["pull_students", "report_compliance"]
    for run in ended.json["runs"]:
        assert {"run", "job", "school", "outcome", "started", "ended", "counts", "problems"} <= set(run)
        assert run["school"] == "demo"
        assert run["outcome"] == "done"
        assert set(run["counts"]) == COUNTS


def test_the_report_as_json_counts_what_the_list_with_names_lists(demo: Path) -> None:
    report = sims_sync("report", "compliance", "--format", "json", "--config", demo / "config.toml").json
    assert report["schema"] == "sims-sync/compliance/1"
    assert report["occasion"] == "deadline"
    outstanding = sum(row["class"] == "outstanding" for row in names_csv(demo))
    assert sum(house["outstanding"] for house in report["houses"]) == outstanding
    for house in report["houses"]:
        assert house["due"] == house["done"] + house["outstanding"] == sum(group["due"] for group in house["groups"])
    assert not named_in(json.dumps(report), names_of_students(demo))


def test_status_says_well_warning_and_wrong_by_its_exit_code(demo: Path) -> None:
    config = demo / "config.toml"
    assert sims_sync("status", "--config", config).code == 0
    sims_sync("run", "pull_students", "--config", config, env={"SIMS_DEMO_FAULT": "short"})
    warned = sims_sync("status", "--json", "--config", config)
    assert (warned.code, warned.json["schools"][0]["verdict"]) == (3, "warn")
    assert any("removals are held" in sentence for sentence in warned.json["schools"][0]["warn"])
    sims_sync("run", "pull_students", "--config", config, env={"SIMS_DEMO_FAULT": "error"})
    assert sims_sync("status", "--config", config).code == 1


def test_the_config_is_found_by_option_variable_and_folder(demo: Path) -> None:
    config = str(demo / "config.toml")
    assert sims_sync("--config", config, "jobs").code == 0
    assert sims_sync("jobs", env={"SIMS_SYNC_CONFIG": config}).code == 0
    assert sims_sync("jobs", folder=demo).code == 0
    missing = sims_sync("jobs", folder=demo / "mail")
    assert missing.code == 2
    assert "sims-sync init" in missing.err


def test_the_same_demo_may_be_made_again_but_nothing_else_is_replaced(tmp_path: Path, pristine_demo: Path) -> None:
    place = tmp_path / "demo"
    shutil.copytree(pristine_demo, place)
    (place / "mail" / "left-over.eml").write_text("from before", encoding="utf-8")
    assert sims_sync("demo", place, "--students", "60").code == 0
    assert not (place / "mail" / "left-over.eml").exists()
    other = tmp_path / "papers"
    other.mkdir()
    (other / "letter.txt").write_text("mine", encoding="utf-8")
    refused = sims_sync("demo", other)
    assert refused.code == 2
    assert "holds no demo" in refused.err
    assert (other / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_the_log_never_names_a_student(demo: Path) -> None:
    sims_sync("run", "--all", "--config", demo / "config.toml", env={"SIMS_DEMO_FAULT": "no_ids"})
    sims_sync("report", "compliance", "--names", "--config", demo / "config.toml")
    log = (demo / "log" / "sims-sync.log").read_text(encoding="utf-8")
    assert "run ended" in log
    assert not named_in(log, names_of_students(demo))
