"""`FleetView`: the fleet as it was at one moment, for decisions. A frozen record of references: taking it copies nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from muxer_core.values.moment import Moment


class FleetView(msgspec.Struct, frozen=True, gc=False):
    """A view. Bit i of a mask, and entry i of a column, belong to the deployment with index i (of `card_first_chunk`: to the i-th card of
    the catalog).

    * `version`: counts the writes to the fleet; views of one version differ only in `moment`.
    * `up`: deployments whose breaker admits an attempt. `unlimited`: deployments within their rate limits.
    * `in_flight`: attempts that are open.
    * `first_chunk`, `card_first_chunk`: decayed seconds to the first chunk; 0.0 when none was seen.
    * `back_at`: `mono` seconds at which a deployment that is out is admitted again; `inf` while its probe is out, 0.0 when it is in.
    """

    version: int
    moment: Moment
    up: int
    unlimited: int
    in_flight: Sequence[int]
    first_chunk: Sequence[float]
    card_first_chunk: Sequence[float]
    back_at: Sequence[float]
