"""What `check` looks at, one module for each area; every finding is fine, warn or wrong, and says what to do."""

from sims_sync.doctor.examination import Asked, examine

__all__ = ["Asked", "examine"]
