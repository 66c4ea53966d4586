"""The outbox's rows: a message found half sent is never sent again by itself."""

from typing import Any

import pytest

from sims_sync.store.messages import (
    load_message,
    load_messages,
    mark_interrupted,
    save_message,
    sender_beside,
    set_message_state,
)
from sims_sync.store.runs import lease_owner
from sims_sync.store.session import Store
from tests.sims_sync.builders import AUTUMN_2, SCHOOL_ID, at

NOW = at("2026-12-16 07:30")


def row(key: str, state: str = "sending") -> dict[str, Any]:
    return {
        "message_key": key,
        "academic_year": "2026-27",
        "half_term": str(AUTUMN_2),
        "kind": "head-of-house-report",
        "occasion": "report",
        "staff_id": "H1",
        "message_id": "<1@austen.example>",
        "state": state,
        "shadow": True,
        "attempts": 1,
        "created": NOW,
        "sent_at": None,
        "detail": "",
        "content": None,
        "run_id": "r",
    }


def test_a_message_found_sending_becomes_unknown_and_the_others_stay(store: Store) -> None:
    with store.writing() as connection:
        for state in ("sending", "sent", "failed", "refused"):
            save_message(connection, SCHOOL_ID, row(state, state))
        save_message(connection, "bronte", row("sending"))
        assert mark_interrupted(connection, SCHOOL_ID, NOW) == 1
        states = {found.message_key: found.state for found in load_messages(connection, SCHOOL_ID)}
        theirs = load_message(connection, "bronte", "sending")
    assert states == {"sending": "unknown", "sent": "sent", "failed": "failed", "refused": "refused"}
    assert theirs is not None
    assert theirs.state == "sending"


@pytest.mark.parametrize(("born", "state"), [("", "sending"), ("0", "unknown")])
def test_what_a_living_process_sends_beside_its_runs_is_not_interrupted(born: str, state: str, store: Store) -> None:
    """Else an alert that hangs in a mail server looks dealt with, and nobody is ever told."""
    with store.writing() as connection:
        save_message(connection, SCHOOL_ID, {**row("one"), "run_id": sender_beside(f"{lease_owner()}{born}")})
        mark_interrupted(connection, SCHOOL_ID, NOW)
        found = load_message(connection, SCHOOL_ID, "one")
    assert found is not None
    assert found.state == state


def test_what_became_of_a_message_is_kept(store: Store) -> None:
    with store.writing() as connection:
        assert load_message(connection, SCHOOL_ID, "one") is None
        save_message(connection, SCHOOL_ID, row("one"))
        set_message_state(connection, SCHOOL_ID, "one", {"state": "sent", "sent_at": NOW, "detail": "250"})
        found = load_message(connection, SCHOOL_ID, "one")
    assert found is not None
    assert (found.state, found.sent_at, found.detail, found.half_term) == ("sent", NOW, "250", str(AUTUMN_2))
