"""What our hot paths cost, in CPU time, beside peers in the same run. `python -m benchmarks` prints the table."""
