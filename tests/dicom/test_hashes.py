"""Hashes of short texts are those of `hashlib`, whoever works them out."""

from __future__ import annotations

import hashlib
import importlib

import pytest

from dicomedit.dicom import hashes


@pytest.mark.parametrize("name", ["sha1", "sha256"])
@pytest.mark.parametrize("has_own", [True, False])
def test_hashes_are_those_of_hashlib(name: str, has_own: bool, monkeypatch):
    def import_module(module: str) -> object:
        if module.startswith("_") and not has_own:
            raise ImportError(module)
        return importlib.import_module(module)

    monkeypatch.setattr(hashes, "import_module", import_module)
    found = hashes.hash_function.__wrapped__(name)
    expected = hashlib.new(name, b"text", usedforsecurity=False).digest()
    assert found(b"text", usedforsecurity=False).digest() == expected
