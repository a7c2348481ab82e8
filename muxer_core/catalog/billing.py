"""What a provider charges for attempts that did not end well, as data.

No vendor bills a request that it refused with an error status (OpenAI and Anthropic help centres, read 2026-11-24), and none can bill one
that never arrived. What happens to a request that was sent and then abandoned is published by few: work that was begun is billed, up to
where the provider notices. So the defaults below estimate, and the attempt is marked inexact.
"""

from __future__ import annotations

from typing import Literal

import msgspec

BillingRule = Literal["nothing", "input_estimate", "delivered_estimate", "bound"]
"""`input_estimate`: the prompt, estimated. `delivered_estimate`: the prompt, and what was delivered. `bound`: the most it can have cost."""


class BillingRules(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One rule for each way in which an attempt can end without its usage being known. Usage that was reported is booked under each.

    `unsent`: no byte arrived. `rejected`: an error status came. `unanswered`: sent, and no head came. `cut`: the reply broke off, was
    cancelled, or ended without naming its usage.
    """

    unsent: BillingRule = "nothing"
    rejected: BillingRule = "nothing"
    unanswered: BillingRule = "input_estimate"
    cut: BillingRule = "delivered_estimate"
    source: str = "muxer-core's default, 2026-11-24"
