"""Who is told what is the matter, when, and how often: at the end of `send_messages`, and beside all jobs."""

from sims_sync.alerts.after import tell_after
from sims_sync.alerts.beside import tell

__all__ = ["tell", "tell_after"]
