"""Text over HTTP for `getURL`: from allowed addresses only, within limits of time and size.

What follows the host in an address may identify a patient, and what precedes it is a password, so
messages show scheme, host and port and nothing else. The work is done in modules that are imported
when there is an address to allow or to fetch.
"""

from __future__ import annotations

from dicomedit.errors import failed

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomedit.io.addresses import Rule

_MAX_PAUSE = 8.0


class UrlFetcher:
    """The web as scripts see it: nothing but the `allowed` addresses, each answer fetched once.

    An entry of `allowed` is one of

    * ``lookup.example.org``: any path, over http or https, at the default port;
    * ``lookup.example.org:8080``: any path, over http or https, at this port;
    * ``https://lookup.example.org/names/*``: this scheme, host and port (the default one when
      left out) and this path. A final ``*`` stands for any rest, another ``*`` for anything within
      one segment; a path without a final ``*`` allows itself and what lies below it
      (``/names`` allows ``/names/a``, not ``/namesake``). The query is never limited.

    A host may begin with ``*.`` for all hosts below a domain, not the domain itself. Redirects are
    followed as long as every address on the way is allowed. `timeout` limits each wait for the
    server, `total_timeout` one call with its retries (a host with several IP addresses that never
    answer may exceed it), `max_bytes` the body after decompression. Connections that fail and
    answers of 500 and above are tried again `retries` times, after `backoff` seconds, then twice
    that, and so on. Answers are remembered for the life of the object, failures are not.
    """

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        timeout: float = 10.0,
        total_timeout: float = 30.0,
        max_bytes: int = 1_000_000,
        retries: int = 2,
        backoff: float = 0.5,
    ) -> None:
        self._timeout = timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        self._pauses = tuple(min(backoff * 2.0**n, _MAX_PAUSE) for n in range(retries))
        self._answers: dict[str, str] = {}
        self._rules: tuple[Rule, ...] = ()
        if allowed:
            from dicomedit.io.addresses import rule_of

            self._rules = tuple(rule_of(text, number) for number, text in enumerate(allowed, 1))

    def fetch(self, url: str) -> str:
        """Return the body of the answer with its line ends removed."""
        if url not in self._answers:
            self._answers[url] = self._fetch(url)
        return self._answers[url]

    def _fetch(self, url: str) -> str:
        from dicomedit.io.addresses import ALLOW, address_of, is_allowed

        address = address_of(url)
        if not is_allowed(address, self._rules):
            raise failed("url-not-allowed", f"fetching from {address} is not allowed", help=ALLOW)

        from dicomedit.io.download import Limits, download

        limits = Limits(self._timeout, self._total_timeout, self._max_bytes, self._pauses)
        return download(address, self._rules, limits)
