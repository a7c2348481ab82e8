"""The catalog: what stands still. Model cards, providers, deployments, names."""
