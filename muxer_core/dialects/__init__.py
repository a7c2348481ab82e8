"""Dialects: one codec for each API. `protocol` says what a codec must offer; each folder beside it speaks one API."""
