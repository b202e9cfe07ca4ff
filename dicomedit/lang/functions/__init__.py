"""The built-in functions by subject; a module of them is imported when a script names one."""

from dicomedit.lang.functions.registry import REGISTRY

__all__ = ["REGISTRY"]
