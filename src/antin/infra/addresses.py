"""Which hosts may be fetched from: URLs in certificates are written by strangers."""

import ipaddress
import socket
from typing import Final

from antin.core.errors import RefusedError, UnavailableError

_EMBEDDING: Final = tuple(
    # Prefixes that carry an IPv4 address, and so lead to wherever that one leads.
    ipaddress.ip_network(prefix)
    for prefix in ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


def resolve(host: str, port: int, allowed_private: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses of ``host``; all of them public, unless ``host`` is in the list.

    One private address among public ones refuses them all: a name that an attacker controls may
    answer with either. The caller connects to what is returned, never to the name again.

    Errors: ``address_forbidden``, ``fetch_failed`` when the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnavailableError("fetch_failed", url=host, detail="its name is unknown") from error
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if host.lower() not in allowed_private and not all(map(is_public, addresses)):
        raise RefusedError("address_forbidden", host=host)
    return addresses


def is_public(address: str) -> bool:
    """Tell whether ``address`` belongs to the public internet and to nothing nearer."""
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if any(parsed in network for network in _EMBEDDING if network.version == parsed.version):
        return False
    return parsed.is_global and not parsed.is_multicast
