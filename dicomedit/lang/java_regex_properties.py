r"""What Java's \p{...} names mean, as sets of the `regex` package."""

import sys
from collections.abc import Iterable, Mapping, Set

import regex

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "Blank": r"\x20\t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r"\x20\t-\r",
}
_SUBCATEGORIES = {
    "L": "ultmo",
    "M": "nec",
    "N": "dlo",
    "Z": "slp",
    "C": "ncfos",
    "P": "dsecoif",
    "S": "mcko",
}
_CATEGORIES = {
    major + minor: rf"\p{{{major}{minor}}}"
    for major, minors in _SUBCATEGORIES.items()
    for minor in ("", *minors)
}
_UNIONS = {
    "LC": r"\p{Lu}\p{Ll}\p{Lt}",
    "LD": r"\p{L}\p{Nd}",
    "L1": r"\x00-\xff",
    "all": r"\x00-\U0010ffff",
}
_UNICODE = {
    "alphabetic": r"\p{Alphabetic}",
    "assigned": r"[^\p{Cn}]",
    "control": r"\p{Cc}",
    "hexdigit": r"\p{Nd}a-fA-F\uff21-\uff26\uff41-\uff46",
    "ideographic": r"\p{Ideographic}",
    "joincontrol": r"\u200c\u200d",
    "letter": r"\p{L}",
    "lowercase": r"\p{Lowercase}",
    "noncharactercodepoint": r"\p{Noncharacter_Code_Point}",
    "titlecase": r"\p{Lt}",
    "punctuation": r"\p{P}",
    "uppercase": r"\p{Uppercase}",
    "whitespace": r"\p{Z}\t-\r\u0085",
    "word": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d",
}
_UNICODE_POSIX = {
    "alpha": _UNICODE["alphabetic"],
    "lower": _UNICODE["lowercase"],
    "upper": _UNICODE["uppercase"],
    "space": _UNICODE["whitespace"],
    "punct": _UNICODE["punctuation"],
    "xdigit": _UNICODE["hexdigit"],
    "alnum": r"\p{Alphabetic}\p{Nd}",
    "cntrl": r"\p{Cc}",
    "digit": r"\p{Nd}",
    "blank": r"\p{Zs}\t",
    "graph": r"[^\p{Z}\p{Cc}\p{Cs}\p{Cn}]",
    "print": r"[^\p{Zl}\p{Zp}\p{Cc}\p{Cs}\p{Cn}]",
}
_JAVA = {
    "javaLowerCase": _UNICODE["lowercase"],
    "javaUpperCase": _UNICODE["uppercase"],
    "javaTitleCase": _UNICODE["titlecase"],
    "javaAlphabetic": _UNICODE["alphabetic"],
    "javaIdeographic": _UNICODE["ideographic"],
    "javaDigit": r"\p{Nd}",
    "javaDefined": r"[^\p{Cn}]",
    "javaLetter": r"\p{L}",
    "javaLetterOrDigit": r"\p{L}\p{Nd}",
    "javaSpaceChar": r"\p{Z}",
    "javaWhitespace": r"[[\t-\r\x1c-\x20\p{Z}]--[\u00a0\u2007\u202f]]",
    "javaISOControl": r"\p{Cc}",
    "javaMirrored": r"\p{Bidi_Mirrored}",
}
_EXACT = _POSIX | _CATEGORIES | _UNIONS | _JAVA
_LOOSE = _UNICODE | _UNICODE_POSIX
_CASES = (
    frozenset({"Lower", "Upper"}),
    frozenset({"Lu", "Ll", "Lt"}),
    frozenset({"lower", "upper", "title", "lowercase", "uppercase", "titlecase"}),
    frozenset({"javaLowerCase", "javaUpperCase", "javaTitleCase"}),
)


def property_set(name: str, flags: Set[str]) -> str | None:
    r"""Return the set that \p{`name`} stands for, or None where there is no such property.

    Under flag i a property of one case stands for all three, as it does in Java.
    """
    key, equals, value = name.partition("=")
    if equals:
        return _keyed(key.lower(), value, flags)
    if name.startswith("In"):
        return _known("Block", name[2:])
    if name.startswith("Is"):
        return _binary(name[2:], flags) or _known("Script", name[2:])
    if "U" in flags and name.lower() in _UNICODE_POSIX:
        return _looked_up(_LOOSE, name.lower(), flags)
    return _looked_up(_EXACT, name, flags)


def spelled_out(translated: str) -> str:
    r"""Return a translated pattern with every \p{...} in it replaced by all its characters."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    for name in set(regex.findall(r"\\p\{.*?\}", translated)):
        runs = regex.findall(f"[{name}]+", every, flags=regex.V1)
        spans = (rf"\U{ord(run[0]):08x}-\U{ord(run[-1]):08x}" for run in runs)
        translated = translated.replace(name, "".join(spans))
    return translated


def _keyed(key: str, value: str, flags: Set[str]) -> str | None:
    if key in {"sc", "script"}:
        return _known("Script", value)
    if key in {"blk", "block"}:
        return _known("Block", value)
    return _looked_up(_EXACT, value, flags) if key in {"gc", "general_category"} else None


def _binary(name: str, flags: Set[str]) -> str | None:
    loose = name.lower()
    if loose in {"white_space", "hex_digit", "join_control", "noncharacter_code_point"}:
        loose = loose.replace("_", "")
    return _looked_up(_LOOSE, loose, flags) or _looked_up(_EXACT, name, flags)


def _looked_up(table: Mapping[str, str], name: str, flags: Set[str]) -> str | None:
    if name not in table:
        return None
    names: Iterable[str] = (name,)
    if "i" in flags:
        names = sorted(next((group for group in _CASES if name in group), names))
    return "".join(table[each] for each in names if each in table)


def _known(kind: str, value: str) -> str | None:
    """Return a script or block under the name the `regex` package knows it by, if it does."""
    if not regex.fullmatch(r"[A-Za-z0-9_ -]+", value):
        return None
    body = rf"\p{{{kind}={value}}}"
    try:
        regex.compile(body)
    except regex.error:
        return None
    return body
