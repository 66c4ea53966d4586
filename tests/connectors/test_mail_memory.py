"""The in-memory mailer keeps the contract of every mailer."""

from collections.abc import Callable

import pytest

from sims_sync.mailer_contract import CHECKS, ContractError, MailerTrial, MemoryMailer, a_message_arrives_once_and_whole


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_memory_mailer_keeps_the_contract(check: Callable[[MailerTrial], None]) -> None:
    mailer = MemoryMailer()
    check(MailerTrial(mailer, lambda: mailer.messages, MemoryMailer(reachable=False)))


def test_a_mailer_that_loses_messages_breaks_the_contract() -> None:
    with pytest.raises(ContractError, match="once"):
        a_message_arrives_once_and_whole(MailerTrial(MemoryMailer(), list, MemoryMailer(reachable=False)))
