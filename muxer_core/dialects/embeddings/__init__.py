"""Vectors: one file for each shape of request and reply. A chat dialect whose API makes vectors delegates to its shape's functions."""
