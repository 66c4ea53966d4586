"""Backups: the whole store and what belongs to it in one sealed file, kept by rule, restored by one command."""
