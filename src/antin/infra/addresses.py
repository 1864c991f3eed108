"""Which hosts may be fetched from: URLs in certificates are written by strangers."""

import ipaddress
import queue
import socket
import threading
from typing import Final

from antin.core.errors import AntinError, RefusedError, UnavailableError

_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""The IPv6 addresses that the internet routes; what is outside is nearer, or carries IPv4."""
_NOT_PUBLIC: Final = tuple(
    # Within what is routed: what leads to an IPv4 address hidden in it (Teredo, 6to4 and its
    # relays); what every network may answer itself (RFC 6890 table 1, RFC 7450, RFC 7534),
    # which one cloud does for its machines' credentials, and the address that another
    # one has for that; documentation. ``ipaddress`` knows these later than some Python, or never.
    ipaddress.ip_network(prefix)
    for prefix in (
        *("2001::/32", "2002::/16", "192.88.99.0/24"),
        *("192.0.0.0/24", "192.52.193.0/24", "192.31.196.0/24", "192.175.48.0/24"),
        *("2620:4f:8000::/48", "168.63.129.16/32"),
        "3fff::/20",
    )
)
_ISATAP: Final = 0x5EFE
"""In the middle of an IPv6 address: its end is an IPv4 address (RFC 5214 §6.1)."""
_UNIVERSAL: Final = 0x02000000
_MOST_ADDRESSES: Final = 4
"""Of one name; a name with more would have us try them all."""


def resolve(host: str, port: int, allowed_private: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses of ``host``; all of them public, unless ``host`` is in the list.

    The list has lower-case ``host`` or ``host:port``. One private address among public ones refuses
    them all: a name that an attacker controls may answer with either. The caller connects to what
    is returned, never to the name again.

    Errors: ``address_forbidden``, ``fetch_failed`` when the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnavailableError("fetch_failed", url=host, detail="its name is unknown") from error
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not is_listed(host, port, allowed_private) and not all(map(is_public, addresses)):
        raise RefusedError("address_forbidden", host=host)
    return addresses[:_MOST_ADDRESSES]


def resolve_within(
    seconds: float, host: str, port: int, allowed_private: frozenset[str]
) -> tuple[str, ...]:
    """Do the same, but wait no longer than ``seconds``: whoever owns a name decides how long.

    Errors: those of :func:`resolve`; ``fetch_failed`` when it takes too long.
    """
    answers: queue.SimpleQueue[tuple[str, ...] | AntinError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port, allowed_private))
        except AntinError as error:
            answers.put(error)

    # Nothing else ends a look-up: it goes on by itself, and nobody waits for it at the end.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        detail = "finding its address took too long"
        raise UnavailableError("fetch_failed", url=host, detail=detail) from None
    if isinstance(answer, AntinError):
        raise answer
    return answer


def is_listed(host: str, port: int, allowed_private: frozenset[str]) -> bool:
    """Tell whether ``host`` may lie on a private address; a final dot makes no difference."""
    name = host.lower().removesuffix(".")
    return not allowed_private.isdisjoint({name, f"{name}:{port}"})


def is_public(address: str) -> bool:
    """Tell whether ``address`` belongs to the public internet and to nothing nearer."""
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if parsed.version == 6 and (parsed not in _UNICAST or _carries_ipv4(int(parsed))):
        return False
    if any(parsed in network for network in _NOT_PUBLIC if network.version == parsed.version):
        return False
    return parsed.is_global and not parsed.is_multicast


def _carries_ipv4(address: int) -> bool:
    return (address >> 32) & 0xFFFFFFFF & ~_UNIVERSAL == _ISATAP
