"""Virtual time and scripted upstreams: run any call, with all its races and timers, in microseconds and without a network."""
