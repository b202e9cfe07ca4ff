"""The way to a Dask cluster: connect, and refuse workers that would not do the same as this one."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from pathlib import Path

from dicomedit.batch import cluster_worker
from dicomedit.batch.cluster_start import quiet_worker
from dicomedit.batch.deaf import starting_deaf
from dicomedit.batch.version import VERSION
from dicomedit.errors import DicomEditError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LOCAL = "local"
CONNECTING = 10.0
"""Seconds in which a scheduler must answer."""

JOINING = 60.0
"""Seconds in which a first worker must be there, and after which none will come back."""


def check_scheduler(scheduler: str) -> None:
    """Raise DicomEditError when there is no such scheduler, or its workers are of other versions.

    Nothing is started and nothing written.
    """
    _distributed()
    if scheduler == LOCAL:
        return
    if not scheduler.startswith(("tcp://", "tls://")):
        raise DicomEditError(
            f'the scheduler {scheduler!r} is neither "local" nor an address such as tcp://host:8786'
        )
    with connected(scheduler, 1) as client:
        check_versions(client)


@contextmanager
def connected(scheduler: str, count: int) -> Iterator[Any]:
    """Yield a client of a scheduler, or of one that is started with `count` workers."""
    distributed = _distributed()
    with _quiet(), _connected(distributed, scheduler, count) as client:
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Dask log nothing: it shows tracebacks, and the run says what it comes to."""
    import logging

    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    before = {logging.getLogger(name): logging.getLogger(name).level for name in names}
    for logger in before:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)


@contextmanager
def _connected(distributed: Any, scheduler: str, count: int) -> Iterator[Any]:
    if scheduler != LOCAL:
        with _client(distributed, scheduler) as client:
            yield client
        return
    with _local(distributed, count) as cluster, _client(distributed, cluster) as client:
        yield client


def _local(distributed: Any, count: int) -> Any:
    """Start a cluster on this machine, which says nothing by itself."""
    import warnings
    from functools import partial

    from dask import config

    # Pages over HTTP would show other users of the machine what workers hold.
    without_pages: dict[str, Any] = {
        f"distributed.{each}.http.routes": [] for each in ("scheduler", "worker")
    }
    try:
        with warnings.catch_warnings(), config.set(without_pages), starting_deaf():
            warnings.simplefilter("ignore")  # such as that the disk is slow
            return distributed.LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                worker_class=partial(
                    distributed.Nanny, worker_class=quiet_worker, config=without_pages
                ),
                processes=True,
                # Any free port: a usual one may be that of another run, of which Dask would warn.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                host="127.0.0.1",
                silence_logs=50,
            )
    except Exception as error:
        raise DicomEditError(
            f"a cluster cannot be started on this machine: {type(error).__name__}; --jobs does"
            " without"
        ) from None


def _client(distributed: Any, where: Any) -> Any:
    try:
        return distributed.Client(where, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        # Of TLS without certificates there is a TypeError or ValueError that says what is missing.
        reason = "no answer" if isinstance(error, OSError) else str(error)
        raise DicomEditError(f"the scheduler {where} cannot be reached: {reason}") from None


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise DicomEditError(
            'a cluster needs the package distributed: pip install "dicomedit[cluster]"'
        ) from None
    return distributed


def check_versions(client: Any) -> None:
    """Raise DicomEditError unless every worker has this version of Python and of dicomedit."""
    try:
        client.wait_for_workers(1, timeout=JOINING)
    except Exception:
        raise DicomEditError(f"no worker has joined the scheduler in {JOINING:.0f} s") from None
    wanted = (_python(), VERSION)
    for worker, found in sorted(client.run(_asks_versions()).items()):
        if found[0] != wanted[0]:
            _refuse(worker, f"it has Python {found[0]}, the run has {wanted[0]}")
        if found[1] is None:
            _refuse(worker, "it does not have dicomedit")
        if found[1] != wanted[1]:
            _refuse(worker, f"it has dicomedit {found[1]}, the run has {wanted[1]}")


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def _asks_versions() -> Any:
    def versions() -> tuple[str, str | None]:
        # A function in a function travels as code: the worker may not have this package.
        import platform

        python = ".".join(platform.python_version_tuple()[:2])
        try:
            from dicomedit.batch.version import VERSION
        except ImportError:
            return python, None
        return python, VERSION

    return versions


def check_folders(client: Any, source: Path, output: Path | None) -> None:
    """Raise DicomEditError unless every worker sees the input, and a file put into the output.

    Without an output nothing is written. The probe has the name of a file that is half written:
    whatever happens, the next run removes it.
    """
    probe, token = "", os.urandom(16)
    if output is not None:
        path = output / f".{os.urandom(8).hex()}.part"
        probe = str(path)
        try:
            path.write_bytes(token)
        except OSError as error:
            raise DicomEditError(f"{output}: cannot be written to: {error.strerror}") from None
    try:
        told = client.run(cluster_worker.look, VERSION, str(source), probe, token)
    finally:
        if probe:
            Path(probe).unlink(missing_ok=True)
    for worker, reason in sorted(told.items()):
        if reason is not None:
            _refuse(worker, reason)


def _refuse(worker: str, reason: str) -> None:
    raise DicomEditError(f"the worker {worker} cannot be used: {reason}")
