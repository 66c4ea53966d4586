"""Carries targets and reviews into SIMS, and proves that they arrived (DESIGN §5)."""
