"""The pull: read → map → plan → guard → apply (DESIGN §4). `engine` runs it; one module per kind."""
