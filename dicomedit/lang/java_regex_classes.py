"""Read what stands for one character in a Java pattern, as a set of the `regex` package.

A set is passed around as its body, the text between the brackets, in the package's version 1
syntax. Every character in it is written so that it cannot be taken for an operator, and upper
and lower case are both spelled out, so that no flag of the package bears on the result.
"""

import functools
import string
import sys
import unicodedata

import regex

from dicomedit.lang.java_regex_errors import PatternError
from dicomedit.lang.java_regex_properties import property_set

LINE_ENDS = r"\n\r\u0085\u2028\u2029"
UNICODE_WORD = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d"

_ASCII_CLASSES = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r"\x20\t-\r"}
_UNICODE_CLASSES = {"d": r"\p{Nd}", "w": UNICODE_WORD, "s": r"\p{Z}\t-\r\u0085"}
_SPACE_CLASSES = {
    "h": r"\x20\t\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n-\r\u0085\u2028\u2029",
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_BLANKS = frozenset(" \t\n\v\f\r")
_HEX = frozenset(string.hexdigits)
_OCTAL = frozenset(string.octdigits)
_LAST_CASED = 0x1E943
_SURROGATES = 0xD800
_LOW_SURROGATES = 0xDC00
_SURROGATES_END = 0xE000
_BEYOND_16_BITS = 0x10000


def literal(char: str) -> str:
    """Return `char` so written that it stands for itself, in a set and out of one."""
    if char.isascii() and char.isalnum():
        return char
    return rf"\u{ord(char):04x}" if ord(char) < _BEYOND_16_BITS else rf"\U{ord(char):08x}"


def without_quotes(pattern: str) -> str:
    r"""Return `pattern` with what stands between \Q and \E escaped one by one."""
    quote = r"\\Q(.*?)(?:\\E|\Z)|\\."
    return regex.sub(quote, lambda found: _escaped(found[0], found[1]), pattern, flags=regex.S)


def _escaped(whole: str, quoted: str | None) -> str:
    if quoted is None:
        return whole
    plain = "".join(c if c.isalnum() or not c.isascii() else "\\" + c for c in quoted)
    # A digit might otherwise be read as part of an escape that stands before the quotation.
    return rf"\x3{plain}" if plain and plain[0] in string.digits else plain


def _upper(char: str) -> str:
    # Java maps one character to one; only title() tells that mapping where upper() gives two.
    return next((form for form in (char.upper(), char.title()) if len(form) == 1), char)


def _folded(char: str) -> str:
    return _upper(char).lower()[0]


class SetReader:
    """A pattern's characters in order, and the sets they spell out under the flags in force."""

    def __init__(self, pattern: str) -> None:
        """Start before the first character, with no flag in force."""
        self.pattern = pattern
        self.text = without_quotes(pattern)
        self.position = 0
        self.flags: frozenset[str] = frozenset()

    def error(self, problem: str) -> PatternError:
        """Return the error that says that the pattern has `problem`."""
        return PatternError(f"the pattern {self.pattern!r} has {problem}")

    def ahead(self, offset: int = 0) -> str:
        """Return a character further on, "" past the end, without passing over comments."""
        return self.text[self.position + offset : self.position + offset + 1]

    def raw(self) -> str:
        """Take the next character, "" at the end, even if it is a blank or opens a comment."""
        char = self.ahead()
        self.position += len(char)
        return char

    def peek(self) -> str:
        """Return the next character, "" at the end, after passing over blanks and comments."""
        while "x" in self.flags and (self.ahead() in _BLANKS or self.ahead() == "#"):
            if self.raw() == "#":
                self._skip_comment()
        return self.ahead()

    def _skip_comment(self) -> None:
        ends = "\n" if "d" in self.flags else "\n\r\x85\u2028\u2029"
        while self.ahead() and self.ahead() not in ends:
            self.position += 1

    def read(self) -> str:
        """Take the character that `peek` shows."""
        self.peek()
        return self.raw()

    def take(self, char: str) -> bool:
        """Take the next character if it is `char`, and tell whether it was."""
        found = self.peek() == char
        self.position += found
        return found

    def up_to(self, end: str, inside: str) -> str:
        """Take what stands before `end`, and `end` too."""
        text, found, _ = self.text[self.position :].partition(end)
        if not found or not text:
            raise self.error(f"an unclosed or empty {inside}")
        self.position += len(text) + 1
        return text

    # One character.

    def single(self, char: str) -> str:
        """Return the set of `char` and, where the flags say so, of its other case."""
        if "i" not in self.flags:
            return literal(char)
        if "u" in self.flags:
            return self._unicode_cases(char)
        both = {char, char.swapcase()} if char.isascii() else {char}
        return "".join(literal(form) for form in sorted(both))

    def _unicode_cases(self, char: str) -> str:
        folded = _folded(char)
        if folded == _upper(char):
            return literal(char)
        same = {folded, *(each for each, _, fold in self._cased if fold == folded)}
        return "".join(literal(form) for form in sorted(same))

    @functools.cached_property
    def _cased(self) -> list[tuple[str, str, str]]:
        """Every character that has cases, with its upper case and its folded form."""
        every = ((char, _upper(char), _folded(char)) for char in map(chr, range(_LAST_CASED + 1)))
        return [row for row in every if row[1] != row[2]]

    def span(self, first: str, last: str) -> str:
        """Return the set from `first` to `last` and, where the flags say so, of other cases."""
        plain = f"{literal(first)}-{literal(last)}"
        if "i" not in self.flags:
            return plain
        if "u" in self.flags:
            rows = self._cased
        else:
            rows = [(c, c.upper(), c.lower()) for c in string.ascii_letters]
        other = (c for c, up, low in rows if first <= up <= last or first <= low <= last)
        return plain + "".join(map(literal, other))

    def character_escape(self, letter: str) -> str:
        """Return the character that a backslash and `letter`, just taken, stand for."""
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        readers = {
            "0": self._octal,
            "x": self._hexadecimal,
            "u": self._code_unit,
            "c": self._control,
            "N": self._named,
        }
        if letter in readers:
            return readers[letter]()
        if not letter or (letter.isascii() and letter.isalnum()):
            raise self.error(rf"\{letter}, which is no escape sequence")
        return letter

    def _digits(self, allowed: frozenset[str], most: int) -> str:
        digits = ""
        while len(digits) < most and self.peek() in allowed:
            digits += self.raw()
        return digits

    def _octal(self) -> str:
        first = self._digits(_OCTAL, 1)
        if not first:
            raise self.error(r"\0 without an octal digit")
        return chr(int(first + self._digits(_OCTAL, 2 if first <= "3" else 1), 8))

    def _hexadecimal(self) -> str:
        if not self.take("{"):
            return chr(self._fixed_hexadecimal(2))
        digits = self._digits(_HEX, len(self.text))
        if not digits or not self.take("}") or int(digits, 16) > sys.maxunicode:
            raise self.error(r"a bad \x{...}")
        return chr(int(digits, 16))

    def _fixed_hexadecimal(self, count: int) -> int:
        digits = self._digits(_HEX, count)
        if len(digits) < count:
            raise self.error("too few hexadecimal digits in an escape sequence")
        return int(digits, 16)

    def _code_unit(self) -> str:
        high = self._fixed_hexadecimal(4)
        after = self.position
        if _SURROGATES <= high < _LOW_SURROGATES and self.read() == "\\" and self.read() == "u":
            low = self._fixed_hexadecimal(4)
            if _LOW_SURROGATES <= low < _SURROGATES_END:
                return chr(_BEYOND_16_BITS + (high - _SURROGATES) * 0x400 + low - _LOW_SURROGATES)
        self.position = after
        return chr(high)

    def _control(self) -> str:
        letter = self.read()
        if not letter:
            raise self.error(r"\c without a letter")
        return chr(ord(letter) ^ 64)

    def _named(self) -> str:
        if not self.take("{"):
            raise self.error(r"\N without a name")
        name = self.up_to("}", "character name")
        try:
            return chr(ord(unicodedata.lookup(name)))
        except (KeyError, TypeError):
            raise self.error(f"the unknown character name {name!r}") from None

    # One set.

    def set_escape(self, letter: str) -> str | None:
        """Return the set that a backslash and `letter`, just taken, stand for, if they do."""
        if letter in {"p", "P"}:
            return self._property(negated=letter == "P")
        classes = _UNICODE_CLASSES if "U" in self.flags else _ASCII_CLASSES
        body = (classes | _SPACE_CLASSES).get(letter.lower())
        return body if body is None or letter.islower() else f"[^{body}]"

    def _property(self, *, negated: bool) -> str:
        name = self.up_to("}", "property name") if self.take("{") else self.read()
        body = property_set(name, self.flags)
        if body is None:
            raise self.error(f"the unknown or unsupported property {name!r}")
        return f"[^{body}]" if negated else body

    def bracketed(self) -> str:
        """Return the set whose opening bracket was just taken, with brackets around it."""
        negated = self.peek() == "^" and self.text[self.position - 1] == "["
        self.position += negated
        body = self._members()
        self.take("]")
        return f"[^{body}]" if negated else f"[{body}]"

    def _members(self) -> str:
        body = ""
        while not (self.peek() == "]" and body):
            if self.take("["):
                body += self.bracketed()
            elif self._take_intersection():
                body = self._intersection(body)
            else:
                body += self._member()
        return body

    def _take_intersection(self) -> bool:
        start = self.position
        if self.take("&") and self.take("&"):
            return True
        self.position = start
        return False

    def _intersection(self, left: str) -> str:
        right = ""
        while self.peek() not in {"]", "&"}:
            right += self.bracketed() if self.take("[") else self._members()
        if not right:
            raise self.error("an intersection with nothing after '&&'")
        return f"[[{left}]&&[{right}]]" if left else right

    def _member(self) -> str:
        first = self.raw()
        if not first:
            raise self.error("an unclosed character class")
        if first == "\\":
            letter = self.raw()
            vertical_tab = letter == "v" and self.ahead() == "-"
            body = None if vertical_tab else self.set_escape(letter)
            if body is not None:
                return body
            first = "\v" if vertical_tab else self.character_escape(letter)
        if self.peek() != "-" or self.ahead(1) in {"[", "]"}:
            return self.single(first)
        return self._span_from(first)

    def _span_from(self, first: str) -> str:
        self.raw()
        last = self.read()
        if last == "\\":
            letter = self.raw()
            last = "\v" if letter == "v" else self.character_escape(letter)
        if last < first:
            raise self.error("a range whose end stands before its start")
        return self.span(first, last)
