"""The small parts: fragments, presentation contexts, names of results, meanings of statuses."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.io.file_names import safe_name
from dicomedit.net.pairs import MOST, MOST_KNOWN, Pairs, survey
from dicomedit.net.statuses import is_warning, meaning_of
from dicomedit.net.store import fragments


@given(st.lists(st.binary(max_size=40)), st.integers(1, 16))
def test_fragments_are_the_bytes_in_pieces_of_one_size(parts: list[bytes], size: int):
    found = list(fragments(parts, size))
    assert b"".join(chunk for chunk, _ in found) == b"".join(parts)
    assert [is_last for _, is_last in found] == [False] * (len(found) - 1) + [True]
    assert all(len(chunk) == size for chunk, _ in found[:-1])
    assert len(found[-1][0]) <= size


def test_no_fragment_is_the_last_one_before_all_parts_are_read():
    def parts():
        yield bytes(10)
        raise ValueError("not to be trusted")

    seen = []
    with pytest.raises(ValueError, match="not to be trusted"):
        for _, is_last in fragments(parts(), 4):
            seen.append(is_last)
    assert seen == [False, False]


@given(st.integers(1, 300), st.integers(0, 299))
def test_a_proposal_begins_with_what_is_needed(known: int, needed: int):
    pairs = Pairs({(f"1.{n}", "1.2"): None for n in range(known)})
    proposal = pairs.proposal((f"1.{needed}", "1.2"))
    assert proposal[0] == (f"1.{needed}", "1.2")
    assert len(proposal) == len(set(proposal)) == min(MOST, max(known, known + (needed >= known)))


def test_pairs_are_not_remembered_without_end():
    pairs = Pairs()
    for number in range(MOST_KNOWN + 10):
        pairs.proposal((f"1.{number}", "1.2"))
    assert len(pairs.known) == MOST_KNOWN


def test_a_survey_passes_over_what_cannot_be_read(tmp_path: Path):
    (tmp_path / "text").write_text("no DICOM")
    (tmp_path / "broken").write_bytes(bytes(128) + b"DICM\x02\0")
    assert survey(tmp_path) == ()
    assert survey(tmp_path / "not there") == ()


@given(st.text(max_size=100))
def test_a_name_never_leads_anywhere_else(text: str):
    name = safe_name(text)
    for path in (PurePosixPath("out", f"{name}.dcm"), PureWindowsPath("out", f"{name}.dcm")):
        assert len(path.parts) == 2
        assert path.name == f"{name}.dcm"
    assert name not in ("", ".", "..")
    assert name.isascii()
    assert not name.startswith(".")
    assert len(name) <= 64


@given(st.text(max_size=100), st.text(max_size=100))
def test_different_texts_have_different_names(one: str, other: str):
    assert (safe_name(one) == safe_name(other)) is (one == other)


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.1", "2.25.1234", "1"])
def test_a_uid_is_its_own_name(uid: str):
    assert safe_name(uid) == uid


@pytest.mark.parametrize(
    "text", ["..", ".", "", "../../etc/passwd", "a/b", "a\\b", "1.2.", "x" * 65]
)
def test_what_is_no_uid_is_given_another_name(text: str):
    assert safe_name(text) != text


@pytest.mark.parametrize(
    ("status", "words", "warns"),
    [
        (0x0000, "stored", False),
        (0xA700, "out of resources", False),
        (0xA912, "data set does not match SOP Class", False),
        (0xB000, "coercion of data elements", True),
        (0xB006, "elements discarded", True),
        (0xB007, "data set does not match SOP Class", True),
        (0xB123, "warning", True),
        (0xC123, "cannot understand", False),
        (0x0124, "not authorized", False),
        (0x0107, "attribute list error", True),
        (0x9999, "unknown status", False),
    ],
)
def test_statuses_have_meanings(status: int, words: str, warns: bool):
    assert meaning_of(status) == words
    assert is_warning(status) is warns
