"""sims-sync: from SIMS to a fair report for the Head of House, and back again."""

__version__ = "0.1.0"
