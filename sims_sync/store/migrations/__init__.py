"""The schema's changes, one migration after another; `HEAD` is the last one's revision (a test compares)."""

HEAD = "0004"
