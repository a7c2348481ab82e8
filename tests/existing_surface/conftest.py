"""These are programs, not test modules: `tests/real/test_existing_surface.py` runs them."""

collect_ignore_glob = ["*.py"]
