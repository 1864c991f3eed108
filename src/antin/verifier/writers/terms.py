"""The words of the text report: what verdicts are called, why, and what to do about them."""

from typing import Final

from antin.core.codes import N_
from antin.verifier.report import ChangeLevel, Conclusion, Indication

CONCLUSIONS: Final = {
    Conclusion.PASSED: N_("valid"),
    Conclusion.FAILED: N_("not valid"),
    Conclusion.INDETERMINATE: N_("could not be determined"),
    Conclusion.NO_SIGNATURE: N_("not signed"),
    Conclusion.UNREADABLE: N_("unreadable"),
}
INDICATIONS: Final = {
    Indication.PASSED: N_("valid"),
    Indication.FAILED: N_("not valid"),
    Indication.INDETERMINATE: N_("could not be determined"),
}
LEVELS: Final = {
    ChangeLevel.NONE: N_("nothing"),
    ChangeLevel.LTA_UPDATES: N_("only data for long-term verification"),
    ChangeLevel.FORM_FILLING: N_("only form fields or further signatures"),
    ChangeLevel.ANNOTATIONS: N_("annotations"),
    ChangeLevel.OTHER: N_("the document itself"),
}
UNDETERMINED: Final = N_("could not be determined")
KINDS: Final = {"signature": N_("Signature"), "document-timestamp": N_("Document time-stamp")}
TIME_SOURCES: Final = {
    "signature-timestamp": N_("proven by a time-stamp"),
    "document-timestamp": N_("proven by a time-stamp of the document"),
    "archive-timestamp": N_("proven by an archive time-stamp"),
    "evidence-record": N_("proven by an evidence record"),
    "ledger": N_("proven by the ledger"),
}
CLAIMED: Final = N_("claimed by the signer, not proven")
UNKNOWN_SIGNER: Final = N_("unknown")
WHOLE_FILE: Final = N_("the whole file")
REVISION: Final = N_("revision {revision}, {size} of {total} bytes")
CONTENT_BESIDE: Final = N_("the whole of {file}, {size} bytes")
CONTENT_INSIDE: Final = N_("the whole content inside the file, {size} bytes")
CONTENT_DIGEST: Final = N_("content of which only the digest is known")
PARTLY: Final = N_("it is not clear which part")
PAGE: Final = N_("page {page}")
AT_REVISION: Final = N_("revision {revision}")
AT_OFFSET: Final = N_("byte {offset}")

SIGNER: Final = N_("Signed by")
ISSUER: Final = N_("Certified by")
TIME: Final = N_("Time")
COVERS: Final = N_("Covers")
CHANGED: Final = N_("Changed later")
WHY: Final = N_("Why")
TO_DO: Final = N_("What to do")
NOTE: Final = N_("Note")
LEVEL: Final = N_("Level")
ALGORITHM: Final = N_("Algorithm")
CHAIN: Final = N_("Certificate path")
REVOCATION: Final = N_("Revocation")
CHECKED: Final = N_("Checked at")
POLICY: Final = N_("Policy")

ADVICE: Final = {
    "FORMAT_FAILURE": N_("Do not rely on this file. Ask the sender for the file as it was signed."),
    "HASH_FAILURE": N_("The file was changed after signing. Ask the sender for the original."),
    "SIG_CRYPTO_FAILURE": N_(
        "Do not rely on this signature. Ask for the document to be signed again."
    ),
    "REVOKED": N_("The certificate had been revoked. Ask for the document to be signed again."),
    "REVOKED_NO_POE": N_("Look for proof that it was signed before the revocation."),
    "REVOKED_CA_NO_POE": N_("Look for proof that it was signed before the revocation."),
    "NO_CERTIFICATE_CHAIN_FOUND": N_(
        "If you trust the authority, add its certificate to the trust folder (--trust)."
    ),
    "NO_SIGNING_CERTIFICATE_FOUND": N_(
        "Ask the signer for the certificate, or for a new signature."
    ),
    "TRY_LATER": N_("Try again when the authority's revocation service can be reached."),
    "REVOCATION_OUT_OF_BOUNDS_NO_POE": N_(
        "Try again without --offline, so that current revocation data can be fetched."
    ),
    "OUT_OF_BOUNDS_NO_POE": N_("Look for proof that it was signed before the certificate expired."),
    "EXPIRED": N_("Ask for the document to be signed again with a valid certificate."),
    "OUT_OF_BOUNDS_NOT_REVOKED": N_(
        "Look for proof that it was signed while the certificate was valid, and check the clock "
        "of this computer."
    ),
    "NOT_YET_VALID": N_(
        "It is proven to be older than its certificate. Ask for the document to be signed again."
    ),
    "NO_POE": N_("Look for a copy with a document time-stamp from before the revocation."),
    "TIMESTAMP_ORDER_FAILURE": N_(
        "Check the clock of this computer; if it is right, do not rely on the times in the file."
    ),
    "SIG_CONSTRAINTS_FAILURE": N_("Ask the signer for a signature of a usual kind."),
    "SIGNATURE_POLICY_NOT_AVAILABLE": N_(
        "Read the policy that the signature names, or ask for a signature without one."
    ),
    "POLICY_PROCESSING_ERROR": N_("Ask for the document to be signed without a signature policy."),
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": N_("Ask for the document to be signed by stronger means."),
    "CRYPTO_CONSTRAINTS_FAILURE": N_("Ask for the document to be signed by stronger means."),
    "CHAIN_CONSTRAINTS_FAILURE": N_("The certificate is not meant for this. Ask for another one."),
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": N_(
        "The certificates break the rules of their kind. Tell the authority that issued them."
    ),
}
CONTENT_ADVICE: Final = N_("Verify it together with what was signed (--content).")
CONTENT_CODES: Final = frozenset({"content_missing", "content_digest_other"})
"""Findings that this advice is about, whatever else is wrong."""
NO_SIGNATURE_ADVICE: Final = N_("The file holds no signature. Ask the sender for the signed file.")
FILE_ADVICE: Final = N_("Do not rely on this file. Ask the sender for the original.")
