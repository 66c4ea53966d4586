"""The demo's vacant house and its tutor without an address are listed."""

from pathlib import Path

from tests.system.command import rows, sims_sync


def test_the_vacant_house_and_whoever_has_no_address_are_listed(pristine_demo: Path) -> None:
    config = pristine_demo / "config.toml"
    ended = sims_sync("roles", "gaps", "--config", config)
    assert (ended.code, ended.err) == (0, "")
    (found,) = sims_sync("roles", "gaps", "--json", "--config", config).json["gaps"]
    assert found["houses_without_head"] == ["Equiano"]
    store = pristine_demo / "sims-sync.db"
    expected = {name for (name,) in rows(store, "SELECT surname FROM staff_member WHERE email IS NULL")}
    assert {person["name"].split()[-1] for person in found["staff_without_address"]} <= expected
    assert [person["posts"] for person in found["staff_without_address"]] == [["tutor of 8B1"]]
    assert found["not_in_staff_list"] == []
    lines = ended.out.splitlines()
    assert (lines[0], len(lines)) == ("demo:", 3)
    assert "Equiano has no Head of House" in lines[1]
    assert "(tutor of 8B1) has no e-mail address" in lines[2]


def test_gaps_that_are_closed_are_gone_and_one_who_is_unknown_is_told(demo: Path) -> None:
    roles = demo / "roles.csv"
    text = roles.read_text(encoding="utf-8")
    code = text.splitlines()[1].split(",")[0]
    roles.write_text(f"{text.rstrip()}\n{code},head of house,Equiano,,\nNOBODY,progress leader,8,,\n", encoding="utf-8")
    (found,) = sims_sync("roles", "gaps", "--json", "--config", demo / "config.toml").json["gaps"]
    assert found["houses_without_head"] == []
    assert found["not_in_staff_list"] == ["NOBODY"]


def test_before_the_first_pull_it_says_what_to_do(demo: Path) -> None:
    (demo / "sims-sync.db").unlink()
    ended = sims_sync("roles", "gaps", "--config", demo / "config.toml")
    assert ended.code == 0
    assert "sims-sync run pull_students" in ended.out
