"""How does a message leave: once, in the window, in the mode that was decided (DOMAIN rules 6, 7, 8c)?"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sims_sync.connector import Mailer, SendOutcome
from sims_sync.context import RunContext
from sims_sync.errors import ConfigurationError, SimsSyncError
from sims_sync.messages.going_live import NOT_DECIDED, first_decision
from sims_sync.messages.letters import (
    Letter,
    content_of,
    envelope_of,
    key_of,
    read_content,
    recipient_of,
    with_admins_copies,
)
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.registry import build_mailer
from sims_sync.school_year import SchoolYear
from sims_sync.store.audits import last_restored
from sims_sync.store.messages import (
    DISCARDED,
    FAILED,
    REFUSED,
    SENDING,
    SENT,
    UNKNOWN,
    StoredMessage,
    load_message,
    save_message,
    set_message_state,
)

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
DOUBTFUL = "A backup was restored: it may have left before."
HANGS_SECONDS = 20.0  # a mail server that takes so long to fail hangs: …
HANGS_TIMES = 2  # … after so many in a row the others wait for the next run, and the school's other jobs for none of it
_STATES = {SendOutcome.SENT: SENT, SendOutcome.REFUSED: REFUSED, SendOutcome.UNKNOWN: UNKNOWN}
_SETTLED = frozenset({SENT, UNKNOWN, REFUSED, DISCARDED, SENDING})


@dataclass(slots=True)
class _Sending:
    """What became of the letters of one run."""

    states: Counter[str] = field(default_factory=Counter)
    detail: str = ""
    waiting: int = 0
    copies: int = 0
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends letters of one kind; `noun` is what its sentences call one and several of them.

    `patient`: what failed is left alone for its time, as in a job that runs every quarter of an hour; else, as when a
    person has mended something and runs the one job, it is tried at once.
    """

    context: RunContext
    school_year: SchoolYear
    noun: tuple[str, str]
    patient: bool = False

    def send(self, letters: Sequence[Letter]) -> Outcome:
        """Send what has neither left nor been given up; each at most once, whatever happens meanwhile."""
        if not letters:
            return Outcome()
        letters, too_early = self._since_going_live(letters)
        if too_early is not None:
            return too_early
        waiting = self.waiting(with_admins_copies(self.context.school, letters))
        if not waiting:
            return self.nothing_left()
        able = [letter for letter in waiting if recipient_of(self.context.school, letter) is not None]
        problems = self._no_address(len(waiting) - len(able))
        ready = [letter for letter in able if letter.any_time or self.school_year.in_send_window(self.context.now())]
        if able and not ready:
            return Outcome(Ending.HELD if problems else Ending.DONE, problems=problems, notes=(self._wait(_own(able)),))
        if self.context.rehearsal or self.context.dry:
            return Outcome(problems=problems, notes=(f"{self._count(_own(ready))} would be sent.",))
        return self._outcome(self._send_all(ready), problems)

    def nothing_can_leave(self, letters: Sequence[Letter]) -> Outcome | None:
        """What a run says where none of them may go any more, or none yet: nobody is then asked to release anything."""
        letters, too_early = self._since_going_live(letters)
        if too_early is not None:
            return too_early
        letters = with_admins_copies(self.context.school, letters)
        return None if self.waiting(letters) else self.nothing_left()

    def waiting(self, letters: Sequence[Letter]) -> list[Letter]:
        """Those that have neither left nor been given up, and that may be tried now."""
        return [letter for letter in letters if self._is_waiting(letter)]

    def nothing_left(self) -> Outcome:
        """What a run says that found nothing to send."""
        return Outcome(notes=(f"Every {self.noun[0]} that is due has been dealt with: nothing was sent.",))

    def _send_all(self, letters: Sequence[Letter]) -> _Sending:
        section, done = self.context.school.messages.mailer, _Sending()
        mailer, hung, restored = None, 0, self._restored()
        for number, letter in enumerate(letters):
            self.context.go_on()
            if hung >= HANGS_TIMES:
                done.states[FAILED] += len(letters) - number
                break
            if not letter.any_time and not self.school_year.in_send_window(self.context.now()):
                done.waiting += not letter.for_admin  # the window closed over the work
                continue
            if restored is not None and self._may_have_left(letter, restored):
                done.doubtful += self._claim(letter, self._id_of(letter), UNKNOWN, DOUBTFUL) is not None
                continue
            mailer = mailer or build_mailer(section.connector, section.options, self.context.connector_context())
            began, left_before = time.monotonic(), done.states[SENT] + done.copies
            try:
                self._send(mailer, letter, done)
            except ConfigurationError as error:  # the school's own wording: it stops no other letter
                done.states[FAILED] += 1
                done.detail = str(error)
            has_left = done.states[SENT] + done.copies > left_before
            hung = 0 if has_left or time.monotonic() - began < HANGS_SECONDS else hung + 1
        return done

    def _send(self, mailer: Mailer, letter: Letter, done: _Sending) -> None:
        recipient = recipient_of(self.context.school, letter)
        if recipient is None:
            return
        message = letter.compose(envelope_of(self.context, letter, recipient))
        attempts = self._claim(letter, str(message["Message-ID"]))
        if attempts is None:
            return
        try:
            result = mailer.send(message)
        except SimsSyncError as error:  # nothing left: what the mailer refuses for good is a result, not an error
            self._settle(letter, FAILED, str(error), self.context.now() + wait_after(attempts))
            done.states[FAILED] += 1
            done.detail = str(error)
            return
        state = _STATES[result.outcome]
        self._settle(letter, state, result.detail, None)
        if state == SENT and letter.for_admin:
            done.copies += 1
        else:
            done.states[state] += 1
        done.detail = result.detail if state != SENT else done.detail

    def _restored(self) -> datetime | None:
        with self.context.store.reading() as connection:
            return last_restored(connection, self.context.school_id)

    def _id_of(self, letter: Letter) -> str:
        """The Message-ID by which it can be looked for in a mailbox."""
        return envelope_of(self.context, letter, recipient_of(self.context.school, letter) or "").message_id

    def _may_have_left(self, letter: Letter, restored: datetime) -> bool:
        """Whether it was due before a backup was restored that knows nothing of it: it may have left in between.

        One that was noted as such has a row since then; if a person lets it go, it goes.
        """
        if letter.any_time or letter.day > self.school_year.local_date(restored):
            return False
        with self.context.store.reading() as connection:
            stored = load_message(connection, self.context.school_id, key_of(self.context.school_id, letter))
        return stored is None or stored.created < restored

    def _claim(self, letter: Letter, message_id: str, state: str = SENDING, detail: str = "") -> int | None:
        """The row is there before the attempt: a crash in between leaves `sending`, which nobody resends blindly.

        None where another process has it, or a person settled it, since it was looked at.
        """
        school, key, now = self.context.school_id, key_of(self.context.school_id, letter), self.context.now()
        with self.context.store.writing() as connection:
            before = load_message(connection, school, key)
            if before is not None and before.state in _SETTLED:
                return None
            attempts = (before.attempts if before else 0) + (state == SENDING)
            save_message(
                connection,
                school,
                {
                    "message_key": key,
                    "academic_year": letter.half_term.year,
                    "half_term": str(letter.half_term),
                    "kind": letter.kind.value,
                    "occasion": letter.occasion,
                    "staff_id": letter.staff_id,
                    "message_id": message_id,
                    "state": state,
                    "shadow": self.context.school.messages.mode != "live" and not letter.any_time,
                    "attempts": attempts,
                    "created": before.created if before and state == SENDING else now,
                    "sent_at": None,
                    "detail": detail,
                    "content": content_of(letter.told, now, None),
                    "run_id": self.context.run_id,
                },
            )
        return attempts

    def _settle(self, letter: Letter, state: str, detail: str, next_at: datetime | None) -> None:
        now = self.context.now()
        values = {
            "state": state,
            "detail": detail[:300],
            "sent_at": now if state == SENT else None,
            "content": content_of(letter.told, now, next_at),
        }
        with self.context.store.writing() as connection:
            set_message_state(connection, self.context.school_id, key_of(self.context.school_id, letter), values)

    def _since_going_live(self, letters: Sequence[Letter]) -> tuple[Sequence[Letter], Outcome | None]:
        """In live mode what became due before it was decided is never sent; without a decision nothing is (rule 8c)."""
        if self.context.school.messages.mode != "live":
            return letters, None
        decided = first_decision(self.context)
        if decided is None:
            staff = [letter for letter in letters if not letter.any_time]
            return ([], Outcome(Ending.HELD, problems=(NOT_DECIDED,))) if staff else (letters, None)
        since = self.school_year.local_date(decided.decided_at)
        return [letter for letter in letters if letter.any_time or letter.day >= since], None

    def _is_waiting(self, letter: Letter) -> bool:
        with self.context.store.reading() as connection:
            stored = load_message(connection, self.context.school_id, key_of(self.context.school_id, letter))
        return stored is None or (stored.state not in _SETTLED and (not self.patient or self._may_try(stored)))

    def _may_try(self, stored: StoredMessage) -> bool:
        next_at = read_content(stored.content).get("next_at")
        return next_at is None or datetime.fromisoformat(next_at) <= self.context.now()

    def _no_address(self, count: int) -> tuple[Problem, ...]:
        if not count:
            return ()
        what = f"{self._count(count)} cannot go: no address of their reader is known, or its domain is not allowed."
        return (Problem("no-address", what, "See `sims-sync roles gaps`; mend the address in SIMS."),)

    def _wait(self, count: int) -> str:
        opening = self.school_year.next_send(self.context.now())
        zone = self.school_year.calendar.timezone
        when = f"{opening.astimezone(zone):%a %d %b %H:%M}" if opening else "never"
        verb = "waits" if count == 1 else "wait"
        return f"{self._count(count)} {verb} for the send window: {when}."

    def _outcome(self, done: _Sending, problems: tuple[Problem, ...]) -> Outcome:
        notes = [f"{self._count(done.states[SENT])} sent."]
        notes += [f"Shadow mode: {done.copies} of them to the admin too."] if done.copies else []
        notes += [self._wait(done.waiting)] if done.waiting else []
        if done.doubtful:
            what = f"{self._count(done.doubtful)} not sent: a backup was restored, and they may have left before."
            do = "See `sims-sync messages list`. Look into the mailbox, then `messages retry`, `arrived` or `discard`."
            problems = (Problem("mail-unknown", what, do), *problems)
        failed = sum(count for state, count in done.states.items() if state != SENT)
        if failed:
            what = f"{self._count(failed)} did not leave: {done.detail}"
            mail = Problem("mail", what, "See `sims-sync messages list`; check the mail settings.")
            return Outcome(Ending.FAILED, problems=(mail, *problems), notes=tuple(notes))
        return Outcome(Ending.HELD if problems else Ending.DONE, problems=problems, notes=tuple(notes))

    def _count(self, count: int) -> str:
        return f"{count} {self.noun[0] if count == 1 else self.noun[1]}"


def _own(letters: Sequence[Letter]) -> int:
    """How many there are, the admin's copies not counted; where only copies are left, those."""
    return sum(not letter.for_admin for letter in letters) or len(letters)


def wait_after(attempts: int) -> timedelta:
    """How long to leave a mail server alone after so many attempts: 5 minutes, doubled each time, at most 4 hours."""
    doublings: int = min(attempts - 1, 8)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
