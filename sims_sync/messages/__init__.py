"""Messages to staff: which are due (`reports`, `reminders`, `corrections`, `readiness`), how each leaves (`outbox`).

Every kind's module asks the same three things in this order: is it due, may it leave (gate, guard, release), to whom?
"""

from sims_sync.messages.readiness import check_readiness
from sims_sync.messages.reminders import remind_tutors
from sims_sync.messages.reports import send_reports
from sims_sync.messages.sending import send_messages

__all__ = ["check_readiness", "remind_tutors", "send_messages", "send_reports"]
