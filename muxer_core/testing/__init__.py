"""For users' own tests: Hypothesis strategies, the virtual clock and scripted transports. Needs Hypothesis."""
