"""The built-in functions by subject; importing this package fills the registry."""

from dicomedit.lang.functions import dates, editing, logic, lookup, pixels, text, uids, values
from dicomedit.lang.functions.registry import REGISTRY

__all__ = ["REGISTRY", "dates", "editing", "logic", "lookup", "pixels", "text", "uids", "values"]
