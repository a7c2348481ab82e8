"""What changes about deployments: health, cooldowns, rate windows, attempts in flight, latency, the retry budget."""
