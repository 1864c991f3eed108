"""Real tokens of every make."""

from tests.tokens import (
    cards,
    fresh_daemon,
    network,
    network_home,
    network_token,
    opencryptoki_token,
    piv_station,
    piv_token,
    soft_daemon,
    soft_room,
    softhsm_home,
    softhsm_token,
    token,
)

__all__ = [
    "cards",
    "fresh_daemon",
    "network",
    "network_home",
    "network_token",
    "opencryptoki_token",
    "piv_station",
    "piv_token",
    "soft_daemon",
    "soft_room",
    "softhsm_home",
    "softhsm_token",
    "token",
]
