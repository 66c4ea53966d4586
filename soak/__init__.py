"""The long proofs: `make soak`. Each prints what it did and what came of it, and fails when a promise does not hold."""
