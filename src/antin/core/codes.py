"""Every error code: its family and its English sentence.

One list for command line, HTTP (``urn:antin:problem:CODE``) and reports. A code never changes its
meaning; tests/unit/core/test_errors.py pins the list. The sentences are message ids of the gettext
catalogues (marked by ``N_``), so they are written as a person would want to read them, and say
what to do next where there is something to do.
"""

from typing import Final


def N_(sentence: str) -> str:  # noqa: N802 — the marker's conventional name, which Babel extracts
    """Mark a sentence for translation without translating it here."""
    return sentence


CODES: Final[dict[str, tuple[str, str]]] = {
    # --- usage -----------------------------------------------------------------------------
    "usage": ("usage", N_("{detail}")),
    "request_invalid": ("usage", N_("The request is not valid: {detail}.")),
    "idempotency_key_missing": (
        "usage",
        N_(
            "The request needs an Idempotency-Key header: a fresh random text for each new request."
        ),
    ),
    "settings_invalid": ("usage", N_("The settings are not valid: {detail}.")),
    "data_directory_missing": (
        "usage",
        N_("{path} is no Antin data directory. Create one with: antin init"),
    ),
    "data_directory_exists": ("usage", N_("{path} is an Antin data directory already.")),
    "output_exists": ("usage", N_("{path} exists already and is not overwritten.")),
    "api_key_file_missing": (
        "usage",
        N_("This command acts as somebody: set ANTIN_API_KEY_FILE to a file with your API key."),
    ),
    # --- input -----------------------------------------------------------------------------
    "file_not_found": ("input", N_("{path} does not exist.")),
    "file_unreadable": ("input", N_("{path} cannot be read: {reason}.")),
    "file_too_large": ("input", N_("The file has {size} bytes; the limit is {limit}.")),
    "empty_file": ("input", N_("The file is empty (0 bytes).")),
    "not_a_pdf": ("input", N_("The file is not a PDF: it has no %PDF header.")),
    "pdf_truncated": (
        "input",
        N_("The PDF is cut off or damaged at its end: {detail}. Ask for the file again."),
    ),
    "pdf_malformed": ("input", N_("The PDF is damaged: {detail}.")),
    "pdf_encrypted": (
        "input",
        N_("The PDF is encrypted. Ask for a copy without a password."),
    ),
    "pdf_too_complex": ("input", N_("The PDF exceeds a limit: {detail}.")),
    "image_unreadable": ("input", N_("The image cannot be used: {detail}.")),
    "certificate_malformed": ("input", N_("The certificate cannot be read: {detail}.")),
    "revocation_malformed": ("input", N_("The revocation data cannot be read: {detail}.")),
    "cms_malformed": ("input", N_("The signature cannot be read: {detail}.")),
    "json_malformed": ("input", N_("This is not canonical JSON: {detail}.")),
    "checkpoint_malformed": ("input", N_("The checkpoint cannot be read: {detail}.")),
    "entry_malformed": ("input", N_("The ledger entry cannot be read: {detail}.")),
    "trust_malformed": ("input", N_("The trust folder cannot be used: {detail}.")),
    "policy_malformed": ("input", N_("The policy file cannot be used: {detail}.")),
    # --- authentication and rights -----------------------------------------------------------
    "not_authenticated": ("authentication", N_("No valid API key was presented.")),
    "role_missing": ("forbidden", N_("This needs the role {role} in the agency.")),
    "not_the_signer": ("forbidden", N_("The signing task belongs to somebody else.")),
    # --- not found -----------------------------------------------------------------------------
    "route_not_found": ("not_found", N_("There is nothing at this address.")),
    "agency_not_found": ("not_found", N_("There is no such agency.")),
    "user_not_found": ("not_found", N_("There is no such user.")),
    "api_key_not_found": ("not_found", N_("There is no such API key.")),
    "catalogue_not_found": ("not_found", N_("There is no such records catalogue.")),
    "catalogue_item_not_found": (
        "not_found",
        N_("There is no such entry in the records catalogue."),
    ),
    "record_not_found": ("not_found", N_("There is no such record.")),
    "document_not_found": ("not_found", N_("There is no such document.")),
    "task_not_found": ("not_found", N_("There is no such signing task.")),
    "closure_not_found": ("not_found", N_("There is no such closure.")),
    "job_not_found": ("not_found", N_("There is no such job.")),
    "entry_not_found": ("not_found", N_("There is no such ledger entry.")),
    "checkpoint_not_found": ("not_found", N_("The ledger has no checkpoint yet.")),
    "blob_not_found": ("not_found", N_("The stored file {digest} is missing. Run: antin fsck")),
    "credential_not_found": (
        "not_found",
        N_("There is no credential named {name}. List them with: antin credential list"),
    ),
    # --- state ---------------------------------------------------------------------------------
    "already_exists": ("conflict", N_("{what} exists already.")),
    "version_conflict": (
        "conflict",
        N_("Somebody else changed it in between. Read it again and retry."),
    ),
    "request_reused": (
        "refused",
        N_("This Idempotency-Key was used for another request. Use a fresh one."),
    ),
    "request_in_progress": ("conflict", N_("The same request is still being carried out.")),
    "record_closed": ("conflict", N_("The record is {state} and refuses changes.")),
    "record_not_open": ("conflict", N_("The record is {state}; this needs an open record.")),
    "document_already_in_record": ("conflict", N_("The document is in this record already.")),
    "task_open": ("conflict", N_("The document has an open signing task.")),
    "task_state": ("conflict", N_("The signing task is {state}.")),
    "task_expired": ("conflict", N_("The signing task has expired. Ask for a new one.")),
    "document_changed": (
        "conflict",
        N_("The document has a newer revision than the one prepared. Start again."),
    ),
    "signature_already_given": (
        "conflict",
        N_("Another signature value was accepted for this task already."),
    ),
    "seal_in_progress": ("conflict", N_("A seal is being put on this document.")),
    "job_finished": ("conflict", N_("The job has ended already.")),
    # --- rules ---------------------------------------------------------------------------------
    "field_missing": ("refused", N_("{field} is missing.")),
    "field_invalid": ("refused", N_("{field} is not valid: {detail}.")),
    "field_taken": ("refused", N_("The signature field {field} is signed already.")),
    "signing_forbidden": (
        "refused",
        N_("The document does not allow another signature: {detail}."),
    ),
    "certificate_expired": ("refused", N_("The certificate of {subject} expired on {date}.")),
    "certificate_not_yet_valid": (
        "refused",
        N_("The certificate of {subject} is valid from {date} only."),
    ),
    "certificate_revoked": ("refused", N_("The certificate of {subject} was revoked on {date}.")),
    "certificate_purpose": (
        "refused",
        N_("The certificate of {subject} is not meant for this use: {detail}."),
    ),
    "certificate_untrusted": (
        "refused",
        N_("The certificate of {subject} leads to no trusted authority: {detail}."),
    ),
    "revocation_unknown": (
        "refused",
        N_("Whether the certificate of {subject} was revoked cannot be determined: {detail}."),
    ),
    "algorithm_forbidden": ("refused", N_("The algorithm is not allowed: {detail}.")),
    "signature_value_wrong": (
        "refused",
        N_("The signature value does not fit the certificate and the prepared document."),
    ),
    "prepared_document_wrong": (
        "refused",
        N_("The prepared document is not what was asked for: {detail}."),
    ),
    "container_too_small": (
        "refused",
        N_("The signature needs {needed} bytes; {reserved} were reserved."),
    ),
    "timestamp_wrong": ("refused", N_("The time-stamp is not usable: {detail}.")),
    "result_not_valid": (
        "refused",
        N_("The signed file did not pass verification and was withheld: {detail}."),
    ),
    "nothing_to_augment": (
        "refused",
        N_("The document has no signature to make verifiable for long."),
    ),
    "seal_not_allowed": ("refused", N_("The document may not be sealed: {detail}.")),
    "seal_credential_missing": (
        "refused",
        N_("The agency {agency} has no seal key in antin.toml."),
    ),
    "closure_refused": ("refused", N_("The record cannot be closed: {reasons}.")),
    "address_forbidden": ("refused", N_("Addresses like {host} are not fetched from.")),
    # --- key devices ---------------------------------------------------------------------------
    "pkcs11_module_missing": ("key_device", N_("The PKCS#11 module {module} does not exist.")),
    "pkcs11_module_broken": (
        "key_device",
        N_("The PKCS#11 module {module} cannot be loaded: {detail}."),
    ),
    "token_not_found": (
        "key_device",
        N_("No token labelled {token} is connected. Plug it in and try again."),
    ),
    "key_not_found": ("key_device", N_("The token {token} has no key {key}.")),
    "key_without_certificate": (
        "key_device",
        N_("The key {key} on token {token} has no certificate."),
    ),
    "pin_missing": ("key_device", N_("No PIN is configured for the token {token}.")),
    "pin_incorrect": (
        "key_device",
        N_(
            "The PIN of token {token} is wrong. It is not tried again: too many tries lock it."
        ),
    ),
    "pin_locked": (
        "key_device",
        N_("The PIN of token {token} is locked. Its issuer can unlock it."),
    ),
    "mechanism_missing": ("key_device", N_("The token {token} cannot sign with {mechanism}.")),
    "token_failed": ("key_device", N_("The token {token} failed: {detail}.")),
    # --- other services --------------------------------------------------------------------------
    "timestamp_unavailable": (
        "unavailable",
        N_("The time-stamping service {url} did not answer: {detail}."),
    ),
    "timestamp_not_configured": (
        "unavailable",
        N_("No time-stamping service is configured (ANTIN_TSA_URL)."),
    ),
    "fetch_failed": ("unavailable", N_("{url} could not be fetched: {detail}.")),
    "server_unavailable": ("unavailable", N_("The Antin server {url} does not answer: {detail}.")),
    "database_unavailable": ("unavailable", N_("The database does not answer: {detail}.")),
    "database_busy": ("unavailable", N_("The database is busy. Try again in a moment.")),
    "storage_full": ("unavailable", N_("The disk is full or cannot be written: {detail}.")),
    # --- integrity and defects -------------------------------------------------------------------
    "ledger_inconsistent": ("integrity", N_("The ledger contradicts itself: {detail}.")),
    "row_unreadable": ("integrity", N_("A stored row cannot be read: {detail}.")),
    "checkpoint_ahead": (
        "integrity",
        N_("The newest checkpoint covers {checkpoint} entries, the ledger holds {entries}."),
    ),
    "blob_corrupt": (
        "integrity",
        N_("The stored file {digest} does not have this digest any more."),
    ),
    "defect": ("defect", N_("A defect of Antin: {detail}. Please report it.")),
}
