"""The ledger: what is held, and what was booked."""
