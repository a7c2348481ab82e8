"""One logical call with all its attempts: events and moments in, commands out. The rules are in `transitions`, `policies` and `machine`."""
