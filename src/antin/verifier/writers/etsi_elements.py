"""Small parts of an ETSI report. XML is only written here, never read."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from antin.core.clock import iso_utc
from antin.verifier.report import Finding
from antin.verifier.writers import etsi_uris as uris
from antin.verifier.writers.visible import visible

MAX_FINDINGS: Final = 1_000
"""Of one list; how many were left out is said."""

for _prefix, _namespace in uris.PREFIXES.items():
    ET.register_namespace(_prefix, _namespace)


def add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Append ``name`` (``prefix:name``, without prefix in the report's namespace) and return it."""
    prefix, _, local = name.rpartition(":")
    child = ET.SubElement(parent, f"{{{uris.PREFIXES[prefix]}}}{local}", attributes)
    child.text = text
    return child


def time_text(moment: datetime) -> str:
    """Return an xs:dateTime in UTC."""
    return iso_utc(moment)


def base64_of_hex(value: str) -> str:
    """Return xs:base64Binary of hexadecimal text."""
    return b64encode(bytes.fromhex(value)).decode("ascii")


def add_digest(parent: ET.Element, algorithm: str, value: str) -> None:
    """Append ``ds:DigestMethod`` and ``ds:DigestValue`` of a digest in hex."""
    add(parent, "ds:DigestMethod", Algorithm=uris.digest_uri(algorithm))
    add(parent, "ds:DigestValue", base64_of_hex(value))


def add_reference(parent: ET.Element, name: str, identifier: str) -> None:
    """Append a reference to a validation object or signature of the same report."""
    add(parent, name, VOReference=identifier)


def add_proof(
    parent: ET.Element, name: str, moment: datetime, proof: str, by: str | None = None
) -> None:
    """Append a proof of existence at ``moment``: its kind, and the object that gives it."""
    poe = add(parent, name)
    add(poe, "POETime", time_text(moment))
    add(poe, "TypeOfProof", proof)
    if by is not None:
        add_reference(poe, "POEObject", by)


def add_findings(status: ET.Element, findings: Iterable[Finding]) -> None:
    """Append findings to a validation status, each by its code and English sentence."""
    listed = list(dict.fromkeys(findings))
    if not listed:
        return
    data = add(add(status, "AssociatedValidationReportData"), "AdditionalValidationReportData")
    for found in listed[:MAX_FINDINGS]:
        _finding(data, found)
    if len(listed) > MAX_FINDINGS:
        left = len(listed) - MAX_FINDINGS
        _typed(data, "ReportData", uris.own("findings-left-out"), str(left))


def add_parameter(constraint: ET.Element, kind: str, value: str) -> None:
    """Append a parameter of a constraint."""
    _typed(constraint, "ValidationConstraintParameter", kind, value)


def _finding(parent: ET.Element, found: Finding) -> None:
    value = _typed(parent, "ReportData", uris.own("finding", found.code), visible(found.detail))
    places = {
        "severity": str(found.severity),
        "revision": found.revision,
        "page": found.page,
        "object": found.object_number,
        "offset": found.offset,
    }
    for key, place in places.items():
        if place is not None:
            value.set(f"{{{uris.OWN}}}{key}", str(place))


def _typed(parent: ET.Element, name: str, kind: str, value: str) -> ET.Element:
    data = add(parent, name)
    add(data, "Type", kind)
    return add(data, "Value", value)
