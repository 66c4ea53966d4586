"""An account says what the report says, entry by entry and person by person, and nothing of any text."""

from dataclasses import replace
from datetime import date

import pytest

from sims_sync.compliance.account import Accounts, GroupAccount, StudentAccount, Worth
from sims_sync.compliance.facts import Excusal, Occasion, Policy, RoleFacts, SchoolFacts, Span, StudentClass
from sims_sync.compliance.figures import assess
from sims_sync.records import EntryKind, EntryState, RoleName
from tests.sims_sync.compliance.invented_school import (
    AFTER_CLOSING,
    AUTUMN_2,
    REPORT_MOMENT,
    YEAR,
    at,
    entry,
    golden_group,
    head,
    school,
    staff,
    student,
    tutor,
)


def accounts(facts: SchoolFacts, occasion: Occasion = Occasion.DEADLINE) -> Accounts:
    moment = AFTER_CLOSING if occasion is Occasion.CLOSING else REPORT_MOMENT
    return Accounts(facts, assess(facts, AUTUMN_2, occasion, moment))


def row(facts: SchoolFacts, group: str = "8A1", occasion: Occasion = Occasion.DEADLINE) -> GroupAccount:
    return accounts(facts, occasion).group(group)


def only_student(facts: SchoolFacts, occasion: Occasion = Occasion.DEADLINE) -> StudentAccount:
    return accounts(facts, occasion).student("S1")


def named(account: GroupAccount) -> dict[str, tuple[bool, str]]:
    return {each.staff_id: (each.named, each.why) for each in account.naming}


@pytest.mark.parametrize(("occasion", "done"), [(Occasion.DEADLINE, 4), (Occasion.CLOSING, 5)])
def test_the_golden_groups_account_adds_up_to_its_row(occasion: Occasion, done: int) -> None:
    account = row(golden_group(), occasion=occasion)
    assert account.figures is not None
    assert (account.figures.done, account.figures.due) == (done, 10)
    classes = [each.line.student_class for each in account.students if each.line]
    assert classes.count(StudentClass.OUTSTANDING) == account.figures.outstanding
    for each in account.students:
        is_done = each.line is not None and each.line.student_class is StudentClass.DONE
        worths = {found.worth for found in each.entries}
        assert is_done == (Worth.COUNTS in worths or (occasion is Occasion.CLOSING and Worth.LATE in worths))


def test_those_not_done_come_first() -> None:
    classes = [each.line.student_class for each in row(golden_group()).students if each.line]
    assert classes[0] is StudentClass.OUTSTANDING
    assert classes[-1] is StudentClass.DONE


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (entry("S1", date(2026, 11, 12), state=EntryState.DRAFT), "a draft"),
        (entry("S1", date(2026, 11, 12), text="Too short"), "text too short"),
        (entry("S1", date(2026, 11, 12), state=EntryState.WITHDRAWN), "withdrawn"),
        (entry("S1", date(2026, 10, 12)), "belongs to Autumn 1 by its date"),
        (entry("S1", date(2026, 10, 29), half_term=f"{YEAR}/autumn-1"), "belongs to Autumn 1 by its result set"),
        (entry("S1", date(2026, 12, 16), recorded=at(date(2026, 12, 18))), "recorded after the moment"),
    ],
)
def test_an_entry_that_does_not_count_says_why(made: object, why: str) -> None:
    (found,) = only_student(school(student("S1"), entries=(made,))).entries  # type: ignore[arg-type]  # an entry
    assert found.worth is Worth.NOTHING
    assert why in found.why


def test_a_review_counts_for_nothing_under_termly_and_says_so() -> None:
    review = entry("S1", date(2026, 11, 12), kind=EntryKind.REVIEW)
    (found,) = only_student(school(student("S1"), entries=(review,), policy=Policy.TERMLY)).entries
    assert (found.worth, "only interviews count" in found.why) == (Worth.NOTHING, True)


def test_a_late_entry_is_late_and_the_account_says_that_it_clears_at_closing() -> None:
    late = entry("S1", date(2026, 12, 16), recorded=at(date(2026, 12, 16), 6))
    account = only_student(school(student("S1"), entries=(late,)))
    assert [found.worth for found in account.entries] == [Worth.LATE]
    assert "from closing on" in account.clears[0]
    assert account.line is not None
    assert account.line.student_class is StudentClass.OUTSTANDING


def test_an_entry_typed_now_into_another_result_set_may_be_a_slip_and_an_old_one_is_none() -> None:
    old = entry("S1", date(2026, 10, 1))
    slip = entry("S1", date(2026, 10, 2), recorded=at(date(2026, 11, 20)))
    assert only_student(school(student("S1"), entries=(old,))).clears == ()
    assert "was meant for Autumn 2" in only_student(school(student("S1"), entries=(slip,))).clears[0]


def test_a_draft_a_short_text_and_a_refused_excusal_are_ways_to_clear() -> None:
    entries = (
        entry("S1", date(2026, 11, 12), state=EntryState.DRAFT),
        entry("S1", date(2026, 11, 13), text="Short"),
    )
    refused = Excusal("S1", AUTUMN_2, "refused", date(2026, 11, 9), accepted=False, decided=date(2026, 11, 10))
    account = only_student(replace(school(student("S1"), entries=entries), excusals=(refused,)))
    assert [each.split()[0] for each in account.clears] == ["Submit", "Complete", "The"]
    assert account.decisions == ("excusal given on Mon 9 Nov 2026, not accepted on Tue 10 Nov 2026",)


def test_the_tutor_of_a_row_in_need_is_named_and_counted() -> None:
    found = named(row(school(student("S1"))))
    assert found == {"T1": (True, "main tutor on Tue 15 Dec 2026, counted in the headline (rule 12)")}


def test_cover_of_ten_days_names_neither_the_tutor_nor_who_covers() -> None:
    cover = RoleFacts("C1", RoleName.COVER, "8a1", date(2026, 11, 23), date(2026, 12, 18))
    found = named(row(school(student("S1"), roles=(tutor("T1", "8A1"), cover))))
    assert found["T1"] == (False, "covered by someone else on 17 school days up to the deadline (rule 12)")
    assert found["C1"] == (False, "covers the group, is not its main tutor (rule 12)")


def test_a_tutor_who_is_away_or_new_or_gone_is_not_named_and_the_rule_says_why() -> None:
    roles = (
        tutor("T1", "8A1"),
        tutor("T2", "8A1", first=date(2026, 12, 10)),
        tutor("T3", "8A1", last=date(2026, 11, 20)),
        tutor("T9", "8A1"),
        head("H1"),
    )
    facts = school(student("S1"), roles=roles)
    away = tuple(
        replace(each, away=(Span("away", date(2026, 12, 1)),)) if each.staff_id == "T1" else each
        for each in facts.staff
    )
    found = named(row(replace(facts, staff=away)))
    assert found["T1"] == (False, "away on Tue 15 Dec 2026 (rule 12)")
    assert found["T2"] == (False, "held none of the outstanding students long enough: handover (rule 10)")
    assert found["T3"] == (False, "was not the main tutor on Tue 15 Dec 2026, only until Fri 20 Nov 2026 (rule 10)")
    assert found["T9"][0] is True


def test_whoever_is_in_no_staff_list_is_not_named() -> None:
    facts = school(student("S1"))
    account = row(replace(facts, staff=(staff("H1"),)))
    assert [(each.named, each.shown) for each in account.naming] == [(False, "somebody who is not in the staff list")]


def test_a_persons_groups_are_those_of_the_half_term_whoever_has_them_now() -> None:
    roles = (
        tutor("T1", "8A1", last=date(2026, 11, 20)),
        tutor("T1", "8A2"),
        tutor("T2", "8A1"),
        tutor("T1", "8A3", last=date(2026, 10, 1)),
    )
    facts = school(student("S1"), student("S2", "8A2"), student("S3", "8A3"), roles=roles)
    assert sorted(accounts(facts).groups_of("T1")) == ["8A1", "8A2"]


def test_no_account_of_what_is_not_assessed() -> None:
    facts = school(student("S1"))
    later = replace(facts, settings=replace(facts.settings, starts_with=replace(AUTUMN_2, index=2)))
    with pytest.raises(ValueError, match="not assessed"):
        accounts(later)
