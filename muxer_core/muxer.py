"""`Muxer`: composition. Configuration, fleet, ledger and routing in one place that starts calls and learns from them.

One `Muxer` is shared by all calls of a process. It is pure, too: moments, ids and seeds come in with each method. Its methods must not run
at the same time in two threads; drivers see to that with one lock, never held while the network is waited for.
"""

from __future__ import annotations

import msgspec

from muxer_core.call.capabilities import DriverCapabilities
from muxer_core.call.ceiling import Demand
from muxer_core.call.commands import Reserve, Settle
from muxer_core.call.events import ReservationDecided, SettlementRecorded
from muxer_core.call.machine import Call
from muxer_core.call.operation import Chat, CountTokens, Embed, ListModels, Operation, Probe
from muxer_core.call.outcome import AttemptRecord, CallFailed, Outcome
from muxer_core.call.plan import OnlyPlace, Place, Plan
from muxer_core.call.policies import Policies, RetryPolicy, Timeouts
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import ANY_MODEL, Deployment, Provider
from muxer_core.config.schema import Config
from muxer_core.dialects.protocol import CountingDialect, EmbeddingDialect, Target
from muxer_core.dialects.registry import client_dialect
from muxer_core.fleet.fleet import Fleet
from muxer_core.ledger.memory import MemoryLedger
from muxer_core.routing.decision import Decision
from muxer_core.routing.facts import RouteFacts, route_facts
from muxer_core.routing.group import Group, Groups
from muxer_core.routing.route import route
from muxer_core.routing.vectors import vector_facts
from muxer_core.values.context import NOBODY, CallContext
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest

GIVEN_UP = Failure(kind="cancelled", message="the attempt was given up")
"""What the fleet is told of an attempt that its caller or a race ended: it teaches nothing."""

PROBING = Policies(
    retry=RetryPolicy(max_retries=2, max_attempts=3, backoff=0.0),
    timeouts=Timeouts(connect=5.0, first_chunk=5.0, stall=5.0, call=10.0),
)
"""Three probes, one after the other, without a pause. A server that is silent for 5 seconds gives no sign of life."""


class Muxer:
    """Starts calls, answers their reservations and settlements, and learns from every attempt."""

    __slots__ = (
        "__weakref__",
        "_counting",
        "_fleet",
        "_groups",
        "_open",
        "_places",
        "_with_vectors",
        "config",
        "ledger",
    )

    def __init__(self, config: Config) -> None:
        """Raises `InvalidRequest` for what is no `Config`, as a plain mapping."""
        _check(config)
        self.config = config
        self.ledger = MemoryLedger()
        self._fleet: Fleet | None = None
        self._groups = Groups(config.catalog)
        self._places = tuple(_place(deployment) for deployment in config.catalog.deployments)
        self._with_vectors = Groups(
            config.catalog, able=self._able(EmbeddingDialect), what="makes vectors", input_alone=True
        )
        self._counting = Groups(config.catalog, able=self._able(CountingDialect), what="counts tokens")
        self._open: set[tuple[str, int]] = set()

    @property
    def catalog(self) -> Catalog:
        """What stands still."""
        return self.config.catalog

    def fleet(self, moment: Moment) -> Fleet:
        """What changes about deployments. It begins with the first moment that is seen."""
        if self._fleet is None:
            self._fleet = Fleet(self.config.catalog, moment, self.config.fleet)
        return self._fleet

    # -- starting calls -------------------------------------------------------------------------------------------------------------

    def explain(
        self, request: ChatRequest, moment: Moment, *, context: CallContext = NOBODY, seed: int = 0
    ) -> Decision | Failure:
        """The decision for a request, without a call: where it would go and why, or why nowhere."""
        request = self._with_ceiling(request)
        return self._route(self._facts(request, context, seed), request, moment)

    def start_chat(
        self,
        request: ChatRequest,
        *,
        call_id: str,
        seed: int,
        moment: Moment,
        streamed: bool = True,
        context: CallContext = NOBODY,
        keep_source: bool = False,
        capabilities: DriverCapabilities = DriverCapabilities(),
    ) -> Call:
        """Begin a chat call. Raises `InvalidRequest` or `UnknownModel` for what we were given, and `CallFailed` when routing finds no
        deployment that can take it; nothing was sent then.
        """
        request = self._with_ceiling(request)
        facts = self._facts(request, context, seed)
        demand = Demand(
            input_estimate=facts.tokens.estimate,
            input_bound=facts.tokens.bound,
            unbounded=facts.tokens.unbounded,
            service_tier=request.service_tier,
            max_tokens=request.max_tokens,
            answers=request.n,
        )
        operation = Chat(request, demand, streamed, keep_source)
        return self._begin(
            operation, facts, request, self.config.policies, call_id, seed, moment, context, capabilities
        )

    def start_embedding(
        self,
        request: EmbeddingRequest,
        *,
        call_id: str,
        seed: int,
        moment: Moment,
        context: CallContext = NOBODY,
        capabilities: DriverCapabilities = DriverCapabilities(),
    ) -> Call:
        """Begin a call for vectors, billed by its input alone. Raises as `start_chat` does, and `InvalidRequest` for a model that only
        deployments serve whose dialect makes no vectors.
        """
        if request.max_cost is None and self.config.max_cost is not None:
            request = msgspec.structs.replace(request, max_cost=self.config.max_cost)
        facts = vector_facts(request, self._with_vectors.named(request.model), context=context, seed=seed)
        demand = Demand(
            input_estimate=facts.tokens.estimate,
            input_bound=facts.tokens.bound,
            unbounded=facts.tokens.unbounded,
            max_tokens=0,
        )
        policies = msgspec.structs.replace(self.config.policies, cascade=None)
        return self._begin(
            Embed(request, demand), facts, request, policies, call_id, seed, moment, context, capabilities
        )

    def start_count(
        self, request: ChatRequest, *, call_id: str, seed: int, moment: Moment, context: CallContext = NOBODY
    ) -> Call:
        """Begin a call that counts a chat request's input tokens where it would go, without running it. Nobody bills it, so `max_cost`
        says nothing; a request too long for the model is counted too. Raises as `start_embedding` does.
        """
        request = msgspec.structs.replace(request, max_cost=None)
        facts = route_facts(request, self._counting.named(request.model), context=context, seed=seed)
        facts = msgspec.structs.replace(facts, longest=0, max_tokens=None)
        policies = msgspec.structs.replace(self.config.policies, hedge=None, cascade=None)
        capabilities = DriverCapabilities()
        return self._begin(CountTokens(request), facts, request, policies, call_id, seed, moment, context, capabilities)

    def _begin(
        self,
        operation: Operation,
        facts: RouteFacts,
        request: ChatRequest | EmbeddingRequest,
        policies: Policies,
        call_id: str,
        seed: int,
        moment: Moment,
        context: CallContext,
        capabilities: DriverCapabilities,
    ) -> Call:
        """Begin a call that is routed. Raises `CallFailed` when no deployment can take it."""
        decision = self._route(facts, request, moment)
        if isinstance(decision, Failure):
            raise CallFailed(Outcome(call_id=call_id, status="failed", attempts=(), failure=decision))
        plan = Plan(
            choices=decision,
            places=self._places_for(facts.group),
            policies=policies,
            limits=self.config.limits,
            decision=decision,
            max_cost=request.max_cost,
            ceiling=request.ceiling,
            context=context,
        )
        self.fleet(moment).retry_budget.call_started(moment)
        return Call(operation, plan, call_id=call_id, seed=seed, moment=moment, capabilities=capabilities)

    def start_models(self, provider: str | None, *, call_id: str, seed: int, moment: Moment) -> Call:
        """Begin a call that asks a provider for its models. Raises `InvalidRequest` for an unknown provider."""
        return self._ask_provider(ListModels(), provider, self.config.policies, call_id, seed, moment)

    def start_probe(self, provider: str | None, *, call_id: str, seed: int, moment: Moment) -> Call:
        """Begin a call that asks a provider for a sign of life. Raises `InvalidRequest` for an unknown provider."""
        return self._ask_provider(Probe(), provider, PROBING, call_id, seed, moment)

    def _ask_provider(
        self, operation: Operation, name: str | None, policies: Policies, call_id: str, seed: int, moment: Moment
    ) -> Call:
        plan = Plan(
            choices=OnlyPlace(),
            places=(_provider_place(self._provider(name)),),
            policies=msgspec.structs.replace(policies, hedge=None, cascade=None),
            limits=self.config.limits,
        )
        return Call(operation, plan, call_id=call_id, seed=seed, moment=moment)

    def _able(self, protocol: type) -> int:
        """The deployments whose dialect offers this beside chat."""
        return sum(1 << index for index, place in enumerate(self._places) if isinstance(place.dialect, protocol))

    def _provider(self, name: str | None) -> Provider:
        providers = self.config.catalog.providers
        if name is None:
            name = next(iter(providers), "")
        if name not in providers:
            raise InvalidRequest("provider", f"{name!r} is not configured; known are {', '.join(providers) or 'none'}")
        return providers[name]

    def _with_ceiling(self, request: ChatRequest) -> ChatRequest:
        """The request, under the configured ceiling if it names none."""
        if request.max_cost is not None or self.config.max_cost is None:
            return request
        return msgspec.structs.replace(request, max_cost=self.config.max_cost)

    def _facts(self, request: ChatRequest, context: CallContext, seed: int) -> RouteFacts:
        return route_facts(request, self._groups.named(request.model), context=context, seed=seed)

    def _route(self, facts: RouteFacts, request: ChatRequest | EmbeddingRequest, moment: Moment) -> Decision | Failure:
        return route(facts, self.fleet(moment).view(moment), request.strategy or self.config.strategy)

    def _places_for(self, group: Group) -> tuple[Place, ...]:
        """The places; those of any model are places of the model that was asked for, at its price."""
        known = self.config.catalog.deployments
        if group.deployments is known:
            return self._places
        return tuple(
            place if asked is deployment else _place(asked)
            for place, asked, deployment in zip(self._places, group.deployments, known, strict=True)
        )

    # -- answers to a call's commands -----------------------------------------------------------------------------------------------

    def reserve(self, command: Reserve, moment: Moment) -> ReservationDecided:
        """Hold the amount. Refused when the process has spent its retry budget (law 6); cascade steps are counted apart."""
        fleet = self.fleet(moment)
        extra = command.cause in ("retry", "fallback", "hedge")
        if extra and not fleet.retry_budget.try_spend(moment):
            words = "the process has spent its budget for retries, fallbacks and hedges"
            return ReservationDecided(
                command.attempt, granted=False, failure=Failure(kind="refused_by_retry_budget", message=words)
            )
        self.ledger.hold((command.call_id, command.attempt), command.amount)
        if command.place is not None:
            fleet.attempt_started(command.place, moment, tokens=command.tokens)
            self._open.add((command.call_id, command.attempt))
        return ReservationDecided(command.attempt, granted=True)

    def settle(self, command: Settle, moment: Moment) -> SettlementRecorded:
        """Book the truth, once, and let the fleet learn from the attempt."""
        key = (command.call_id, command.attempt)
        record = command.record
        self.ledger.settle(key, record.where, record.cost)
        if command.place is not None and key in self._open:
            self._open.discard(key)
            self.fleet(moment).attempt_ended(
                command.place,
                moment,
                failure=_lesson(record, self.config.catalog.deployments[command.place]),
                first_chunk_seconds=_first_chunk_seconds(record),
                tokens=0 if record.usage is None else record.usage.output_tokens,
            )
        return SettlementRecorded(command.attempt)


def _check(config: object) -> None:
    """For callers without a type checker."""
    if not isinstance(config, Config):
        words = f"must be a Config, got {type(config).__name__}; make one of a mapping with Config.from_mapping(…)"
        raise InvalidRequest("config", words)


def _lesson(record: AttemptRecord, deployment: Deployment) -> Failure | None:
    """What the fleet learns: nothing from an attempt that was given up, and no blame from an answer that a judge disliked. A deployment of
    any model is not to blame for one model that is not there.
    """
    given_up = record.status in ("cancelled", "lost_race")
    if given_up or (
        record.failure is not None
        and record.failure.kind == "model_not_found"
        and deployment.upstream_model == ANY_MODEL
    ):
        return GIVEN_UP
    return record.failure


def _first_chunk_seconds(record: AttemptRecord) -> float | None:
    if record.first_chunk is None or record.opened is None:
        return None
    return record.first_chunk - record.opened


def _place(deployment: Deployment) -> Place:
    provider, card = deployment.provider, deployment.card
    return Place(
        where=deployment.name,
        provider=provider.name,
        card=card.name,
        dialect=client_dialect(provider),
        target=_target(provider, deployment.name, deployment.upstream_model),
        price=card.price,
        context_window=card.context_window,
        max_output_tokens=card.max_output_tokens,
        billing=provider.billing,
    )


def _provider_place(provider: Provider) -> Place:
    """The place of an operation that is about a provider and no model of it."""
    return Place(
        where=provider.name,
        provider=provider.name,
        card="",
        dialect=client_dialect(provider),
        target=_target(provider, provider.name, ""),
        billing=provider.billing,
    )


def _target(provider: Provider, where: str, model: str) -> Target:
    return Target(
        where=where,
        base_url=provider.base_url,
        model=model,
        credential=provider.credential,
        headers=provider.headers,
    )
