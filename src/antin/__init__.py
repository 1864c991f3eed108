"""Antin makes government documents and their history provable.

Each package below this one has one job; docs/architecture.md says which. Imports go down only:
``api | cli → infra → flows → records → signer → verifier → hsm | ledger → pki | pdf → core``.
"""

from typing import Final

__version__: Final = "0.1.0"
