"""Does a text really arrive in SIMS? One invented student's target, in the training database, read back (SIMS §3)."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from time import sleep

from sims_sync.config import DestinationSection, SchoolConfig
from sims_sync.connector import Destination, Holding, ReceiptOutcome
from sims_sync.context import RunContext
from sims_sync.entry_text import normalise, render_target
from sims_sync.errors import ConfigProblem, ConfigurationError, RunError
from sims_sync.push.destination import open_destination
from sims_sync.push.wanted import delivery_key
from sims_sync.records import Delivery, Slot, StudentRef, Target
from sims_sync.store.deliveries import last_trial, save_trial
from sims_sync.typed_entries import result_set_name, slot_aspects

PROVEN = "proven"
MARKSHEET = "marksheet"
READ_BACKS = 3
READ_BACK_SECONDS = 2.0
_WAY = ("version", "resource", "field")  # what decides how a text is written, whichever server it goes to


@dataclass(frozen=True, slots=True)
class Trial:
    """Whose target is written: an invented student of the training database."""

    student: StudentRef
    forename: str


def run_trial(context: RunContext, trial: Trial, who: str) -> str:
    """Write, read back, record the proof; the sentence to show.

    Raises:
        ConfigurationError: no training database is configured, or the destination cannot look into SIMS.
        RunError: it did not arrive, or the place holds something that is not ours.
    """
    section = _training(context.school)
    delivery = _delivery(context, trial)
    school = context.school.model_copy(
        update={"push": context.school.push.model_copy(update={"destination": section, "enabled": True})}
    )
    with open_destination(replace(context, school=school)) as destination:
        if destination.traits.needs_person:
            what = "goes by a file that a person imports: issue one in the training database's configuration instead."
            raise ConfigurationError([ConfigProblem("push.destination", what, "See docs/file-route.md.")])
        _write(destination, delivery)
        _read_back(destination, delivery)
    row = {"destination": section.connector, "settings": settings_of(context.school), "at": context.now()}
    with context.store.writing() as connection:
        save_trial(connection, context.school_id, {**row, "who": who, "outcome": PROVEN})
    return f"Proven: the text was written into {delivery.result_set!r}, {delivery.aspect!r}, and read back equal."


def settings_of(school: SchoolConfig) -> str:
    """What a proof is good for: the connector and the way it writes."""
    section = school.push.destination
    options = section.options if section else {}
    text = repr([section.connector if section else "", *(options.get(name) for name in _WAY)])
    return blake2b(text.encode("utf-8"), digest_size=8).hexdigest()


def say_marksheet_seen(context: RunContext, academic_year: str, who: str) -> None:
    """A person looked as an ordinary teacher, and the marksheet was there."""
    row = {"destination": MARKSHEET, "settings": academic_year, "at": context.now(), "who": who, "outcome": PROVEN}
    with context.store.writing() as connection:
        save_trial(connection, context.school_id, row)


def marksheet_seen(context: RunContext, academic_year: str) -> datetime | None:
    """When that was last said in this academic year."""
    with context.store.reading() as connection:
        return last_trial(connection, context.school_id, MARKSHEET, academic_year)


def _training(school: SchoolConfig) -> DestinationSection:
    """The destination with what `[push.training]` changes of it: never the live database."""
    section, training = school.push.destination, school.push.training
    if section is None or not training:
        what = "is missing: a trial is never made in the live database."
        do = "Write there what differs for SIMS's training database, e.g. base_url or acr_values."
        raise ConfigurationError([ConfigProblem("push.training", what, do)])
    return DestinationSection.model_validate({"connector": section.connector, **section.options, **training})


def _delivery(context: RunContext, trial: Trial) -> Delivery:
    school_year = context.school_year()
    today = school_year.local_date(context.now())
    half_term = school_year.latest_started(today)
    if half_term is None:
        raise ConfigurationError([ConfigProblem("calendar", "no half term has begun yet.", "Try it when one has.")])
    return Delivery(
        delivery_key=delivery_key(str(half_term), "trial", Slot.TARGET_3),
        student=trial.student,
        forename=trial.forename,
        half_term=str(half_term),
        slot=Slot.TARGET_3,
        aspect=slot_aspects(context.school.entries)[Slot.TARGET_3],
        result_set=result_set_name(context.school.entries, half_term),
        text=render_target(Target("A trial of sims-sync, which may be deleted", by_date=today)),
        result_date=today,
    )


def _write(destination: Destination, delivery: Delivery) -> None:
    (receipt,) = destination.deliver([delivery], _only_over_a_trial)
    if receipt.outcome is ReceiptOutcome.WITHHELD:
        what = "The third target of this student holds something that is no trial; nothing was written."
        raise RunError("trial", what, "Name another invented student.")
    if receipt.outcome is not ReceiptOutcome.ACCEPTED:
        what = receipt.what or f"The write ended as {receipt.outcome.value!r}."
        raise RunError("trial", what, receipt.do or "Run `sims-sync check`.")


def _only_over_a_trial(delivery: Delivery, holding: Holding) -> bool:
    del delivery
    return holding.known and (not holding.text or "trial of sims-sync" in holding.text)


def _read_back(destination: Destination, delivery: Delivery) -> None:
    for number in range(READ_BACKS):
        if number:
            sleep(READ_BACK_SECONDS)
        (holding,) = destination.look_up([delivery])
        if holding.known and normalise(holding.text or "") == normalise(delivery.text):
            return
    what = "SIMS accepted the text, and it does not stand there equal when it is read back."
    raise RunError("trial", what, "Look at it in SIMS, and tell us what stands there.")
