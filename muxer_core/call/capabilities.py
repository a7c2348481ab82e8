"""`DriverCapabilities`: what a driver can do, as an input of the machine. Drivers with equal capabilities give equal traces (law 9)."""

from __future__ import annotations

import msgspec


class DriverCapabilities(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """`max_parallel`: attempts that the driver can have open at once (hedging needs two). `reports_connected`: it sends `Connected`, so
    that the machine keeps the connect timer; otherwise the transport keeps it, from `OpenAttempt.connect_timeout`.
    """

    max_parallel: int = 1
    reports_connected: bool = False
