"""Why does a delivery wait, and what should a person do? Each reason's code with its two sentences."""

from collections import Counter
from collections.abc import Iterable

from sims_sync.delivery import NEEDS_PERSON, StoredDelivery
from sims_sync.outcome import Problem

REASONS: dict[str, tuple[str, str]] = {
    "slots-full": (
        "there are more than three targets or three reviews in one half term, and SIMS has three places for each",
        "Withdraw one that is not needed on its pro-forma, or `sims-sync deliveries discard` the one too many.",
    ),
    "too-long": (
        "written as one line it is longer than SIMS holds",
        "Shorten it on its pro-forma and hand that in again.",
    ),
    "characters": (
        "it has characters that SIMS cannot hold",
        "Write it without them on its pro-forma and hand that in again.",
    ),
    "locked": (
        "the result set is locked or inactive in SIMS",
        "Unlock it in SIMS; it is tried again the next day, or at once with `sims-sync deliveries retry`.",
    ),
    "no-result-set": (
        "SIMS has no result set of this half term's name",
        "Make it in SIMS (see `sims-sync sims-setup`), or name yours in [entries]; then `sims-sync deliveries retry`.",
    ),
    "no-aspect": (
        "SIMS has no such aspect in this result set",
        "Make it in SIMS (see `sims-sync sims-setup`), or name yours in [entries]; then `sims-sync deliveries retry`.",
    ),
    "unknown-student": (
        "SIMS does not know the student by this id",
        "Check the student's ids and match_students_by; then `sims-sync deliveries retry`.",
    ),
    "no-permission": (
        "SIMS does not permit this account to write it",
        "Ask for the permission (scope); then `sims-sync deliveries retry`.",
    ),
    "many-withdrawals": (
        'so many confirmed texts at once would be overwritten with "Withdrawn" that a person must look first',
        "If that is right, release them: `sims-sync deliveries retry --reason many-withdrawals`.",
    ),
    "typed-in-sims": (
        "SIMS holds a value that someone typed there, and ours competes with it",
        "Look at both with `sims-sync deliveries show`; then `deliveries keep-sims` or `deliveries resend`.",
    ),
    "cut": (
        "SIMS holds only the beginning of the text",
        "Shorten it on its pro-forma, or `sims-sync deliveries resend` it; if it goes on, tell SIMS's operator.",
    ),
    "other-value": (
        "SIMS holds another text than the one that was sent",
        "Look at both with `sims-sync deliveries show`; then `deliveries keep-sims` or `deliveries resend`.",
    ),
    "older-value": (
        "SIMS holds an earlier text of ours again",
        "Was SIMS restored to an earlier day? Then `sims-sync deliveries resend`.",
    ),
    "gone": (
        "the text was confirmed and is no longer in SIMS",
        "If it should be there, `sims-sync deliveries resend`; if not, withdraw it on its pro-forma.",
    ),
    "not-kept": (
        "SIMS accepted the text several times and does not hold it",
        "Tell SIMS's operator; then `sims-sync deliveries resend`.",
    ),
    "rejected": (
        "SIMS refused it",
        "Run `sims-sync check`; then `sims-sync deliveries retry`.",
    ),
}


def sentence_of(reason: str) -> tuple[str, str]:
    """What is the matter, and what to do."""
    return REASONS.get(reason, ("it was refused", "Run `sims-sync check`; then `sims-sync deliveries retry`."))


def problems_of(deliveries: Iterable[StoredDelivery]) -> tuple[Problem, ...]:
    """One problem for each reason for which a person is needed, with how many deliveries it holds."""
    counts = Counter(row.reason for row in deliveries if row.state in NEEDS_PERSON)
    found = []
    for reason, count in sorted(counts.items()):
        what, do = sentence_of(reason)
        shown = "1 text is not in SIMS" if count == 1 else f"{count} texts are not in SIMS"
        found.append(Problem(reason, f"{shown}: {what}.", do))
    return tuple(found)
