"""UIDs are those of UUIDs (PS3.5 §B.2), random or made of a text."""

from __future__ import annotations

import pickle
import uuid
from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.dicom.uids import UidMap, hash_uid, is_prefix, is_uid, new_uid


def uuid_of(uid: str) -> uuid.UUID:
    assert is_uid(uid)
    assert uid.startswith("2.25.")
    return uuid.UUID(int=int(uid.removeprefix("2.25.")))


@given(st.text())
def test_a_hash_is_a_uuid_of_a_name(text: str):
    digest = sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    assert uuid_of(hash_uid(text)) == uuid.UUID(bytes=digest[:16], version=5)


def test_half_a_character_is_hashed_too():
    assert hash_uid("\ud800") != hash_uid("\udfff")


def test_new_ones_are_random_uuids():
    found = [uuid_of(new_uid()) for _ in range(200)]
    assert len(set(found)) == len(found)
    for each in found:
        assert (each.variant, each.version) == (uuid.RFC_4122, 4)
    # Every other bit is one of some and zero of others.
    ones = zeros = 0
    for each in found:
        ones |= each.int
        zeros |= ~each.int
    fixed = 0xF << 76 | 0b11 << 62
    assert ones | fixed == zeros & (1 << 128) - 1 | fixed == (1 << 128) - 1


def test_a_map_remembers():
    uids = UidMap()
    first = uids.uid_for("1.2", "1.3.6.")
    assert first == uids.uid_for("1.2", "1.3.6")
    assert first.startswith("1.3.6.")
    assert first != uids.uid_for("1.2", "1.3.7") != uids.uid_for("1.4", "1.3.7")
    assert len(uids) == 3
    assert UidMap.from_rows(uids.rows()) == uids == pickle.loads(pickle.dumps(uids))
    assert "1.2" not in repr(uids)


def test_maps_do_not_share():
    UidMap().uid_for("1.2", "1.3")
    assert len(UidMap()) == 0


@pytest.mark.parametrize("row", [("1.3", "a", "1.4.5"), ("1.3", "a", "1.3.x"), ("1.3", "a", "")])
def test_rows_that_are_none(row: tuple[str, str, str]):
    with pytest.raises(ValueError, match="no UID under its prefix"):
        UidMap.from_rows([row])


@pytest.mark.parametrize(
    ("text", "good"),
    [("1.2", True), ("1.2.", True), ("", False), ("1..2", False), ("1.02", False), ("a", False)],
)
def test_prefixes(text: str, good: bool):
    assert is_prefix(text) is good
    assert not is_prefix("1" * 25)
