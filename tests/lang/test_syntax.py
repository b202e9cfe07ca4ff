r"""What is a script and what is not: sections 1 and 2 of the language reference, row by row.

``\n`` in a row is a line end, ``\\`` one backslash.
"""

from __future__ import annotations

import pytest

from dicomedit.errors import ScriptError, Source
from dicomedit.lang.compile import compile_source
from dicomedit.lang.parser import Parsed, parse
from dicomedit.lang.printer import print_script


def _parse(script: str) -> Parsed:
    return parse(Source("s", script))


def _places(diagnostics) -> list[str]:
    """Return code and place of each diagnostic, as ``code 1:5``."""
    return [f"{each.code} {each.location.partition(':')[2]}" for each in diagnostics]


# --- accepted: the script, and what it is taken for, one statement a line -------------------------

ACCEPTED = {
    # blanks, lines and comments
    "an empty script": ("", ""),
    "blank lines": ("\n \t\n\n", ""),
    "only a comment": ("// nothing", ""),
    "comments may hold a single quote": ('// don"t\necho "a"', 'echo "a"'),
    "a comment directly after a statement": ('echo "a"//c', 'echo "a"'),
    "slashes in a text are no comment": ('echo "http://a//b" // c', 'echo "http://a//b"'),
    "blanks around every token": (
        ' (0008,1140) [ 0 ] / (0008,1155)\t:= "a" ',
        '(0008,1140)[0]/(0008,1155) := "a"',
    ),
    "no blanks at all": ('(0010,0010):="a"', '(0010,0010) := "a"'),
    "Windows line ends": ('echo "a"\r\necho "b"\r\n', 'echo "a"\necho "b"'),
    "a lone carriage return is a blank": ('echo "a"\recho "b"', 'echo "a"\necho "b"'),
    "no line end at the end": ('echo "a"\necho "b"', 'echo "a"\necho "b"'),
    # statements need nothing between them
    "two deletions on a line": ("-(0010,0010) -(0010,0020)", "-(0010,0010)\n-(0010,0020)"),
    "a deletion after a value": ("v := 1 -(0010,0010)", "v := 1\n-(0010,0010)"),
    "a deletion after a text": ('echo "a"-(0010,0010)', 'echo "a"\n-(0010,0010)'),
    "two assignments on a line": (
        '(0008,0060) := "A" (0010,0020) := "B"',
        '(0008,0060) := "A"\n(0010,0020) := "B"',
    ),
    "everything after everything": (
        'version "6.6" describe v "d" export v "e" removeAllPrivateTags f[] echo',
        'version "6.6"\ndescribe v "d"\nexport v "e"\nremoveAllPrivateTags\nf[]\necho',
    ),
    # continued lines
    "a line is continued after a backslash": ('echo \\\n"a"', 'echo "a"'),
    "so is a text": ('echo "ab\\\n  cd"', 'echo "ab  cd"'),
    "and even a word or a tag": ("ec\\\nho (00\\\n10,0010)", "echo (0010,0010)"),
    "a backslash and a Windows line end": ('echo \\\r\n"a"', 'echo "a"'),
    "a backslash at the very end": ('echo "a" \\', 'echo "a"'),
    "several continuations": ('(0010,0010) \\\n\\\n := \\\n "a"', '(0010,0010) := "a"'),
    "an escaped backslash continues nothing": ('echo "a\\\\"\necho "b"', 'echo "a\\\\"\necho "b"'),
    # names: no letter is special, keywords only as whole words in their own case
    "a variable x": ('x := "1"', 'x := "1"'),
    "a variable X": ('X := "1"', 'X := "1"'),
    "keywords with more letters": ('iff := "1"\nversions := "2"', 'iff := "1"\nversions := "2"'),
    "keywords in capitals": ('IF := "1"\nEcho := "2"', 'IF := "1"\nEcho := "2"'),
    "include is no keyword": ('include := "1"', 'include := "1"'),
    "a function called like an operator": ("and[true[]]", "and[true[]]"),
    # hexadecimal words after a parenthesis are no tags
    "face after a parenthesis": ('if (face = "x") { }', 'if (face = "x") {\n}'),
    "faced after a parenthesis": ('if (faced = "x") { }', 'if (faced = "x") {\n}'),
    "face before a parenthesis": ('if ("x" = face) { }', 'if ("x" = face) {\n}'),
    "numbers of four digits": ("if (2020 = 2020) { }", "if (2020 = 2020) {\n}"),
    "a tag in parentheses of a condition": (
        'if ((0010,0010) = "x") { }',
        'if ((0010,0010) = "x") {\n}',
    ),
    # numbers keep their spelling
    "zero": ("echo 0", "echo 0"),
    "negative": ("echo -5", "echo -5"),
    "trailing zeros": ("echo 1.50", "echo 1.50"),
    "negative fraction": ("echo -0.5", "echo -0.5"),
    "any length": ("echo 99999999999999999999999", "echo 99999999999999999999999"),
    # texts: only a doubled backslash is translated
    "a doubled backslash is one": ('echo "a\\\\b"', 'echo "a\\\\b"'),
    "other escapes stay two characters": (
        r'echo "\n\r\t\b\f\(\)"',
        r'echo "\\n\\r\\t\\b\\f\\(\\)"',
    ),
    "octal escapes stay as well": (r'echo "\101"', r'echo "\\101"'),
    "any other character": ('echo "Mü^r 日本 \U0001f600\'#;$"', 'echo "Mü^r 日本 \U0001f600\'#;$"'),
    "lists translate like everything else": (r'v := {"a\\b"}', r'v := {"a\\b"}'),
    "descriptions are kept as spelt": (r'describe v "a\\b\n"', r'describe v "a\\b\n"'),
    # tags
    "digits in small letters": ("-(abce,ffff)", "-(ABCE,FFFF)"),
    "wildcards": ("-(001@,00#x)", "-(001@,00#X)"),
    "a digit after a wildcard": ("-(xX@2,30XX)", "-(XX@2,30XX)"),
    "blanks around the comma": ("-(0010 ,\t0020)", "-(0010,0020)"),
    "a private tag": ("-(0009,{ACME 1.0}01)", "-(0009,{ACME 1.0}01)"),
    "a blank before the brace": ("-(0009, {ACME}01)", "-(0009,{ACME}01)"),
    "private wildcards": ("-(000#,{A}X@)", "-(000#,{A}X@)"),
    "a creator of digits and points": ("-(0009,{1.2.840}01)", "-(0009,{1.2.840}01)"),
    "a creator with a slash": ("-(0009,{A//B}01)", "-(0009,{A//B}01)"),
    "a creator with a quote": ('-(0009,{A "B"}01)', '-(0009,{A "B"}01)'),
    "a creator with a brace": ("-(0009,{A{B}01)", "-(0009,{A{B}01)"),
    "a creator with other letters": ("-(0009,{Größe 日}01)", "-(0009,{Größe 日}01)"),
    # tag paths
    "all kinds of steps": (
        "-*/./+/(0008,1140)[%]/(0009,{A}10)[3]/(0010,0010)",
        "-*/./+/(0008,1140)[%]/(0009,{A}10)[3]/(0010,0010)",
    ),
    "levels alone": ("-*\n-.\n-+", "-*\n-.\n-+"),
    "an item at the end": ("-(0008,1140)[0]", "-(0008,1140)[0]"),
    "a path that begins with any levels": ('*/(0010,0010) ?= "a"', '*/(0010,0010) ?= "a"'),
    # conditions
    "a conditional without blanks": (
        '"a"="b"?(0010,0010):="T":(0010,0010):="F"',
        '"a" = "b" ? (0010,0010) := "T" : (0010,0010) := "F"',
    ),
    "a call as condition": ('true[] ? echo "a"', 'true[] ? echo "a"'),
    "every operator": (
        'a = b ? echo\na != b ? echo\na ~ "b" ? echo\na !~ "b" ? echo',
        'a = b ? echo\na != b ? echo\na ~ "b" ? echo\na !~ "b" ? echo',
    ),
    "echo of nothing in both branches": ("true[] ? echo : echo", "true[] ? echo : echo"),
    # if-chains: line ends and comments before and between the blocks
    "everything on one line": (
        'if("a"="b"){echo "1"}elseif("a"="c"){echo "2"}else{echo "3"}echo "4"',
        'if ("a" = "b") {\n    echo "1"\n} elseif ("a" = "c") {\n    echo "2"\n} else {\n'
        '    echo "3"\n}\necho "4"',
    ),
    "line ends wherever they may stand": (
        'if ("a"="b")\n{\n}\n\n// c\nelseif ("a"="c")\n// c\n{\n}\n\nelse\n\n{\n}\n',
        'if ("a" = "b") {\n} elseif ("a" = "c") {\n} else {\n}',
    ),
    "any statement in a block": (
        'if (true[]) { version "6.6" describe v "x" removeAllPrivateTags if (f[]) { } }',
        'if (true[]) {\n    version "6.6"\n    describe v "x"\n    removeAllPrivateTags\n'
        "    if (f[]) {\n    }\n}",
    ),
    # lists and calls
    "line ends in a list": ('v := {\n"a"\n,\n\n"b"\n}', 'v := {"a", "b"}'),
    "an empty list": ("v := {\n}", "v := {}"),
    "lists of lists": ('v := {{"a"}, {}, f[1, {2}]}', 'v := {{"a"}, {}, f[1, {2}]}'),
    "a blank before the bracket": ("f []", "f[]"),
    "calls in calls": ('f[g["a"], (0010,0010), x, 1]', 'f[g["a"], (0010,0010), x, 1]'),
    # descriptions
    "marks": (
        "describe v hidden\ndescribe v const\ndescribe v immutable",
        "describe v hidden\ndescribe v const\ndescribe v immutable",
    ),
    "include with and without quotes": (
        'include "a b.das"\ninclude c.das // c',
        'include "a b.das"\ninclude "c.das"',
    ),
}


@pytest.mark.parametrize(("script", "meaning"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(script, meaning):
    parsed = _parse(script)
    assert print_script(parsed.script).rstrip("\n") == meaning
    assert _places(parsed.notices) == []


# --- accepted with a warning ----------------------------------------------------------------------

WARNED = {
    "a byte order mark": ('\ufeffecho "a"', 'echo "a"', ["byte-order-mark 1:1"]),
    "a semicolon after a statement": ('echo "a";', 'echo "a"', ["semicolon 1:9"]),
    "semicolons between statements": (
        'echo "a"; echo ";" // ;\n;-(0009,{;}01)',
        'echo "a"\necho ";"\n-(0009,{;}01)',
        ["semicolon 1:9", "semicolon 2:1"],
    ),
    "semicolons in a block": ("if (f[]) { ; }", "if (f[]) {\n}", ["semicolon 1:12"]),
    "a comment that ends in a backslash swallows a line": (
        "-(0010,0010) // a \\\n-(0010,0020)\n-(0010,0030)",
        "-(0010,0010)\n-(0010,0030)",
        ["continued-comment 1:14"],
    ),
    "and one more when that ends in one too": (
        "// a \\\r\n-(0010,0010) \\\n-(0010,0020)\n-(0010,0030)",
        "-(0010,0030)",
        ["continued-comment 1:1"],
    ),
    "places after a continued line are those of the text": (
        'echo \\\n  "a\\\nb";',
        'echo "ab"',
        ["semicolon 3:3"],
    ),
}


@pytest.mark.parametrize(("script", "meaning", "places"), WARNED.values(), ids=WARNED)
def test_accepted_with_a_warning(script, meaning, places):
    parsed = _parse(script)
    assert print_script(parsed.script).rstrip("\n") == meaning
    assert _places(parsed.notices) == places


# --- refused: the script, and the places of its errors -------------------------------------------

REFUSED = {
    # characters no token accepts
    "a hash comment": ('echo "a" # c', "syntax 1:10"),
    "a C comment": ("/* c */", "syntax 1:1"),
    "single quotes": ("echo 'a'", "syntax 1:6"),
    "a dollar sign": ("echo $v", "unknown-character 1:6"),
    "a no-break space": ('echo\u00a0"a"', "unknown-character 1:5"),
    "a form feed": ('echo\f"a"', "unknown-character 1:5"),
    "a letter beyond ASCII": ('föö := "1"', "unknown-character 1:2"),
    "a second byte order mark": ("\ufeff\ufeff", "unknown-character 1:2"),
    "an exclamation mark before a call": ("if (! true[]) { }", "syntax 1:5"),
    "a backslash before a blank": ('echo "a" \\ \n', "unknown-character 1:10"),
    "binary data": ("\x00\x01\x02", "unknown-character 1:1"),
    # texts
    "a text over two lines": ('echo "a\nb"', "unclosed-text 1:6", "unclosed-text 2:2"),
    "a text without end": ('echo "a', "unclosed-text 1:6"),
    "a text that ends in an escaped quote": (r'echo "\""', "bad-escape 1:7"),
    "a regular expression's escape": (r'echo "PID\d"', "bad-escape 1:10"),
    "an octal escape of two digits": (r'echo "\10"', "bad-escape 1:7"),
    # names
    "the keyword if as a variable": ('if := "a"', "syntax 1:1"),
    "the keyword echo as a variable": ('echo := "a"', "syntax 1:1"),
    "the keyword const as a variable": ('const := "a"', "syntax 1:1"),
    "the keyword hidden as a value": ("echo hidden", "syntax 1:6"),
    "a keyword in capitals": ('Version "6.6"', "unknown-statement 1:1"),
    # numbers
    "leading zeros": ("echo 007", "bad-number 1:6"),
    "a plus sign": ("echo +5", "syntax 1:8"),
    "no digit before the point": ("echo .5", "syntax 1:8"),
    "no digit after the point": ("echo 5.", "syntax 1:8"),
    "an exponent": ("echo 1e5", "bad-number 1:6"),
    "minus zero": ("echo -0", "syntax 1:7"),
    "a blank after the minus": ("echo - 5", "syntax 1:8"),
    # tags
    "blanks inside the parentheses": ("-( 0010,0020)", "bad-tag 1:2"),
    "a blank before the end": ("-(0010,0020 )", "bad-tag 1:2"),
    "a blank after the creator": ("-(0009,{A} 01)", "bad-tag 1:2"),
    "an odd group without creator": ("-(0009,1001)", "bad-tag 1:2"),
    "an even group with creator": ("-(0010,{A}01)", "bad-tag 1:2"),
    "X as the last position of a group": ("-(001X,0010)", "bad-tag 1:2"),
    "X as the last position of a private group": ("-(000X,{A}01)", "bad-tag 1:2"),
    "a private element of four digits": ("-(0009,{A}1001)", "bad-tag 1:2"),
    "a backslash in a creator": ("-(0009,{A\\B}01)", "bad-tag 1:2"),
    "too few digits": ("-(0010,10)", "bad-tag 1:2"),
    "no comma": ("-(00100020)", "syntax 1:2"),
    "a keyword as path": ("-PatientID", "syntax 1:2"),
    # items
    "an item number with leading zero": ("-(0008,1140)[01]", "bad-number 1:14"),
    "a fraction as item number": ("-(0008,1140)[1.5]", "syntax 1:14"),
    "a line end in a path": ("-(0008,1140)/\n", "syntax 1:14"),
    # statements
    "a value alone": ('"a"', "syntax 1:4"),
    "a name alone": ("v", "syntax 1:2"),
    "?= on a variable": ('v ?= "a"', "syntax 1:3"),
    "- on a variable": ("-v", "syntax 1:2"),
    "a call as target": ('f["a"] := "b"', "syntax 1:8"),
    "a version without quotes": ("version 6.6", "syntax 1:9"),
    "a version assigned": ('version := "6.6"', "syntax 1:1"),
    "a describe without text": ("describe v", "syntax 1:11"),
    "a describe of a text": ('describe "v" "a"', "syntax 1:10"),
    "an export of a mark": ("export v hidden", "syntax 1:10"),
    "removeAllPrivateTags as a call": ("removeAllPrivateTags[]", "syntax 1:21"),
    "parentheses for a call": ('lowercase("A")', "syntax 1:10"),
    "a comma at the end of arguments": ('f["a",]', "syntax 1:7"),
    "a comma at the end of a list": ('v := {"a",}', "syntax 1:11"),
    "a line end in a call": ('f["a", "b"\n', "syntax 1:11"),
    # conditions
    "==": ('if ("a" == "b") { }', "syntax 1:9"),
    "<>": ('if ("a" <> "b") { }', "syntax 1:9"),
    "&&": ("if (f[] && g[]) { }", "syntax 1:9"),
    "and between conditions": ('if ("a" = "b" and f[]) { }', "syntax 1:15"),
    "a tag alone": ("if ((0010,0010)) { }", "syntax 1:16"),
    "a text alone": ('if ("a") { }', "syntax 1:8"),
    "a variable alone": ("if (v) { }", "syntax 1:6"),
    "a block after ?": ('f[] ? { echo "a" }', "syntax 1:7"),
    "a condition in a branch": ('f[] ? g[] ? echo "a"', "syntax 1:11"),
    "removeAllPrivateTags as a branch": ("f[] ? removeAllPrivateTags", "syntax 1:7"),
    "a line end after ?": ("f[] ?\n", "syntax 1:6"),
    "a line end before :": ('f[] ? echo "a"\n: echo "b"', "syntax 2:1"),
    "three branches": ("f[] ? echo : echo : echo", "syntax 1:19"),
    # if-chains
    "if without parentheses": ('if "a" = "b" { }', "syntax 1:4"),
    "if without braces": ('if (f[]) echo "a"', "syntax 1:10"),
    "else if": ("if (f[]) { } else if (g[]) { }", "syntax 1:19"),
    "else if on a line of its own": ("if (f[]) { }\nelse if (g[]) { }", "syntax 2:6"),
    "else after something else": ('if (f[]) { }\necho "a"\nelse { }', "syntax 3:1"),
    "else twice": ("if (f[]) { } else { } else { }", "syntax 1:23"),
    "elseif alone": ("elseif (f[]) { }", "syntax 1:1"),
    "a block without end": ('if (f[]) { echo "a"\n', "unclosed-brace 1:10"),
    "a brace too many": ("if (f[]) { } }", "syntax 1:14"),
    # places after continued lines are those of the text as written
    "an error after a continued line": ('echo \\\n"a" ?', "syntax 2:5"),
    "an error after a continued text": ('echo "ab\\\ncd" ?', "syntax 2:5"),
    "an error on the third line of three": ("echo \\\n  \\\r\n  ?", "syntax 3:3"),
    "an error in a continued text": ('echo "a\\\n\\d"', "bad-escape 2:1"),
    "an error after a continued tag": ('(00\\\n10,0010) := "a" ?', "syntax 2:17"),
    # several errors
    "every line with an error is told": (
        "echo 'a'\necho \"b\"\n-(0009,1001)\nif (f[]) { }\nv := $",
        "syntax 1:6",
        "bad-tag 3:2",
        "unknown-character 5:6",
    ),
}


@pytest.mark.parametrize(
    ("script", "places"), [(row[0], list(row[1:])) for row in REFUSED.values()], ids=REFUSED
)
def test_refused(script, places):
    with pytest.raises(ScriptError) as refused:
        _parse(script)
    assert _places(refused.value.diagnostics) == places


# --- which texts are DicomEdit 6 ------------------------------------------------------------------

_RECOGNISED = {
    "on the first line": 'version "6.6"\n',
    "indented, after something else": '// c\n-(0010,0010)\n\tversion "6.6"',
    "in a block": 'if (true[]) {\n  version "6.6"\n}',
    "several times": 'version "6.0"\nversion "6.6"',
    "every version known": "\n".join(f'version "6.{minor}"' for minor in range(7)),
    "after a statement": '-(0010,0010) version "6.6"',
    "without a blank": 'version"6.6"',
    "on a continued line": 'version \\\n"6.6"',
    "after Windows line ends": '// c\r\nversion "6.6"\r\n',
}
_NOT_RECOGNISED = {
    "no version statement": "-(0010,0010)\n",
    "in a comment": '// version "6.6"\n',
    "in a text": 'echo "version 6.6"',
    "an empty script": "",
}


@pytest.mark.parametrize("script", _RECOGNISED.values(), ids=_RECOGNISED)
def test_a_version_statement_makes_it_version_6(script):
    assert compile_source(Source("s", script)).notices == ()


def test_a_byte_order_mark_hides_no_version_statement():
    notices = compile_source(Source("s", '\ufeffversion "6.6"')).notices
    assert _places(notices) == ["byte-order-mark 1:1"]


@pytest.mark.parametrize("script", _NOT_RECOGNISED.values(), ids=_NOT_RECOGNISED)
def test_without_a_version_statement_it_is_version_4(script):
    script += '\n(0010,0020) := "A"\nlate := "B"\necho LATE'
    assert compile_source(Source("s", script)).notices == ()
    with pytest.raises(ScriptError) as refused:
        compile_source(Source("s", f"{script}\nreject[]"))
    assert _places(refused.value.diagnostics) == ["no-version 1:1"]
    compile_source(Source("s", script), dialect=6)


@pytest.mark.parametrize(
    "version", ["6.7", "6.8", "6.9", "6.10", "7.0", "4.2", "6", "6.6.1", " 6.6", "", "abc"]
)
def test_other_versions_are_refused_before_anything_runs(version):
    code = "newer-version" if version in ("6.7", "6.8", "6.9") else "unknown-version"
    with pytest.raises(ScriptError) as refused:
        compile_source(Source("s", f'-(0010,0010)\nversion "{version}"'))
    assert _places(refused.value.diagnostics) == [f"{code} 2:1"]
