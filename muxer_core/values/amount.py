"""`Usd`: an exact amount of money, in whole pico-dollars (10^-12 US dollars). No binary floating point comes near it.

The name and the unit are one: other currencies are refused where prices are loaded.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from muxer_core.values.errors import InvalidRequest

PICO = 10**12
"""Pico-dollars in a US dollar."""

MOST_DIGITS = 30
"""Digits before the point. More are refused: an exponent such as 1e999999999 would take all memory to become an integer."""


def shown(amount: object) -> str:
    """What was given, for an error's words: short, whatever it was."""
    try:
        text = repr(amount)
    except ValueError:
        return "an integer of thousands of digits"
    return text if len(text) <= 60 else f"{text[:60]}…"


class Usd(msgspec.Struct, frozen=True, gc=False, order=True, repr_omit_defaults=False):
    """An amount of US dollars; `pico` is that amount in 10^-12 dollars. Sums and differences are exact.

    >>> Usd.parse("0.01") + Usd.parse("0.000005")
    Usd('0.010005')
    >>> print(Usd.parse("0.01"))
    $0.01
    """

    pico: int

    @classmethod
    def parse(cls, amount: Usd | Decimal | str | float, *, field: str = "amount") -> Usd:
        """An amount given as text, as a decimal, or as a number of dollars. A float means what its shortest spelling says, so that
        0.01 is a cent. Raises `InvalidRequest` for `field` when it is no finite number or has digits below a pico-dollar.
        """
        if isinstance(amount, Usd):
            return amount
        if isinstance(amount, bool):
            raise InvalidRequest(field, f"must be an amount of US dollars, got {amount!r}")
        try:
            dollars = Decimal(repr(amount) if isinstance(amount, float) else str(amount).strip().removeprefix("$"))
        except (InvalidOperation, ValueError):  # ValueError: an integer of thousands of digits
            raise InvalidRequest(field, f"must be an amount of US dollars, got {shown(amount)}") from None
        if not dollars.is_finite():
            raise InvalidRequest(field, f"must be a finite amount of US dollars, got {shown(amount)}")
        if dollars and dollars.adjusted() < -12:
            raise InvalidRequest(field, f"has digits below a pico-dollar (10^-12): {shown(amount)}")
        if dollars.adjusted() > MOST_DIGITS or len(dollars.as_tuple().digits) > 2 * MOST_DIGITS:
            raise InvalidRequest(field, f"is too large, or has too many digits: {dollars:.3e}")
        numerator, denominator = dollars.as_integer_ratio()
        pico, rest = divmod(numerator * PICO, denominator)
        if rest:
            raise InvalidRequest(field, f"has digits below a pico-dollar (10^-12): {shown(amount)}")
        return cls(pico)

    def __add__(self, other: Usd) -> Usd:
        return Usd(self.pico + other.pico)

    def __sub__(self, other: Usd) -> Usd:
        return Usd(self.pico - other.pico)

    def __mul__(self, times: int) -> Usd:
        """`times` is a whole number: a fraction of an amount needs a rule for rounding, which is its caller's to choose."""
        if type(times) is not int:
            return NotImplemented
        return Usd(self.pico * times)

    __rmul__ = __mul__

    def __radd__(self, other: Usd | int) -> Usd:
        """Lets `sum` start from its 0."""
        if isinstance(other, Usd) or other:
            return NotImplemented
        return self

    def __bool__(self) -> bool:
        return self.pico != 0

    def to_decimal(self) -> Decimal:
        """The exact number of dollars, however many digits it has."""
        digits = tuple(int(digit) for digit in str(abs(self.pico)))
        return Decimal((int(self.pico < 0), digits, -12))

    def __float__(self) -> float:
        """The nearest binary number of dollars, for display and graphs only."""
        return self.pico / PICO

    def __str__(self) -> str:
        """Dollars, exact, without needless zeros (at least two digits of cents where there are any)."""
        sign = "-" if self.pico < 0 else ""
        whole, part = divmod(abs(self.pico), PICO)
        digits = f"{part:012d}".rstrip("0").ljust(2, "0") if part else ""
        return f"{sign}${whole}{'.' if digits else ''}{digits}"

    def __repr__(self) -> str:
        return f"Usd('{str(self).replace('$', '')}')"
