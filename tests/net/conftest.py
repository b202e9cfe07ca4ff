"""Makes the helper module of this folder importable, and certificates for all its tests."""

import gc
import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from peers import Authority


def pytest_collection_modifyitems(items: list[pytest.Item]):
    """Let pynetdicom leave sockets, and mapped files their descriptors, to the collector."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture(autouse=True, scope="module")
def nothing_left():
    """Have what is left collected before other tests could be blamed for it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch):
    """Do not wait long before repetitions."""
    from dicomedit.net import sender

    monkeypatch.setattr(sender, "PAUSES", (0.05,))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that makes certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))
