"""XML from strangers: nothing is expanded or fetched; messages show the markup only."""

import pytest

from dicomedit import ScriptError
from dicomedit.remap import xml_tree
from dicomedit.remap.xml_tree import decode, masked, parse

LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<Columns>&b;</Columns>'
EXTERNAL = '\n<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<Columns>&x;</Columns>'
FOREIGN = '<!DOCTYPE Columns SYSTEM "http://example.invalid/x.dtd"><Columns/>'


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        (LAUGHS, "a document type declaration (DTD) is not allowed", "1:13"),
        (EXTERNAL, "a document type declaration (DTD) is not allowed", "2:13"),
        (FOREIGN, "a document type declaration (DTD) is not allowed", "1:56"),
        ("<Columns>&x;</Columns>", "this is no XML: undefined entity", "1:10"),
        ("<a>" * 17 + "</a>" * 17, "elements are nested more than 16 deep", "1:49"),
        ("<a>\n" * 100_000, "elements are nested more than 16 deep", "17:1"),
        ("<Columns>\n  <Patient remap=x/>", "this is no XML: not well-formed", "2:18"),
        ("<Columns/><Columns/>", "this is no XML: junk after document element", "1:11"),
        ("<Columns>\0</Columns>", "this is no XML: not well-formed", "1:10"),
    ],
)
def test_what_is_refused(text, message, place):
    with pytest.raises(ScriptError) as caught:
        parse("x.xml", text, hides_values=True)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert found.location == f"x.xml:{place}"


def test_what_is_read():
    text = (
        '<?xml version="1.0"?>\n<!-- c --><Remap covers="Patient">\n'
        " <Set>a&amp;<![CDATA[<]]></Set></Remap>"
    )
    root = parse("x.xml", text, hides_values=True).root
    assert (root.name, root.attributes, root.line, root.column) == (
        "Remap",
        {"covers": "Patient"},
        2,
        10,
    )
    assert [(each.name, each.text, each.line) for each in root.children] == [("Set", "a&<", 3)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '<Match tag="(0010,0010)">Doe^Jane M</Match>\n',
            '<Match tag="(0010,0010)">........ .</Match>\n',
        ),
        ("<Set tag='a'>x</Set", "<Set tag='a'>......"),
        ('<Set value="Doe">x</Set>', "<.."),
        ("<!-- Doe --><Remap/>", ".... ... ...<Remap/>"),
        ("<![CDATA[<Doe>]]>", "..."),
    ],
)
def test_messages_show_the_markup_only(text, shown):
    found = masked(text)
    assert len(found) == len(text)
    assert "Doe" not in found.replace("<Doe>", "")
    assert shown.rstrip(".\n") in found or found == shown


def test_error_of_a_mapping_shows_no_value():
    with pytest.raises(ScriptError) as caught:
        parse("x.xml", '<Remap>\n<Set tag="(0010,0010)">Doe^Jane<</Set></Remap>', hides_values=True)
    assert "Jane" not in str(caught.value)
    assert "x.xml:2:33" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<a>é</a>".encode(), "<a>é</a>"),
        (b"\xef\xbb\xbf<a/>", "<a/>"),
        ("<a>é</a>".encode("utf-16"), "<a>é</a>"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "<a>é</a>"),
    ],
)
def test_encodings(data, text):
    assert decode("x.xml", data).endswith(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<a>\xe9</a>", "the file is not text in UTF-8"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "the encoding utf-7 is not read"),
    ],
)
def test_encodings_that_are_refused(data, message):
    with pytest.raises(ScriptError, match=message):
        decode("x.xml", data)


def test_a_huge_file_is_refused(tmp_path, monkeypatch):
    from dicomedit.batch import remap

    monkeypatch.setattr(remap, "MAX_BYTES", 100)
    path = tmp_path / "c.xml"
    path.write_text("<Columns>" + " " * 100 + "</Columns>", "utf-8")
    with pytest.raises(ScriptError, match="larger than 100 bytes"):
        remap.read_xml(path)
    assert xml_tree.MAX_BYTES == 64 << 20
