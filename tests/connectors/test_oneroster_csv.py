"""OneRoster's CSV files, as they are met: from a folder or a .zip, 1.1 and 1.2, strict and not."""

import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.oneroster_csv import OneRosterCsv, OneRosterCsvOptions
from sims_sync.connector import ConnectorContext, Severity
from sims_sync.errors import ConfigurationError, SourceRefused, SourceUnavailable
from sims_sync.formats import csv_archive
from sims_sync.mapping import Mapper, Record, load_mapping
from sims_sync.records import Kind, Result, RoleName, StaffMember, Student, TutorGroup

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
EXPORTED = datetime(2026, 12, 15, 22, 0, tzinfo=UTC)
FILES = {
    "users": """\
sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
1,,,true,s,student,,{UPN:B801200005001},Zulqor,Qazwick,,000123,,,,,08,
2,active,2026-09-01T00:00:00.000Z,true,s,student,,,Vexjix,Vwozuvo,,000124,,,,,07,
3,tobedeleted,2026-09-01T00:00:00.000Z,true,s,student,,,Jynzef,Xilzqell,,000125,,,,,08,
7,,,true,s,teacher,,,Oru,Belvaro,,BLV,o.belvaro@austen.example,,,,,
8,,,true,s,guardian,,,Kesh,Dorrulen,,,,,,,,
""",
    "classes": """\
sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
c1,,,8A1,08,,,homeroom,,s,,,,
c2,,,8x/Ma1,08,,,scheduled,,s,,,,
""",
    "enrollments": """\
sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,,,c1,s,1,student,false,2026-09-01,
e2,,,c2,s,2,student,false,2026-09-01,
e3,,,c1,s,7,teacher,true,2026-09-01,
""",
    "lineItems": "sourcedId,title,gradingPeriodSourcedId\ni1,English,p1\n",
    "academicSessions": "sourcedId,title,type\np1,Autumn 1,gradingPeriod\n",
    "results": """\
sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment
r1,,,i1,1,fully graded,5,2026-10-12,
""",
}


def write_folder(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        os.utime(path, (EXPORTED.timestamp(), EXPORTED.timestamp()))
    return folder


def write_zip(path: Path, files: Mapping[str, str] = FILES, inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{inside}{name}.csv", text)
    os.utime(path, (EXPORTED.timestamp(), EXPORTED.timestamp()))
    return path


def make(path: Path, **options: object) -> OneRosterCsv:
    context = ConnectorContext(path.parent, path.parent / "work", lambda: NOW, lambda _: "")
    return OneRosterCsv(OneRosterCsvOptions.model_validate({"path": path.name, **options}), context)


def rows(source: OneRosterCsv, kind: Kind) -> list[dict[str, str]]:
    (reading,) = source.read(kind)
    found = [dict(row.values) for row in reading.rows()]
    reading.settle("run-1", good=True)
    return found


def records(source: OneRosterCsv, kind: Kind) -> list[Record]:
    (reading,) = source.read(kind)
    mapper = Mapper(load_mapping(f"oneroster_{kind.value}", []))
    found = [record for row in reading.rows() for record in mapper.map(row)]
    assert mapper.missing_required() == ()
    return found


@pytest.fixture(params=["folder", "zip", "zip with a folder in it"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "folder":
        return write_folder(tmp_path / "export")
    return write_zip(tmp_path / "export.zip", inside="school/" if "folder" in request.param else "")


def test_students_come_with_their_homeroom(export: Path) -> None:
    first, second = records(make(export), Kind.STUDENTS)
    assert isinstance(first, Student)
    assert isinstance(second, Student)
    assert (first.ref.upn, first.ref.admission_number, first.nc_year) == ("B801200005001", "000123", "8")
    assert (first.tutor_group, second.tutor_group) == ("8A1", None)


def test_staff_are_neither_students_nor_family(export: Path) -> None:
    assert not {"password", "phone", "sms"} & rows(make(export), Kind.STAFF)[0].keys()
    (member,) = records(make(export), Kind.STAFF)
    assert isinstance(member, StaffMember)
    assert member.staff_code == "BLV"


def test_tutor_groups_name_their_tutor_by_staff_code(export: Path) -> None:
    (group,) = records(make(export), Kind.TUTOR_GROUPS)
    assert isinstance(group, TutorGroup)
    assert (group.name, group.tutor, group.tutor_role) == ("8A1", "BLV", RoleName.TUTOR)


def test_results_come_with_aspect_and_result_set(export: Path) -> None:
    (result,) = records(make(export), Kind.RESULTS)
    assert isinstance(result, Result)
    assert (result.aspect, result.value, result.result_set) == ("English", "5", "Autumn 1")


def test_the_roles_of_1_2_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    users = "sourcedId,givenName,familyName,grades\n1,Zulqor,Qazwick,08\n7,Oru,Belvaro,\n"
    roles = "sourcedId,userSourcedId,roleType,role\nx,1,primary,student\ny,7,primary,teacher\n"
    export = write_folder(tmp_path / "export", FILES | {"users": users, "roles": roles})
    assert [row["sourcedId"] for row in rows(make(export), Kind.STUDENTS)] == ["1"]
    assert [row["sourcedId"] for row in rows(make(export), Kind.STAFF)] == ["7"]


def test_the_data_is_as_old_as_the_oldest_file(tmp_path: Path) -> None:
    export = write_folder(tmp_path / "export")
    older = EXPORTED - timedelta(days=3)
    os.utime(export / "classes.csv", (older.timestamp(), older.timestamp()))
    assert make(export).read(Kind.STUDENTS)[0].state.began == older
    assert make(export).read(Kind.STAFF)[0].state.began == EXPORTED


def test_the_same_export_has_the_same_fingerprint(tmp_path: Path) -> None:
    export = write_folder(tmp_path / "export")
    first, again = (make(export).read(Kind.STUDENTS)[0].state.fingerprint for _ in range(2))
    (export / "users.csv").write_text(FILES["users"].replace("Qazwick", "Qazquist"), encoding="utf-8")
    os.utime(export / "users.csv", (EXPORTED.timestamp(), EXPORTED.timestamp()))
    assert first == again
    assert make(export).read(Kind.STUDENTS)[0].state.fingerprint != first


def test_a_young_file_is_left_for_the_next_run(tmp_path: Path) -> None:
    export = write_folder(tmp_path / "export")
    os.utime(export / "users.csv", (NOW.timestamp(), NOW.timestamp()))
    source = make(export)
    assert source.read(Kind.STUDENTS) == ()
    assert "next run" in source.notes[0]


def test_a_file_written_to_while_it_is_read_is_no_read(tmp_path: Path) -> None:
    export = write_folder(tmp_path / "export")
    (reading,) = make(export).read(Kind.STUDENTS)
    found = reading.rows()
    next(found)
    (export / "enrollments.csv").write_text(FILES["enrollments"], encoding="utf-8")
    with pytest.raises(SourceUnavailable, match="while it was read"):
        list(found)


@pytest.mark.parametrize("name", ["users", "classes", "enrollments"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    export = write_folder(tmp_path / "export", {other: text for other, text in FILES.items() if other != name})
    with pytest.raises(SourceUnavailable, match=f"{name}.csv is not in export"):
        make(export).read(Kind.STUDENTS)


def test_changes_only_are_refused_except_for_results(tmp_path: Path) -> None:
    manifest = "propertyName,value\nmanifest.version,1.0\nfile.users,delta\nfile.results,delta\nfile.classes,bulk\n"
    export = write_folder(tmp_path / "export", FILES | {"manifest": manifest})
    with pytest.raises(SourceRefused, match="changes only"):
        make(export).read(Kind.STUDENTS)
    assert make(export).read(Kind.RESULTS)[0].state.incremental


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    export = write_folder(tmp_path / "export", FILES | {"enrollments": FILES["enrollments"][:-20]})
    with pytest.raises(SourceRefused, match="incomplete"):
        rows(make(export), Kind.STUDENTS)


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_archive, "UNPACKED_BYTES_MAX", 1_000_000)
    monkeypatch.setattr(csv_archive, "CHUNK_BYTES", 10_000)
    export = write_zip(tmp_path / "export.zip", FILES | {"users": "0" * 20_000_000})
    with pytest.raises(SourceRefused, match="not a plausible export"):
        make(export).read(Kind.STUDENTS)
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("keep", [10, 200, -30])
def test_a_damaged_zip_is_refused(tmp_path: Path, keep: int) -> None:
    export = write_zip(tmp_path / "export.zip")
    export.write_bytes(export.read_bytes()[:keep])
    with pytest.raises(SourceRefused, match="damaged"):
        make(export, settle_seconds=0).read(Kind.STUDENTS)


def test_a_zip_with_two_files_of_one_name_is_refused(tmp_path: Path) -> None:
    export = write_zip(tmp_path / "export.zip", FILES | {"other/users": FILES["users"]})
    with pytest.raises(SourceRefused, match="same name"):
        make(export).read(Kind.STUDENTS)


def test_a_path_that_leads_out_of_the_zip_is_not_followed(tmp_path: Path) -> None:
    export = write_zip(tmp_path / "export.zip", inside="../../")
    assert len(rows(make(export), Kind.STUDENTS)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"export.zip", "work"}


def test_what_was_unpacked_is_gone_after_the_read(tmp_path: Path) -> None:
    export = write_zip(tmp_path / "export.zip")
    assert rows(make(export), Kind.STUDENTS)
    assert list((tmp_path / "work").iterdir()) == []
    (reading,) = make(export).read(Kind.STUDENTS)
    reading.settle("run-1", good=False)
    assert list((tmp_path / "work").iterdir()) == []


def test_pro_formas_are_nothing_for_oneroster(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing that OneRoster holds"):
        make(write_folder(tmp_path / "export")).read(Kind.PROFORMAS)


def test_check_names_the_files_that_are_there(tmp_path: Path) -> None:
    (found,) = make(write_folder(tmp_path / "export")).check()
    assert found.severity is Severity.FINE
    assert "users" in found.what
    (tmp_path / "empty").mkdir()
    for place in ("empty", "absent"):
        (found,) = make(tmp_path / place).check()
        assert found.severity is Severity.WRONG
        assert found.do
