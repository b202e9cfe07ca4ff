"""Read a whole Java pattern and write it anew for the `regex` package.

Nothing of a pattern is passed on unread, so the package's own extensions cannot be reached from a
script. Where Java's releases differ, the answers are those of Java 8 to 18.
"""

from __future__ import annotations

import string

import regex

from dicomedit.lang.java_regex_classes import LINE_ENDS, UNICODE_WORD, SetReader, literal
from dicomedit.lang.java_regex_errors import PatternError
from dicomedit.lang.java_regex_properties import spelled_out

_LINE_BREAK = r"(?:\r\n|[\n-\r\u0085\u2028\u2029])"
_NEVER = "(?!)"
_REPEATS = frozenset("?*+")
_FLAGS = frozenset("idmsuxU")
_MOST_REPEATS = "2147483647"
_MOST_NODES = 100_000
_NONZERO = frozenset("123456789")
_DIGITS = frozenset(string.digits)
_LETTERS = frozenset(string.ascii_letters)

# "$" does not match between \r and \n, nor "^" with flag m; there "^" never matches at the end.
_INSIDE_CRLF = r"(?:(?<=\r)(?=\n))"
_BEFORE_LAST_END = rf"(?:(?=(?:\r\n|[{LINE_ENDS}])?\Z)(?!{_INSIDE_CRLF}))"
_UNIX_BEFORE_LAST_END = r"(?=\n?\Z)"
_LINE_STARTS = {
    False: rf"(?:(?:\A|(?<=[{LINE_ENDS}])(?!{_INSIDE_CRLF}))(?!\Z))",
    True: r"(?:(?:\A|(?<=\n))(?!\Z))",
}
_LINE_STOPS = {
    False: rf"(?:(?=[{LINE_ENDS}]|\Z)(?!{_INSIDE_CRLF}))",
    True: r"(?=\n|\Z)",
}

# Without flag U, Java counts any letter or digit as part of a word here, and a mark after one.
_BEFORE = r"[_\p{L}\p{Nd}]|[\p{L}\p{Nd}][\p{Mn}]+"
_AFTER = r"[_\p{L}\p{Nd}]|(?<=[\p{L}\p{Nd}][\p{Mn}]*)[\p{Mn}]"


def translate(pattern: str) -> tuple[regex.Pattern[str], int]:
    """Return a Java pattern compiled by the `regex` package, and how many groups it has.

    Raises PatternError where Java would refuse the pattern and for the few things that cannot
    be had from the `regex` package.
    """
    try:
        reader = _PatternReader(pattern)
        translated = reader.whole()
        return regex.compile(translated, reader.encoding | regex.V1), reader.groups
    except RecursionError:
        raise PatternError("the pattern is nested too deeply") from None
    except regex.error as error:
        problem = str(error).partition(" at position")[0]
        raise PatternError(f"the pattern {pattern!r} is not supported: {problem}") from None


class _PatternReader(SetReader):
    """Reads one pattern and writes it anew."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.groups = 0
        self.encoding = regex.UNICODE
        self._names: dict[str, int] = {}
        self._highest_reference = 0
        self._needs_unicode = False
        # The package copies what must be repeated, copies of copies too; this counts the copies.
        self._nodes = 0

    def whole(self) -> str:
        translated = self._alternatives()
        if self.peek():
            raise self.error("an unmatched ')'")
        if self.encoding == regex.ASCII:
            translated = self._without_properties(translated)
        # Java lets a pattern refer to a group it does not have; such a group never takes part.
        missing = "()" * (self._highest_reference - self.groups)
        return f"(?:{translated})(?:{_NEVER}{missing})?" if missing else translated

    def _without_properties(self, translated: str) -> str:
        if self._needs_unicode:
            raise self.error(r"a reference under flag i beside \X or flag u, which is unsupported")
        spelled = spelled_out(translated) if r"\p" in translated else translated
        self._check_size(self._nodes * len(spelled) // (len(translated) + 1))
        return spelled

    def _alternatives(self) -> str:
        alternatives = [self._sequence()]
        while self.take("|"):
            alternatives.append(self._sequence())
        return "|".join(alternatives)

    def _sequence(self) -> str:
        terms = []
        while self.peek() not in {"", "|", ")"}:
            terms.append(self._term())
        return "".join(terms)

    def _term(self) -> str:
        char = self.peek()
        if char in _REPEATS:
            raise self.error(f"a dangling '{char}'")
        nodes = self._nodes
        if self.take("("):
            return self._group()
        atom = "(?:)" if char == "{" else self._atom(self.raw())
        self._nodes += 1 + atom.count("(") + len(atom) // 100
        return self._repeated(atom, nodes)

    def _atom(self, char: str) -> str:
        readers = {
            "[": self.bracketed,
            "\\": self._escape,
            "^": self._line_start,
            "$": self._line_stop,
            ".": self._dot,
        }
        return readers[char]() if char in readers else self._character(char)

    def _character(self, char: str) -> str:
        body = self.single(char)
        return body if body == literal(char) else f"[{body}]"

    def _dot(self) -> str:
        if "s" in self.flags:
            return "(?s:.)"
        return r"[^\n]" if "d" in self.flags else f"[^{LINE_ENDS}]"

    def _line_start(self) -> str:
        return _LINE_STARTS["d" in self.flags] if "m" in self.flags else r"\A"

    def _line_stop(self) -> str:
        return _LINE_STOPS["d" in self.flags] if "m" in self.flags else self._last_line_stop()

    def _last_line_stop(self) -> str:
        return _UNIX_BEFORE_LAST_END if "d" in self.flags else _BEFORE_LAST_END

    # What follows a backslash.

    def _escape(self) -> str:
        letter = self.raw()
        readers = {
            "Z": self._last_line_stop,
            "X": self._grapheme,
            "b": self._boundary,
            "B": self._no_boundary,
            "k": self._named_reference,
        }
        fixed = {"A": r"\A", "G": r"\A", "z": r"\Z", "R": _LINE_BREAK}
        if letter in fixed:
            return fixed[letter]
        if letter in readers:
            return readers[letter]()
        return self._numbered_reference(letter) if letter in _NONZERO else self._set(letter)

    def _set(self, letter: str) -> str:
        body = self.set_escape(letter)
        return self._character(self.character_escape(letter)) if body is None else f"[{body}]"

    def _grapheme(self) -> str:
        self._needs_unicode = True
        return r"\X"

    def _boundary(self) -> str:
        if self.peek() == "{" and self.ahead(1) == "g":
            raise self.error(r"\b{g}, which is not supported")
        before, after = self._word_sides()
        return f"(?:(?<={before})(?!{after})|(?<!{before})(?={after}))"

    def _no_boundary(self) -> str:
        before, after = self._word_sides()
        return f"(?:(?<={before})(?={after})|(?<!{before})(?!{after}))"

    def _word_sides(self) -> tuple[str, str]:
        return (f"[{UNICODE_WORD}]",) * 2 if "U" in self.flags else (_BEFORE, _AFTER)

    def _numbered_reference(self, digit: str) -> str:
        number = int(digit)
        while self.peek() in _DIGITS and number * 10 + int(self.peek()) <= self.groups:
            number = number * 10 + int(self.raw())
        return self._reference(number)

    def _named_reference(self) -> str:
        if not self.take("<"):
            raise self.error(r"\k without a group name")
        name = self._group_name()
        if name not in self._names:
            raise self.error(f"a reference to the unknown group {name!r}")
        return self._reference(self._names[name])

    def _reference(self, number: int) -> str:
        self._highest_reference = max(self._highest_reference, number)
        if "i" not in self.flags:
            return rf"\g<{number}>"
        # How the package compares cases hangs on one choice for the whole pattern, and under
        # the choice for ASCII it takes no other character to have a property.
        if "u" in self.flags:
            self._needs_unicode = True
        else:
            self.encoding = regex.ASCII
        return rf"(?i-f:\g<{number}>)"

    # Groups.

    def _group(self) -> str:
        outer = self.flags
        nodes = self._nodes
        opening = self._opening() if self.take("?") else self._capturing()
        if not opening:
            return ""
        body = self._alternatives()
        if not self.take(")"):
            raise self.error("an unclosed group")
        self.flags = outer
        self._nodes += 1
        return self._repeated(f"{opening}{body})", nodes, group=True)

    def _capturing(self) -> str:
        self.groups += 1
        return "("

    def _opening(self) -> str:
        kind = self.ahead()
        if kind in {":", "=", "!", ">"}:
            return f"(?{self.raw()}"
        if kind != "<":
            return self._flags_opening()
        self.raw()
        if self.peek() in {"=", "!"}:
            return f"(?<{self.raw()}"
        return self._named_opening()

    def _named_opening(self) -> str:
        name = self._group_name()
        if name in self._names:
            raise self.error(f"two groups named {name!r}")
        opening = self._capturing()
        self._names[name] = self.groups
        return opening

    def _group_name(self) -> str:
        name = ""
        while self.peek() in (_LETTERS | _DIGITS if name else _LETTERS):
            name += self.raw()
        if not name or not self.take(">"):
            raise self.error("a bad group name")
        return name

    def _flags_opening(self) -> str:
        """Put the flags in force; "" is returned where they open no group."""
        self.flags |= self._flags()
        if self.take("-"):
            self.flags -= self._flags()
        if self.take(")"):
            return ""
        if not self.take(":"):
            raise self.error("an unknown kind of group or an unsupported flag")
        return "(?:"

    def _flags(self) -> frozenset[str]:
        found: set[str] = set()
        while self.peek() in _FLAGS:
            found |= {"U", "u"} if self.peek() == "U" else {self.peek()}
            self.position += 1
        return frozenset(found)

    # Repetition.

    def _repeated(self, atom: str, nodes: int, *, group: bool = False) -> str:
        """Return `atom`, before which there were `nodes`, with the repetition that follows it."""
        count, copies = self._count()
        if not count:
            return atom
        self._nodes = nodes + (self._nodes - nodes) * copies
        self._check_size(self._nodes)
        if atom == _LINE_BREAK:
            # Repeated, Java's \R holds on to both characters of a \r\n.
            atom = f"(?>{atom})"
        if self.take("?"):
            return f"{atom}{count}?"
        if self.take("+"):
            # Java never goes back into one turn of a possessive loop, even to complete another.
            return f"(?>{atom}){count}+" if group else f"{atom}{count}+"
        return f"{atom}{count}"

    def _check_size(self, nodes: int) -> None:
        if nodes > _MOST_NODES:
            raise self.error("more repetition than is supported")

    def _count(self) -> tuple[str, int]:
        """Return the repetition, if there is one, and how many copies the package makes for it."""
        if self.peek() in _REPEATS:
            return self.raw(), 2 if self.text[self.position - 1] == "+" else 1
        return self._braces() if self.take("{") else ("", 1)

    def _braces(self) -> tuple[str, int]:
        least = most = self._number()
        if self.take(","):
            most = "" if self.peek() == "}" else self._number()
        if not self.take("}"):
            raise self.error("an unclosed repetition")
        if most and int(most) < int(least):
            raise self.error("a repetition whose least count is above its greatest")
        return f"{{{least},{most}}}", int(least) + (most != least)

    def _number(self) -> str:
        digits = ""
        while self.peek() in _DIGITS:
            digits += self.raw()
        number = digits.lstrip("0") or "0"
        if not digits or len(number) > len(_MOST_REPEATS) or int(number) > int(_MOST_REPEATS):
            raise self.error("a '{' that opens no repetition, or one that is too large")
        return number
