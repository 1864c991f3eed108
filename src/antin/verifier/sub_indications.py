"""The sub-indications of EN 319 102-1 V1.4.1, table 6, and the verdict that each goes with."""

from collections.abc import Mapping
from typing import Final

from antin.verifier.report import Indication

_CERTAIN: Final = (
    "FORMAT_FAILURE",
    "HASH_FAILURE",
    "SIG_CRYPTO_FAILURE",
    "REVOKED",
    "EXPIRED",
    "NOT_YET_VALID",
)
_UNCERTAIN: Final = (
    "SIG_CONSTRAINTS_FAILURE",
    "CHAIN_CONSTRAINTS_FAILURE",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "POLICY_PROCESSING_ERROR",
    "SIGNATURE_POLICY_NOT_AVAILABLE",
    "TIMESTAMP_ORDER_FAILURE",
    "NO_SIGNING_CERTIFICATE_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND_NO_POE",
    "REVOKED_NO_POE",
    "REVOKED_CA_NO_POE",
    "OUT_OF_BOUNDS_NOT_REVOKED",
    "OUT_OF_BOUNDS_NO_POE",
    "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    "NO_POE",
    "TRY_LATER",
    "SIGNED_DATA_NOT_FOUND",
    "CUSTOM",
)
INDICATIONS: Final[Mapping[str, Indication]] = {
    **dict.fromkeys(_CERTAIN, Indication.FAILED),
    **dict.fromkeys(_UNCERTAIN, Indication.INDETERMINATE),
}
"""Which of them can occur here, and when, is the table of docs/verifier.md."""
