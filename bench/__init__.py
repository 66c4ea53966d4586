"""How fast is a pull of results, or a push of targets, against the bare floor? `python -m bench` (DESIGN §9)."""
