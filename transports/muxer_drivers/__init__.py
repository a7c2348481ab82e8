"""Drivers: carry out a call's commands on asyncio, trio and plain threads. No HTTP library in here, and no decision."""
