"""The words of the pages that people read (HTML and PDF), beside those of the text report."""

from typing import Final

from antin.core.codes import N_
from antin.verifier.report import Check, Conclusion, Indication
from antin.verifier.writers.terms import ADVICE, CONTENT_ADVICE, CONTENT_CODES

TITLE: Final = N_("Verification report")
VERDICTS: Final = {
    Conclusion.PASSED: N_("Valid"),
    Conclusion.FAILED: N_("Not valid"),
    Conclusion.INDETERMINATE: N_("Could not be determined"),
    Conclusion.NO_SIGNATURE: N_("Not signed"),
    Conclusion.UNREADABLE: N_("Unreadable"),
}
MEANINGS: Final = {
    Conclusion.PASSED: N_("Every digital signature and time-stamp in this file is valid."),
    Conclusion.FAILED: N_("Something in this file is certainly wrong."),
    Conclusion.INDETERMINATE: N_(
        "Nothing is known to be wrong, but something could not be told. "
        "That is no proof that the signatures are valid."
    ),
    Conclusion.NO_SIGNATURE: N_("This file carries no digital signature."),
    Conclusion.UNREADABLE: N_("This file could not be read, so nothing in it was checked."),
}
SIGNATURES: Final = {
    Indication.PASSED: N_("The digital signature is valid"),
    Indication.FAILED: N_("The digital signature is not valid"),
    Indication.INDETERMINATE: N_("The digital signature could not be determined to be valid"),
}
TIMESTAMPS: Final = {
    Indication.PASSED: N_("The time-stamp is valid"),
    Indication.FAILED: N_("The time-stamp is not valid"),
    Indication.INDETERMINATE: N_("The time-stamp could not be determined to be valid"),
}
UNREAD_ADVICE: Final = N_("Ask the sender for the file again.")
FILE_WRONG: Final = N_("What is wrong with the file itself")
AND_MORE: Final = N_("and {count} more")

SEALED_BY: Final = N_("Sealed by (agency)")
UNCONFIRMED: Final = N_("{name} (not confirmed: so says the certificate)")
STAMPED_BY: Final = N_("Time-stamped by")
UNIT: Final = N_("Agency or unit of the signer")
ISSUED_BY: Final = N_("Certificate issued by")
SIGNING_TIME: Final = N_("Signing time")
STAMP_TIME: Final = N_("Time of the time-stamp")
ARCHIVE_STAMP_TIME: Final = N_("Time of the archive time-stamp")
CONTENT_STAMP_TIME: Final = N_("Time of the time-stamp on the content, before signing")
CLAIMED_TIME: Final = N_("Time claimed by the signer")
INTEGRITY: Final = N_("Integrity")
INTACT: Final = N_("the signed content has not been altered")
ALTERED: Final = N_("the signed content was altered")
VALUE_WRONG: Final = N_("the signature value does not fit the certificate")
VALIDITY: Final = N_("Certificate at the time of signing")
VALID_WHEN_PROVEN: Final = N_("valid and not revoked at the proven time")
VALID_WHEN_CHECKED: Final = N_("valid and not revoked at the time of checking")
VALID_UNREVOKED_UNKNOWN: Final = N_("valid; whether it was revoked could not be told")
NOT_VALID: Final = N_("not valid")
PERIOD: Final = N_("Certificate validity period")
FROM_TO: Final = N_("from {start} to {end}")
COVERS_PART: Final = N_("revision {revision} of {count}, {size} of {total} bytes")
COVERS_ALL: Final = N_("the whole file ({total} bytes)")

REASONS: Final = N_("Why it is not valid")
REASONS_UNSURE: Final = N_("Why it could not be determined")
NOTES: Final = N_("Notes")
DETAILS: Final = N_("Details")
CERTIFICATES: Final = N_("Certificates")
REVOCATION: Final = N_("Revocation")
STAMPS: Final = N_("Time-stamps")
CHECKS: Final = N_("Checks")
CHANGES: Final = N_("Changes after signing")
TECHNICAL: Final = N_("Signature data")
FILE: Final = N_("File and verification")
PICTURES: Final = N_("Changed pages")
BEFORE: Final = N_("Before (as signed)")
AFTER: Final = N_("After (as it is now)")
DIFFERENCE: Final = N_("Difference (red; blue where it may differ)")
PAGE_NOW: Final = N_("Page {page}")
PAGE_MOVED: Final = N_("Page {page}, when it was signed page {before}")
PAGE_ADDED: Final = N_("Page {page}, not there when it was signed")
PAGE_GONE: Final = N_("Page {page} of what was signed, not there now")
ENLARGE: Final = N_("Enlarge")
NO_PICTURE: Final = N_("no such page")
PAGE_OF: Final = N_("Page {page}/{pages}")

SUBJECT: Final = N_("Subject")
ISSUER_NAME: Final = N_("Issuer")
SERIAL: Final = N_("Serial number")
FINGERPRINT: Final = N_("SHA-256 of the certificate")
STATUS: Final = N_("{status} ({source})")
AS_OF: Final = N_("as of {time}")
SINCE: Final = N_("since {time}")
STATUSES: Final = {
    "good": N_("not revoked"),
    "revoked": N_("revoked"),
    "unknown": N_("unknown to the authority"),
    "unavailable": N_("no usable statement"),
}
STAMP_PROVES: Final = N_("proves its time")
STAMP_PROVES_NOTHING: Final = N_("proves nothing")
TOKEN: Final = N_("SHA-256 of the token")
FIELD: Final = N_("Signature field")
SUBFILTER: Final = N_("Format (SubFilter)")
INDICATION: Final = N_("Indication (EN 319 102-1)")
BYTE_RANGE: Final = N_("Byte range")
DOCUMENT_DIGEST: Final = N_("Digest of the signed bytes ({algorithm})")
SIGNATURE_POLICY: Final = N_("Signature policy")
IMPLIED: Final = N_("said to be implied")
CONTAINER: Final = N_("SHA-256 of the signature container")
NAME: Final = N_("File name")
SIZE: Final = N_("Size")
BYTES: Final = N_("{count} bytes")
CONTENT: Final = N_("Signed content")
CONTENT_SIZE: Final = N_("Size of the signed content")
CONTENT_DIGEST: Final = N_("SHA-256 of the signed content")
FILE_DIGEST: Final = N_("SHA-256 of the file")
POLICY_DIGEST: Final = N_("SHA-256 of the policy")
CONCLUSION: Final = N_("Conclusion (EN 319 102-1)")

CHECK_NAMES: Final = {
    Check.FORMAT: N_("Place and form of the signature in the file"),
    Check.SIGNING_CERTIFICATE: N_("Certificate named by the signature"),
    Check.CRYPTOGRAPHY: N_("Digest and signature value"),
    Check.TIMESTAMPS: N_("Time-stamps in the signature"),
    Check.SIGNATURE_POLICY: N_("Policy that the signer names"),
    Check.CERTIFICATE_PATH: N_("Certificate, its authority, revocation"),
    Check.ALGORITHMS: N_("Strength of the algorithms"),
    Check.TIME_ORDER: N_("Order of times"),
    Check.CHANGES: N_("Changes after signing"),
    Check.POLICY: N_("Further demands of the policy"),
}
OUTCOMES: Final = {
    Indication.PASSED: N_("passed"),
    Indication.FAILED: N_("failed"),
    Indication.INDETERMINATE: N_("could not be determined"),
}

_BY_CODE: Final = {
    "digest_wrong": "HASH_FAILURE",
    "signature_value_mismatch": "SIG_CRYPTO_FAILURE",
    "signer_certificate_missing": "NO_SIGNING_CERTIFICATE_FOUND",
    "signer_certificate_mismatch": "NO_SIGNING_CERTIFICATE_FOUND",
    "algorithm_weak": "CRYPTO_CONSTRAINTS_FAILURE",
    "algorithm_unsupported": "CRYPTO_CONSTRAINTS_FAILURE",
    "signature_policy_unavailable": "SIGNATURE_POLICY_NOT_AVAILABLE",
    "signature_policy_malformed": "POLICY_PROCESSING_ERROR",
    "path_not_found": "NO_CERTIFICATE_CHAIN_FOUND",
    "path_purpose": "CHAIN_CONSTRAINTS_FAILURE",
    "path_invalid": "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "path_too_complex": "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "path_suspended": "TRY_LATER",
    "path_unproven": "NO_POE",
    "timestamp_order": "TIMESTAMP_ORDER_FAILURE",
    "timestamp_in_future": "TIMESTAMP_ORDER_FAILURE",
    "path_weak": "CRYPTO_CONSTRAINTS_FAILURE",
}
CHECK_BROKE_OFF: Final = N_("Report this to whoever maintains Antin, and have the file kept.")


def advice_for(code: str, sub_indication: str | None) -> str | None:
    """Return the message id of what to do about an error finding of a signature."""
    if code == "check_failed":
        return CHECK_BROKE_OFF
    if code in CONTENT_CODES:
        return CONTENT_ADVICE
    return ADVICE.get(_BY_CODE.get(code, "")) or ADVICE.get(sub_indication or "")
