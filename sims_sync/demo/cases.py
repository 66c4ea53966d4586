"""Which awkward cases of a real school does the demo school hold, and what is the matter with each?"""

from enum import Enum


class Case(Enum):
    """One awkward case (DOMAIN §1 and golden case, SIMS §2). The value says what is awkward.

    `InventedSchool.cases` gives the person id, staff code, group or house that shows it.
    """

    def __init__(self, meaning: str) -> None:
        self.meaning = meaning

    # Students: joining, leaving, moving
    JOINED_IN_TIME = "student admitted 2 Dec: ten school days up to the deadline, so due; no entry"
    JOINED_TOO_LATE = "student admitted 3 Dec: nine school days, so not yet due"
    JOINS_LATER = "student admitted 17 Dec: not in an export before"
    LEFT_BEFORE = "student left 4 Dec: in no export after"
    LEFT_ON_DEADLINE = "student left on the deadline itself: not in the population"
    LEAVES_AFTER = "student leaves 16 Dec without an entry: outstanding, a leaver"
    MOVED_IN_TIME = "student moved group 1 Dec, eleven school days; the old tutor's interview of 10 Nov counts"
    MOVED_TOO_LATE = "student moved group 4 Dec, eight school days, no entry: handover"
    MOVED_HOUSE = "student moved house 23 Nov and stayed in the group, whose house is another now"
    VANISHES = "student whom the export no longer lists from 17 Dec, without a leaving date"
    ABSENT_FOR_WEEKS = "student long absent; the pro-forma asks to be excused"
    # Students: data as it comes
    GUEST = "guest enrolment: not in the population"
    DUAL_MAIN = "main enrolment of two"
    KEPT_BACK = "student kept back a year: admitted with those a year above"
    NO_GROUP = "student without a tutor group"
    DUPLICATE = "student listed twice, each field equal"
    SAME_NAME = "student whose full name another one in the group has too"
    NO_UPN = "student without a UPN"
    UPN_WRONG_LETTER = "UPN whose check letter does not fit"
    UPN_TEMPORARY = "temporary UPN"
    UPN_UNKNOWN_AUTHORITY = "UPN of an unknown local authority"
    NAME_ACCENTED = "surname with an accent"
    NAME_DECOMPOSED = "forename with an accent as a character of its own (not NFC)"
    NAME_APOSTROPHE = "surname with an apostrophe"
    NAME_DOUBLE_BARREL = "double-barrelled surname"
    NAME_ALL_CAPS = "name in capitals"
    NAME_PLACEHOLDER = "placeholder for a surname nobody knew"
    # Entries typed in SIMS
    DONE_LATE = "interview typed in the night after the deadline, dated that day: late"
    DONE_AFTER_REPORT = "interview typed on the afternoon of the report day: in no earlier export"
    SET_NAMES_ANOTHER = "entry dated 20 Nov in Autumn 1's result set: being checked"
    SET_OF_EARLIER = "entry dated 29 Oct in Autumn 1's result set: Autumn 1's, nothing here"
    FUTURE_DATE = "entry dated after the day on which it was typed"
    DATED_NEXT_TERM = "entry dated in January in Autumn 2's result set"
    TOO_SHORT = "target text of two words"
    REVIEW_ONLY = "review without a new target"
    NO_RESULT_SET = "two targets without a result set, so the aspect twice"
    NO_ACADEMIC_DATA = "student without any academic result"
    # Staff and groups
    CO_TUTORS = "group with a tutor and a co-tutor"
    COVER_IN_SIMS = "group covered by somebody else, as SIMS says"
    COVER_IN_ROLES = "group covered by somebody else, as roles.csv says"
    AWAY = "group whose tutor is away, without cover"
    TUTOR_LEFT = "group whose tutor left on 20 Nov and was followed by another"
    TWO_GROUPS = "tutor of two groups of one year"
    TWO_YEARS = "tutor of students of two years"
    TUTORING_HEAD = "tutor who is also a Head of House"
    NO_EMAIL = "tutor without an e-mail address"
    REPEATED_STAFF = "member of staff whom the export lists twice"
    SHARED_HEADSHIP = "house with two Heads of House"
    TWO_HOUSES = "Head of House of two houses"
    VACANCY = "house without a Head of House"


WHOLE_FROM_STUDENTS = 400
"""From so many students on every case occurs; a smaller school has fewer groups and leaves some out."""
