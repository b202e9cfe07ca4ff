"""Hashes of short texts, by Python's own code: `hashlib` loads OpenSSL, which takes longer."""

from __future__ import annotations

from functools import cache
from importlib import import_module

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@cache
def hash_function(name: str) -> Callable[..., Any]:
    """Return ``sha1`` or ``sha256`` as `hashlib` has it, which is asked when nobody else has it."""
    for module in (f"_{name}", "_sha2"):  # up to Python 3.11, and since
        try:
            found: Callable[..., Any] = getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
        return found
    return getattr(import_module("hashlib"), name)  # type: ignore[no-any-return]
