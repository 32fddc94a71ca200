"""Prices, added up in Rust."""

from ._prices import total

__all__ = ["total"]
