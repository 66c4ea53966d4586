"""Does a destination keep the contract? The checks that every destination passes, for the tests of each connector.

Each check of `CHECKS` takes a fresh `DestinationTrial` and raises `ContractError`, a sentence, when a promise is
broken. Checks that need a look into SIMS pass over a destination whose traits say that it needs a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sims_sync.connector import Destination, Finding, Holding, MayWrite, Options, Receipt, ReceiptOutcome, Severity
from sims_sync.destination_trial import SECRET_TEXT, TYPED_TEXT, DestinationTrial, same_text
from sims_sync.errors import RetriableError, RunError, SimsSyncError
from sims_sync.records import Delivery

_TAKEN = frozenset({ReceiptOutcome.ACCEPTED, ReceiptOutcome.ISSUED})
_NOT_WRITTEN = frozenset({ReceiptOutcome.REJECTED, ReceiptOutcome.WITHHELD, ReceiptOutcome.NOT_SENT})


class ContractError(AssertionError):
    """The destination broke a promise; the sentence says which."""


def it_describes_itself(trial: DestinationTrial) -> None:
    """A connector carries its Options, its kind, one sentence, and whether a real SIMS has proved it."""
    described = type(trial.destination)
    _require(isinstance(trial.destination, Destination), "it has not the methods of a destination")
    _require(issubclass(getattr(described, "Options", object), Options), "it has no Options model")
    _require(getattr(described, "kind_of_connector", "") == "destination", "it does not say that it is a destination")
    _require(bool(str(getattr(described, "description", "")).strip()), "it has no description")
    _require(isinstance(getattr(described, "proven_with_sims", None), bool), "it does not say whether SIMS proved it")


def its_traits_make_sense(trial: DestinationTrial) -> None:
    """What it is like: a limit, a character set that Python knows, and a time after which nothing more comes."""
    traits = trial.destination.traits
    _require(traits.text_limit > 0, "its text limit is no length")
    _require(traits.quiet_seconds >= 0, "its quiet time is no time")
    _require("é".encode(traits.encoding, "ignore") != b"", "its encoding cannot hold an English school's text")


def every_delivery_gets_exactly_one_receipt(trial: DestinationTrial) -> None:
    """Of its own revision; and what is said to be taken over is there, once, with the very same words."""
    receipts = _deliver(trial.destination, trial.deliveries)
    _require(all(receipt.outcome in _TAKEN for receipt in receipts.values()), "a good delivery was not taken over")
    issued = ReceiptOutcome.ISSUED if trial.destination.traits.needs_person else ReceiptOutcome.ACCEPTED
    _require(all(receipt.outcome is issued for receipt in receipts.values()), "it says accepted of a file, or issued")
    if issued is ReceiptOutcome.ISSUED:
        _require(all(receipt.file for receipt in receipts.values()), "a receipt names no file")
    elif trial.stands:
        _require(all(_is_there(trial, each) for each in trial.deliveries), "SIMS does not hold the text that was sent")


def nothing_is_no_fault(trial: DestinationTrial) -> None:
    """An empty batch gives nothing."""
    _require(not list(trial.destination.deliver([], _yes)), "an empty batch gave a receipt")
    if trial.looks:
        _require(not list(trial.destination.look_up([])), "looking for nothing found something")


def a_no_writes_nothing(trial: DestinationTrial) -> None:
    """Where `may_write` says no, nothing is sent, and the receipt says what was seen."""
    receipts = _deliver(trial.destination, trial.deliveries, lambda delivery, holding: False)  # noqa: ARG005 - MayWrite's own names
    withheld = [receipt.outcome is ReceiptOutcome.WITHHELD for receipt in receipts.values()]
    _require(all(withheld), "a delivery that may not be written is not withheld")
    if trial.stands:
        _require(all(trial.stands(each) is None for each in trial.deliveries), "it wrote in spite of a no")


def each_is_judged_by_itself(trial: DestinationTrial) -> None:
    """`may_write` is asked once for each delivery, and its answer is for that one alone."""
    chosen = trial.deliveries[1].delivery_key
    asked: list[str] = []

    def only_one(delivery: Delivery, holding: Holding) -> bool:
        del holding
        asked.append(delivery.delivery_key)
        return delivery.delivery_key == chosen

    receipts = _deliver(trial.destination, trial.deliveries, only_one)
    _require(sorted(asked) == sorted(receipts), "may_write is not asked exactly once for each delivery")
    taken = [key for key, receipt in receipts.items() if receipt.outcome in _TAKEN]
    _require(taken == [chosen], "what may_write says of one delivery is taken for another")


def the_look_is_fresh(trial: DestinationTrial) -> None:
    """Before each write SIMS is looked at anew: what was typed after the last look is seen, and not written over."""
    if not trial.looks or trial.type_in is None or trial.stands is None:
        return
    list(trial.destination.look_up(trial.deliveries))
    first = trial.deliveries[0]
    trial.type_in(first, TYPED_TEXT)
    seen: dict[str, Holding] = {}
    stood: dict[str, str | None] = {}

    def over_nothing(delivery: Delivery, holding: Holding) -> bool:
        seen[delivery.delivery_key] = holding
        stood[delivery.delivery_key] = trial.stands(delivery) if trial.stands else None
        return holding.text is None

    receipts = _deliver(trial.destination, trial.deliveries, over_nothing)
    _require(all(holding.known for holding in seen.values()), "may_write is asked though nothing could be seen")
    _require(stood == {**dict.fromkeys(receipts), first.delivery_key: TYPED_TEXT}, "it wrote before it asked")
    _require(seen[first.delivery_key].text == TYPED_TEXT, "may_write is shown what stood there earlier")
    _require(trial.stands(first) == TYPED_TEXT, "it wrote over what a teacher typed")
    outcome = receipts[first.delivery_key]
    _require(outcome.outcome is ReceiptOutcome.WITHHELD, "what may not be written is not withheld")
    _require(outcome.holding == seen[first.delivery_key], "the receipt does not say what was seen")


def a_revision_overwrites(trial: DestinationTrial) -> None:
    """A correction takes the place of the text before it, and its receipt is of the new revision."""
    if not trial.looks:
        return
    first = trial.deliveries[0]
    corrected = replace(first, revision=2, text="Target: read for twenty minutes every evening | By: 15/01/2027")
    _deliver(trial.destination, [first])
    receipt = _deliver(trial.destination, [corrected])[first.delivery_key]
    _require(
        receipt.holding is not None and same_text(receipt.holding.text, first.text), "it does not see its own text"
    )
    if trial.stands and trial.destination.traits.overwrites:
        _require(same_text(trial.stands(first), corrected.text), "a correction does not take the first text's place")
    found = _look_up(trial.destination, [corrected])[first.delivery_key]
    _require(same_text(found.text, corrected.text), "after a correction SIMS seems to hold the text before it")


def looking_gives_one_holding_each(trial: DestinationTrial) -> None:
    """For each delivery what SIMS holds: nothing, a typed text, or ours, equal after SIMS's own normalisation."""
    if not trial.looks:
        return
    empty = _look_up(trial.destination, trial.deliveries)
    _require(all(each.known and each.text is None for each in empty.values()), "an empty place is not seen as empty")
    _deliver(trial.destination, trial.deliveries[1:])
    if trial.type_in:
        trial.type_in(trial.deliveries[0], TYPED_TEXT)
    found = _look_up(trial.destination, trial.deliveries)
    for delivery in trial.deliveries[1:]:
        holding = found[delivery.delivery_key]
        _require(holding.known and same_text(holding.text, delivery.text), "our own text does not come back equal")
        _require(holding.result_date == delivery.result_date, "the date of the interview does not come back")
    if trial.type_in:
        typed = found[trial.deliveries[0].delivery_key]
        _require(same_text(typed.text, TYPED_TEXT), "a typed text is not seen")


def what_cannot_be_written_is_refused(trial: DestinationTrial) -> None:
    """Each with its own code and what to do; the others of the batch go through."""
    if not trial.refused:
        return
    good = trial.deliveries[0]
    receipts = _deliver(trial.destination, [*trial.refused.values(), good])
    for code, delivery in trial.refused.items():
        refusal = receipts[delivery.delivery_key]
        _require(refusal.outcome is ReceiptOutcome.REJECTED, f"what has the code {code} is not refused")
        _require(refusal.code == code, f"the code is {refusal.code} where {code} is meant")
        _require(bool(refusal.what and refusal.do), f"the refusal {code} does not say what happened and what to do")
    _require(receipts[good.delivery_key].outcome in _TAKEN, "beside those refused a good text does not go through")


def a_broken_server_is_no_liar_of_ours(trial: DestinationTrial) -> None:
    """What is said to be not written is not there, what is said to be accepted is; of the rest it says "unknown".

    It may raise instead: then nothing that has no receipt was written.
    """
    if trial.broken is None:
        return
    receipts: list[Receipt] = []
    try:
        receipts.extend(trial.broken.deliver(trial.deliveries, _yes))
    except (RetriableError, RunError):
        pass
    except SimsSyncError as error:
        raise ContractError("it raises what a destination does not raise") from error
    stands = trial.broken_stands
    if stands is None:
        return
    by_key = {receipt.delivery_key: receipt for receipt in receipts}
    for delivery in trial.deliveries:
        receipt = by_key.get(delivery.delivery_key)
        written = stands(delivery) is not None
        _require(bool(receipt) or not written, "it raised, and a text without a receipt was written")
        if receipt and receipt.outcome in _NOT_WRITTEN:
            _require(not written, f'it says "{receipt.outcome}" of a text that SIMS holds')


def unreachable_says_so(trial: DestinationTrial) -> None:
    """With nowhere to write to, nothing is taken over, and a person is told what to do."""
    if trial.unreachable is None:
        return
    try:
        outcomes = {receipt.outcome for receipt in trial.unreachable.deliver(trial.deliveries, _yes)}
    except (RetriableError, RunError) as error:
        _require(bool(error.what and error.do), "the error does not say what to do")
    else:
        _require(outcomes == {ReceiptOutcome.NOT_SENT}, "with nowhere to write to it says otherwise than that")
    if trial.unreachable.traits.needs_person:
        return
    try:
        holdings = list(trial.unreachable.look_up(trial.deliveries))
    except (RetriableError, RunError) as error:
        _require(bool(error.what and error.do), "the error does not say what to do")
    else:
        _require(not any(holding.known for holding in holdings), "it knows what it could not look at")


def sentences_repeat_nothing(trial: DestinationTrial) -> None:
    """What receipts, holdings, findings and errors say goes into logs and reports: no text and no name is in it."""
    said: list[str] = []
    for destination in filter(None, (trial.destination, trial.broken, trial.unreachable)):
        batch = [*trial.deliveries, *trial.refused.values()]
        try:
            for receipt in destination.deliver(batch, _yes):
                said += [receipt.code, receipt.what, receipt.do, receipt.file]
            for holding in [] if destination.traits.needs_person else destination.look_up(batch):
                said += [holding.code, holding.what, holding.do]
        except SimsSyncError as error:
            said += [str(error), repr(error.args)]
        said += [text for finding in destination.check() for text in (finding.subject, finding.what, finding.do)]
    _require(SECRET_TEXT.casefold() not in " ".join(said).casefold(), "a sentence repeats a text or a name")


def check_never_raises_and_writes_nothing(trial: DestinationTrial) -> None:
    """`check` finds something wrong exactly where nothing can be written, says what to do, and leaves SIMS alone."""
    findings = trial.destination.check()
    _require(bool(findings), "check says nothing")
    _require(all(finding.severity is not Severity.WRONG for finding in findings), "check finds a good one wrong")
    if trial.stands:
        _require(all(trial.stands(each) is None for each in trial.deliveries), "check wrote something")
    if trial.unreachable is not None:
        _require(_all_say_what_to_do(trial.unreachable.check()), "check does not say what is wrong and what to do")


CHECKS: tuple[Callable[[DestinationTrial], None], ...] = (
    it_describes_itself,
    its_traits_make_sense,
    every_delivery_gets_exactly_one_receipt,
    nothing_is_no_fault,
    a_no_writes_nothing,
    each_is_judged_by_itself,
    the_look_is_fresh,
    a_revision_overwrites,
    looking_gives_one_holding_each,
    what_cannot_be_written_is_refused,
    a_broken_server_is_no_liar_of_ours,
    unreachable_says_so,
    sentences_repeat_nothing,
    check_never_raises_and_writes_nothing,
)


def _require(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractError(broken)


def _yes(delivery: Delivery, holding: Holding) -> bool:
    del delivery, holding
    return True


def _deliver(
    destination: Destination,
    batch: Sequence[Delivery],
    may_write: MayWrite = _yes,
) -> dict[str, Receipt]:
    """The receipts by key, each exactly once and of the revision that was sent."""
    revisions = {delivery.delivery_key: delivery.revision for delivery in batch}
    receipts = list(destination.deliver(batch, may_write))
    keys = sorted(receipt.delivery_key for receipt in receipts)
    _require(keys == sorted(revisions), "a delivery has no receipt, or several")
    same = all(receipt.revision == revisions[receipt.delivery_key] for receipt in receipts)
    _require(same, "a receipt is of another revision")
    return {receipt.delivery_key: receipt for receipt in receipts}


def _look_up(destination: Destination, deliveries: Sequence[Delivery]) -> dict[str, Holding]:
    holdings = list(destination.look_up(deliveries))
    keys = sorted(holding.delivery_key for holding in holdings)
    _require(keys == sorted(each.delivery_key for each in deliveries), "a delivery has no holding, or several")
    return {holding.delivery_key: holding for holding in holdings}


def _is_there(trial: DestinationTrial, delivery: Delivery) -> bool:
    return trial.stands is None or same_text(trial.stands(delivery), delivery.text)


def _all_say_what_to_do(findings: Sequence[Finding]) -> bool:
    wrong = [finding for finding in findings if finding.severity is Severity.WRONG]
    return bool(wrong) and all(finding.do for finding in wrong)
