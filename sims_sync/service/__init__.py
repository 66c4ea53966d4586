"""The process that serves every school: what is due, who runs it, how it starts, goes on and stops (DESIGN §7)."""

from sims_sync.service.scheduled import Scheduled, scheduled
from sims_sync.service.serving import Service
from sims_sync.service.stopping import Stop

__all__ = ["Scheduled", "Service", "Stop", "scheduled"]
