"""Which columns of a SIMS report fill which fields: one TOML file per report, read by name (DESIGN §3)."""
