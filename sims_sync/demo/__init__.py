"""An invented school and a simulated SIMS, for the demo, rehearsals and tests."""
