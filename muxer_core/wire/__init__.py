"""Bytes: heads of requests and replies, server-sent events, lenient JSON, dates and limits. No dialect is known here."""
