"""Makes `muxer_core/catalog/prices_data.py` from the installed genai-prices package.

    python scripts/build_catalog.py            write it
    python scripts/build_catalog.py --check    write nothing; exit 1 when the file is not what this script makes

The package's own resolver says which prices hold on which date, so that its rules are not written twice. Rates are exact: integers over one
denominator a model. What the package prices in units that we do not count is named in the data, not left out in silence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from fractions import Fraction
from importlib import metadata
from math import lcm
from pathlib import Path
from typing import Any

from genai_prices import types as listed
from genai_prices.data import providers

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "muxer_core" / "catalog" / "prices_data.py"
PACKAGE = "genai-prices"

PICO = 10**12
NAMES = {
    "input_mtok": "input",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_input",
    "cache_audio_read_mtok": "cached_audio_input",
    "input_image_mtok": "image_input",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "output_audio_mtok": "audio_output",
    "output_image_mtok": "image_output",
    "web_searches_kcount": "search",
}
"""The package's prices that are ours, and which of `Rates` they are."""

UNITS = {"mtok": 1_000_000, "kcount": 1_000}
SERVICE_TIERS = {("service_tier", name): name for name in ("default", "flex", "priority", "fast")} | {
    ("processing", "batch"): "batch"
}
"""Variants that are a service tier of ours. `speed: fast` (Anthropic) is another field of usage and is named as unmodelled."""

Table = dict[str, dict[int, Fraction]]
"""By unit: the rate from an input length on (0: from the first token), in pico-dollars."""


def flat_rules(clause: Any) -> Iterator[str | list[str]]:
    """A clause as rules of which one must hold; see `muxer_core.catalog.listed.Rule`."""
    match clause:
        case None:
            return
        case listed.ClauseOr():
            for one in clause.or_:
                yield from flat_rules(one)
        case listed.ClauseAnd():
            parts = [rule for one in clause.and_ for rule in flat_rules(one)]
            if len(parts) != len(clause.and_) or not all(isinstance(part, str) for part in parts):
                raise SystemExit(f"this clause needs a richer form than `Rule` has: {clause}")
            yield [part for part in parts if isinstance(part, str)]
        case listed.ClauseEquals():
            yield "=" + clause.equals.lower()
        case listed.ClauseStartsWith():
            yield "^" + clause.starts_with.lower()
        case listed.ClauseEndsWith():
            yield "$" + clause.ends_with.lower()
        case listed.ClauseContains():
            yield "*" + clause.contains.lower()
        case listed.ClauseRegex():
            yield "~" + clause.regex
        case _:
            raise SystemExit(f"unknown clause: {clause!r}")


def rules(clause: Any) -> list[str | list[str]]:
    """The rules of a clause, each once."""
    found: list[str | list[str]] = []
    for rule in flat_rules(clause):
        if rule not in found:
            found.append(rule)
    return found


def table_of(prices: listed.ModelPrice, unmodelled: set[str]) -> Table:
    """The prices that are ours. What is not goes into `unmodelled`."""
    table: Table = {}
    for key, price in prices.__dict__.items():
        if price is None:
            continue
        name = NAMES.get(key)
        if name is None:
            if key != "requests_kcount":
                unmodelled.add(key)
            continue
        per = UNITS[key.rpartition("_")[2]]
        steps = (
            {0: price.base, **{tier.start: tier.price for tier in price.tiers}}
            if isinstance(price, listed.TieredPrices)
            else {0: price}
        )
        table[name] = {start: Fraction(amount) * PICO / per for start, amount in steps.items()}
    return table


def common_denominator(tables: Iterable[Table]) -> int:
    """The least denominator over which every rate is an integer."""
    return lcm(*(rate.denominator for table in tables for steps in table.values() for rate in steps.values()))


def schedule(table: Table, denominator: int) -> dict[str, Any]:
    """Rates and tiers, as integers over the denominator."""
    starts = sorted({start for steps in table.values() for start in steps} | {0})
    rates: dict[int, dict[str, int]] = {}
    for start in starts:
        rates[start] = {
            name: int(steps[max(below for below in steps if below <= start)] * denominator)
            for name, steps in table.items()
        }
    made: dict[str, Any] = {"rates": rates[0]}
    if len(starts) > 1:
        made["tiers"] = [{"above": start, "rates": rates[start]} for start in starts[1:]]
    return made


def service_tiers_of(model: listed.ModelInfo, at: datetime, unmodelled: set[str]) -> dict[str, Table]:
    """What the model costs at each service tier on a date. A tier that costs as much as the standard one is kept, since it is then known;
    `default` is not: it is a name of the standard one anyway.
    """
    found: dict[str, Table] = {}
    standard = table_of(model.get_prices(at), unmodelled)
    for variant in model.price_variants or ():
        pair, *more = variant.when.items()
        name = SERVICE_TIERS.get(pair)
        if name is None or more:
            unmodelled.add("&".join(f"{key}={value}" for key, value in variant.when.items()))
        elif variant.constraint is None or variant.constraint.active(at):
            found[name] = table_of(model.get_prices(at, variant.when), unmodelled)
    if found.get("default") == standard:
        del found["default"]
    return found


def second_of(moment: time) -> int:
    """The second of the UTC day."""
    if moment.tzinfo is not UTC:
        raise SystemExit(f"an hour that is not in UTC: {moment!r}")
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def price_list(model: listed.ModelInfo, unmodelled: set[str]) -> dict[str, Any]:
    """The model's periods: one for each date on which a price changes, then those of certain hours."""
    conditional = model.prices if isinstance(model.prices, list) else [listed.ConditionalPrice(prices=model.prices)]
    hours = [
        (one.constraint, one.prices) for one in conditional if isinstance(one.constraint, listed.TimeOfDateConstraint)
    ]
    dated = [one for one in conditional if not isinstance(one.constraint, listed.TimeOfDateConstraint)]
    if hours and (model.price_variants or conditional[: len(dated)] != dated):
        raise SystemExit(
            f"{model.id}: prices by the hour beside variants, or before dated ones, need a richer form than `Period`"
        )
    by_date = listed.ModelInfo(id=model.id, match=model.match, prices=dated, price_variants=model.price_variants)
    starts = {date(1970, 1, 1)}
    for one in (*dated, *(model.price_variants or ())):
        if isinstance(one.constraint, listed.StartDateConstraint):
            starts.add(one.constraint.start_date)
    raw: list[tuple[dict[str, Any], Table, dict[str, Table]]] = []
    requests = Fraction(0)
    for start in sorted(starts):
        at = datetime.combine(start, time(), UTC)
        prices = by_date.get_prices(at)
        made = (table_of(prices, unmodelled), service_tiers_of(by_date, at, unmodelled))
        if raw and (raw[-1][1], raw[-1][2]) == made:
            continue
        requests = max(requests, Fraction(prices.__dict__.get("requests_kcount") or 0) * PICO / 1_000)
        raw.append(({"since": int(at.timestamp())}, *made))
    for constraint, prices in hours:
        when = {"start": second_of(constraint.start_time), "end": second_of(constraint.end_time)}
        raw.append((when, table_of(prices, unmodelled), {}))
        if any(table.keys() != raw[-1][1].keys() for _, table, _ in raw):
            raise SystemExit(f"{model.id}: the hours do not price the same units")
    if not any(table for _, table, _ in raw):
        return {}
    denominator = lcm(
        requests.denominator, common_denominator([one for _, table, tiers in raw for one in (table, *tiers.values())])
    )
    periods: list[dict[str, Any]] = []
    for when, table, tiers in raw:
        period = {key: value for key, value in when.items() if value} | schedule(table, denominator)
        if tiers:
            period["service_tiers"] = [{"name": name, **schedule(tiers[name], denominator)} for name in sorted(tiers)]
        periods.append(period)
    made_list: dict[str, Any] = {"periods": periods}
    if denominator != 1:
        made_list["denominator"] = denominator
    if requests:
        made_list["per_request"] = int(requests * denominator)
    return made_list


def model_row(model: listed.ModelInfo) -> dict[str, Any]:
    """A `ListedModel`, as JSON will hold it."""
    unmodelled: set[str] = set()
    row: dict[str, Any] = {"id": model.id, "rules": rules(model.match)}
    if model.context_window:
        row["context_window"] = model.context_window
    row |= price_list(model, unmodelled)
    if unmodelled:
        row["unmodelled"] = sorted(unmodelled)
    return row


def provider_row(provider: listed.Provider) -> dict[str, Any]:
    """A `ListedProvider`, as JSON will hold it."""
    row: dict[str, Any] = {
        "id": provider.id,
        "name": provider.name,
        "source": (provider.pricing_urls or ["genai-prices"])[0],
        "url": provider.api_pattern,
    }
    rows = {
        "provider_rules": rules(provider.provider_match),
        "model_rules": rules(provider.model_match),
        "fallbacks": provider.fallback_model_providers or [],
    }
    return row | {key: value for key, value in rows.items() if value}


def array(rows: Iterable[Mapping[str, Any]]) -> str:
    """A Python byte string that holds a JSON array, one row a line, so that a new price list shows as a readable difference."""
    text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    if '"""' in text:
        raise SystemExit("a row cannot be written inside three quotes")
    return f'rb"""[\n{text}\n]"""'


def licence() -> str:
    """The package's own licence text."""
    for path in metadata.files(PACKAGE) or ():
        if path.name == "LICENSE":
            return path.read_text().strip()
    raise SystemExit(f"{PACKAGE} comes without its licence")


def generate(read_on: str) -> str:
    """The text of the module."""
    version = metadata.version(PACKAGE)
    notice = "\n".join(f"# {line}".rstrip() for line in licence().splitlines())
    head = (
        f'"""Published prices. GENERATED by scripts/build_catalog.py from {PACKAGE} {version}: do not edit."""\n\n'
        f"# The prices are those of {PACKAGE}, used under its licence:\n#\n{notice}\n\n"
        f'PACKAGE_VERSION = "{version}"\nREAD_ON = "{read_on}"\n\n'
    )
    models = "".join(f'    "{one.id}": {array(model_row(model) for model in one.models)},\n' for one in providers)
    return f"{head}PROVIDERS = {array(provider_row(one) for one in providers)}\n\nMODELS = {{\n{models}}}\n"


def recorded_date() -> str | None:
    """The date in the file as it stands."""
    if not TARGET.exists():
        return None
    found = [line for line in TARGET.read_text(encoding="utf-8").splitlines() if line.startswith("READ_ON = ")]
    return found[0].split('"')[1] if found else None


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument(
        "--read-on", help="the date of the prices (ISO); default: that in the file, or today's for a new one"
    )
    options = parser.parse_args(arguments)
    text = generate(options.read_on or recorded_date() or datetime.now(UTC).date().isoformat())
    if not options.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(
        f"{TARGET.relative_to(ROOT)} is not what {PACKAGE} {metadata.version(PACKAGE)} gives. Run scripts/build_catalog.py and read"
    )
    print("the difference; pass --read-on for the date of the new prices.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
