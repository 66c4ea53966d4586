"""How fast is a pull of results, against the bare floor and against other tools? `python -m bench` (DESIGN §9)."""
