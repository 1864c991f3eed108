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
    "policy_unknown": (
        "usage",
        N_("There is no verification policy {name}. These ship with Antin: {shipped}."),
    ),
    "method_not_allowed": ("usage", N_("This address does not take {method} requests.")),
    "address_taken": ("usage", N_("{address} cannot be listened on: {reason}.")),
    "extra_missing": (
        "usage",
        N_("This command needs more than the bare program. Install antin[{extra}]."),
    ),
    "address_not_loopback": (
        "usage",
        N_("{host} is refused: the service binds to loopback addresses only, for now."),
    ),
    "idempotency_key_missing": (
        "usage",
        N_(
            "The request needs an Idempotency-Key header: a fresh random text for each new request."
        ),
    ),
    "settings_invalid": ("usage", N_("The settings are not valid: {detail}.")),
    "data_directory_missing": (
        "usage",
        N_(
            "{path} is no Antin data directory. Name one by ANTIN_DATA_DIR, or create one with: "
            "antin init"
        ),
    ),
    "data_directory_exists": ("usage", N_("{path} is an Antin data directory already.")),
    "content_required": (
        "usage",
        N_("The signature is about a file that lies elsewhere. Name it with: --content FILE"),
    ),
    "witness_folder_unusable": (
        "usage",
        N_("The witness's folder cannot be used: {detail}."),
    ),
    "confirmation_missing": (
        "usage",
        N_("This cannot be undone. Look at what would go, then run it again with: --yes"),
    ),
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
    "pdf_needs_repair": (
        "input",
        N_(
            "The PDF is damaged: {detail}. Ask for the file again, or sign a rewritten copy of it "
            "with --repair."
        ),
    ),
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
    "ledger_key_malformed": (
        "input",
        N_(
            "{given} is no key of a ledger or witness. Give what antin ledger key or "
            "antin ledger witness init printed, or a file with it."
        ),
    ),
    "checkpoint_malformed": ("input", N_("The checkpoint cannot be read: {detail}.")),
    "entry_malformed": ("input", N_("The ledger entry cannot be read: {detail}.")),
    "export_unreadable": ("input", N_("The export of the ledger cannot be read: {detail}.")),
    "recovery_source_unusable": (
        "input",
        N_("The lost entries cannot be brought back from there: {detail}."),
    ),
    "history_malformed": ("input", N_("Line {line} cannot be taken over: {detail}.")),
    "tile_malformed": ("input", N_("The tile of the ledger's tree cannot be read: {detail}.")),
    "submission_malformed": (
        "input",
        N_("What was submitted to the witness cannot be read: {detail}."),
    ),
    "receipt_malformed": ("input", N_("The receipt cannot be read: {detail}.")),
    "trust_malformed": ("input", N_("The trust folder cannot be used: {detail}.")),
    "policy_malformed": ("input", N_("The policy file cannot be used: {detail}.")),
    "verify_time_exceeded": (
        "input",
        N_("Checking the file was stopped: it took more than {seconds} seconds."),
    ),
    "verify_memory_exceeded": (
        "input",
        N_("Checking the file was stopped: it needed too much memory."),
    ),
    "verify_worker_died": (
        "input",
        N_("The process that checked the file ended before it was done: {detail}."),
    ),
    "archive_malformed": ("input", N_("The archive cannot be read: {detail}.")),
    "archive_too_large": ("input", N_("The archive exceeds a limit: {detail}.")),
    "archive_unsupported": ("input", N_("This part of the archive is not looked into: {detail}.")),
    "state_malformed": (
        "input",
        N_("The state file cannot be used: {detail}. Name another one to start anew."),
    ),
    # --- authentication and rights -----------------------------------------------------------
    "not_authenticated": ("authentication", N_("No valid API key was presented.")),
    "role_missing": ("forbidden", N_("This needs the role {role} in the agency.")),
    "history_not_yours": (
        "forbidden",
        N_("In the lines from {line} on, {stream} is nothing that you administer here."),
    ),
    "history_needs_owner": (
        "forbidden",
        N_(
            "History is imported as the owner of the tables. docs/ledger.md says how to take on "
            "that role: History from before."
        ),
    ),
    "not_the_signer": ("forbidden", N_("The signing task belongs to somebody else.")),
    # --- not found -----------------------------------------------------------------------------
    "route_not_found": ("not_found", N_("There is nothing at this address.")),
    "agency_not_found": ("not_found", N_("There is no such agency.")),
    "user_not_found": ("not_found", N_("There is no such user.")),
    "api_key_not_found": ("not_found", N_("There is no such API key.")),
    "catalogue_item_not_found": (
        "not_found",
        N_("There is no such entry in the records catalogue."),
    ),
    "record_not_found": ("not_found", N_("There is no such record.")),
    "document_not_found": ("not_found", N_("There is no such document.")),
    "task_not_found": ("not_found", N_("There is no such signing task.")),
    "signature_not_found": ("not_found", N_("The file has no signature in a field {field}.")),
    "revision_not_found": (
        "not_found",
        N_("The file has no revision {revision}; it has {count} of them."),
    ),
    "closure_not_found": ("not_found", N_("There is no such closure.")),
    "certificate_not_found": ("not_found", N_("There is no such registered certificate.")),
    "job_not_found": ("not_found", N_("There is no such job.")),
    "checkpoint_not_found": ("not_found", N_("The ledger has no checkpoint yet.")),
    "log_not_followed": (
        "not_found",
        N_("This witness does not follow the log {origin}."),
    ),
    "checkpoint_size_unknown": (
        "not_found",
        N_("No checkpoint of {size} entries was signed. The newest one covers {newest}."),
    ),
    "entry_not_covered": (
        "not_found",
        N_(
            "The ledger has no entry {index} under the checkpoint of {size} entries. A newer one "
            "is signed by: antin ledger checkpoint"
        ),
    ),
    "entry_not_found": ("not_found", N_("The ledger has no such entry.")),
    "blob_not_found": ("not_found", N_("The stored file {digest} is missing. Run: antin fsck")),
    "credential_not_found": (
        "not_found",
        N_("There is no credential named {name}. List them with: antin credential list"),
    ),
    # --- state ---------------------------------------------------------------------------------
    "already_exists": ("conflict", N_("{what} exists already.")),
    "witness_size_differs": (
        "conflict",
        N_("The last checkpoint that this witness cosigned covers {size} entries."),
    ),
    "history_differs": (
        "conflict",
        N_(
            "Of the lines from {line} on, {request} is in the ledger with other facts or of "
            "another stream. What happened keeps its id; something else needs another."
        ),
    ),
    "version_conflict": (
        "conflict",
        N_("Somebody else changed it in between. Read it again and retry."),
    ),
    "request_reused": (
        "refused",
        N_("This Idempotency-Key was used for another request. Use a fresh one."),
    ),
    "answer_erased": (
        "conflict",
        N_(
            "What was answered to this request was erased, with the personal data in it. What the "
            "request did stands."
        ),
    ),
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
    "signature_in_progress": (
        "conflict",
        N_("Another signature is being put on this document. Prepare again when it is done."),
    ),
    "task_not_in_turn": ("conflict", N_("Others have to sign before this one.")),
    "seal_in_progress": ("conflict", N_("A seal is being put on this document.")),
    "seal_ended": (
        "conflict",
        N_("This use of the seal has ended as {state} meanwhile. Nothing was stored; ask again."),
    ),
    "job_finished": ("conflict", N_("The job has ended already.")),
    "job_not_cancellable": ("conflict", N_("A job of kind {kind} cannot be cancelled.")),
    "state_of_another_run": (
        "conflict",
        N_("The state file belongs to another run: {detail}. Name another one to start anew."),
    ),
    "state_in_use": ("conflict", N_("Another run is using the state file {path}.")),
    # --- rules ---------------------------------------------------------------------------------
    "field_missing": ("refused", N_("{field} is missing.")),
    "field_invalid": ("refused", N_("{field} is not valid: {detail}.")),
    "field_taken": ("refused", N_("The signature field {field} is signed already.")),
    "field_locked": ("refused", N_("The signature {by} locked the field {field}.")),
    "certification_not_first": (
        "refused",
        N_("A certification has to be the first signature of a file: {detail}."),
    ),
    "image_translucent": (
        "refused",
        N_(
            "The image is translucent, which {standard} does not allow. Use one whose pixels are "
            "either opaque or not there."
        ),
    ),
    "seed_value_unmet": (
        "refused",
        N_(
            "The field {field} asks of its signature what this one does not have: "
            "{constraint} ({detail})."
        ),
    ),
    "signing_forbidden": (
        "refused",
        N_("The document does not allow another signature: {detail}."),
    ),
    "repair_breaks_signatures": (
        "refused",
        N_(
            "The PDF is damaged, and a rewritten copy would lose the signatures that it holds. Ask "
            "for the file again."
        ),
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
        N_("The certificate of {subject} leads to no trusted authority. Issued by: {detail}."),
    ),
    "certificate_path_too_complex": (
        "refused",
        N_(
            "Whether the certificate of {subject} leads to a trusted authority cannot be "
            "determined: {detail}."
        ),
    ),
    "revocation_unknown": (
        "refused",
        N_("Whether the certificate of {subject} was revoked cannot be determined: {detail}."),
    ),
    "algorithm_forbidden": ("refused", N_("The algorithm is not allowed: {detail}.")),
    "certificate_not_registered": (
        "refused",
        N_(
            "The certificate of {subject} is not registered for this signer. An administrator "
            "registers it by: antin user certificate add"
        ),
    ),
    "signing_given_up": ("refused", N_("Somebody decided not to wait for the time-stamp.")),
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
    "timestamp_refused": (
        "refused",
        N_("The time-stamping service gives no time-stamp: {detail}."),
    ),
    "result_not_valid": (
        "refused",
        N_("The signed file did not pass verification and was withheld: {detail}."),
    ),
    "revision_unclear": ("refused", N_("Where revision {revision} ends cannot be told.")),
    "nothing_to_extract": ("refused", N_("The file holds no signature that could be taken out.")),
    "nothing_to_augment": (
        "refused",
        N_("The document has no signature to make verifiable for long."),
    ),
    "content_not_signed": ("refused", N_("The signature was made over another content.")),
    "augmenting_harmful": (
        "refused",
        N_("Nothing may be added to this signature: {detail}."),
    ),
    "seal_not_allowed": ("refused", N_("The document may not be sealed: {detail}.")),
    "seal_credential_missing": (
        "refused",
        N_("The agency {agency} has no seal key in antin.toml."),
    ),
    "witness_refused": (
        "refused",
        N_("The witness {witness} does not cosign: {detail}."),
    ),
    "key_use_refused": (
        "refused",
        N_("The key {credential} is not meant for this use: {detail}."),
    ),
    "key_rate_exceeded": (
        "refused",
        N_("The key {credential} may be used {limit} times a minute, and was."),
    ),
    "nothing_to_erase": (
        "refused",
        N_("There is nothing to erase: the facts of these ledger entries are gone already."),
    ),
    "redaction_not_erasable": (
        "refused",
        N_("Ledger entry {index} says what was erased or lost, and is not erased itself."),
    ),
    "recovery_needs_entries": (
        "refused",
        N_(
            "The database itself holds a checkpoint of {size} entries that are not there. No "
            "restored backup explains that. Bring them back by: antin ledger recover --from"
        ),
    ),
    "recovery_needs_owner": (
        "refused",
        N_(
            "Entries can be put back only by the role that owns the tables. Run it again with that "
            "role in ANTIN_DATABASE_URL."
        ),
    ),
    "closure_refused": ("refused", N_("The record cannot be closed: {reasons}.")),
    "closure_interrupted": (
        "refused",
        N_("The closing was begun {attempts} times and never came to its end."),
    ),
    "export_refused": ("refused", N_("The folder cannot be exported into: {detail}.")),
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
        N_("The PIN of token {token} is wrong. It is not tried again: too many tries lock it."),
    ),
    "pin_locked": (
        "key_device",
        N_("The PIN of token {token} is locked. Its issuer can unlock it."),
    ),
    "pin_expired": (
        "key_device",
        N_("The PIN of token {token} has expired. Change it with its issuer's tool."),
    ),
    "pin_final_try": (
        "key_device",
        N_(
            "One more wrong PIN locks the token {token}. It is not used until a person has entered "
            "the PIN with: antin credential probe --use-final-try"
        ),
    ),
    "session_lost": (
        "key_device",
        N_("The connection to the token {token} was lost. Try again in a moment."),
    ),
    "token_timeout": (
        "key_device",
        N_("The token {token} did not answer within {seconds} seconds."),
    ),
    "key_process_died": (
        "key_device",
        N_(
            "The process that uses the token {token} ended: {detail}. It is started again; try "
            "again in a moment."
        ),
    ),
    "mechanism_missing": ("key_device", N_("The token {token} cannot sign with {mechanism}.")),
    "token_failed": ("key_device", N_("The token {token} failed: {detail}.")),
    # --- other services --------------------------------------------------------------------------
    "timestamp_unavailable": (
        "unavailable",
        N_("The time-stamping service {url} did not answer: {detail}."),
    ),
    "timestamp_pending": (
        "unavailable",
        N_(
            "The seal on document {document} is made and kept; its time-stamp is still to come. "
            "A worker goes on (job {job}). Run the same command again to get the file."
        ),
    ),
    "timestamp_not_configured": (
        "unavailable",
        N_("No time-stamping service is configured (ANTIN_TSA_URL)."),
    ),
    "fetch_failed": ("unavailable", N_("{url} could not be fetched: {detail}.")),
    "witness_unavailable": (
        "unavailable",
        N_("The witness {witness} did not answer: {detail}."),
    ),
    "server_unavailable": (
        "unavailable",
        N_(
            "The Antin server {url} does not answer: {detail}. "
            "Start one by antin serve, or name yours by ANTIN_SERVER_URL."
        ),
    ),
    "database_unavailable": ("unavailable", N_("The database does not answer: {detail}.")),
    "broker_unavailable": ("unavailable", N_("The job queue does not answer: {detail}.")),
    "database_busy": ("unavailable", N_("The database is busy. Try again in a moment.")),
    "history_reader_gone": (
        "unavailable",
        N_("A process that read the lines ended before it was done. Run the command again."),
    ),
    "storage_full": ("unavailable", N_("The disk is full or cannot be written: {detail}.")),
    "vacuum_held_up": (
        "unavailable",
        N_(
            "What was deleted is still in the database's files: somebody's transaction, begun "
            "before, sees it. When that has ended, run: antin ledger vacuum"
        ),
    ),
    "vacuum_not_allowed": (
        "unavailable",
        N_(
            "What was deleted is still in the database's files: this database role may not write "
            "{table} anew. Run as the owner of the database: antin ledger vacuum"
        ),
    ),
    # --- integrity and defects -------------------------------------------------------------------
    "ledger_inconsistent": ("integrity", N_("The ledger contradicts itself: {detail}.")),
    "ledger_not_proven": ("integrity", N_("The ledger could not be shown to be whole: {detail}.")),
    "cosignatures_missing": (
        "integrity",
        N_("{needed} witnesses have to have cosigned the checkpoint; {found} of them did."),
    ),
    "proof_wrong": ("integrity", N_("The proof is wrong: {detail}.")),
    "tile_missing": ("integrity", N_("The tile {tile} of the ledger's tree is not there.")),
    "row_unreadable": ("integrity", N_("A stored row cannot be read: {detail}.")),
    "note_signature_invalid": (
        "integrity",
        N_("The checkpoint is not validly signed by the key {key}: {detail}."),
    ),
    "note_origin_wrong": (
        "integrity",
        N_("The checkpoint is of the ledger {found}, not of {expected}."),
    ),
    "evidence_insufficient": (
        "integrity",
        N_("This does not show that the ledger signed for two histories: {detail}."),
    ),
    "checkpoint_ahead": (
        "integrity",
        N_(
            "The newest checkpoint covers {checkpoint} entries, the ledger holds {entries}. The "
            "database was set back, or an old backup restored. See what is missing, and bring it "
            "back, by: antin ledger recover"
        ),
    ),
    "ledger_head_wrong": (
        "integrity",
        N_(
            "The ledger's head says {head} entries, and there are {entries} up to the newest one. "
            "Somebody edited the database. Look at it with antin fsck, then restore a backup."
        ),
    ),
    "checkpoint_row_ahead": (
        "integrity",
        N_(
            "A checkpoint in the database covers {checkpoint} entries, the ledger holds {entries}. "
            "Entries were cut off. Bring them back from an export or a backup by: antin ledger "
            "recover --from"
        ),
    ),
    "cosignature_ahead": (
        "integrity",
        N_(
            "A witness cosigned {size} entries, the newest checkpoint covers {checkpoint}. "
            "Checkpoints were removed from the database. Look at it with antin fsck, then restore "
            "a backup."
        ),
    ),
    "history_forked": (
        "integrity",
        N_(
            "The ledger of {entries} entries does not contain the checkpoint of {size} entries "
            "that is kept outside the database. It was set back and went on with other entries. "
            "Restore a newer backup, or see: antin ledger recover"
        ),
    ),
    "witness_ahead": (
        "integrity",
        N_(
            "The witness {witness} says that it cosigned {size} entries of this ledger, whose "
            "newest checkpoint covers {checkpoint}. If that is so, the database was rolled back. "
            "Ask the witness for the checkpoint that it keeps."
        ),
    ),
    "witness_disagrees": (
        "integrity",
        N_(
            "The witness {witness} knows another history of this ledger: {detail}. Ask it for "
            "the checkpoint that it keeps."
        ),
    ),
    "blob_corrupt": (
        "integrity",
        N_("The stored file {digest} does not have this digest any more."),
    ),
    "defect": ("defect", N_("A defect of Antin: {detail}. Please report it.")),
}


FINDINGS: Final[dict[str, str]] = {
    # --- signing -----------------------------------------------------------------------------
    "seed_value_ignored": N_(
        "The field {field} suggests what this signature does not have: {constraint} ({detail})."
    ),
    "conformance_lost": N_("The signed file does not conform to {standard} any more: {reason}."),
    "form_xfa": N_(
        "The file holds a form of the kind XFA, which programs show in different ways. Make sure "
        "that it shows what is to be signed."
    ),
    # --- the file ----------------------------------------------------------------------------
    "pdf_header_odd": N_("The file's header names a version of PDF that there never was."),
    "pdf_startxref_odd": N_("Something stands between startxref and the end-of-file marker."),
    "pdf_xref_row_odd": N_("The cross-reference has rows of a form that it should not have."),
    "pdf_xref_overlap": N_("The cross-reference names an object twice in one section."),
    "pdf_size_too_small": N_("A trailer denies objects that the file has: its /Size is too small."),
    "pdf_freed_number_used": N_(
        "The number of a removed object was used again without a new generation."
    ),
    "pdf_object_unlisted": N_(
        "An update holds an object or a trailer that its cross-reference does not name."
    ),
    "pdf_object_hidden": N_(
        "An update changes an object where only some programs look for it (a hybrid file)."
    ),
    "pdf_trailer_incomplete": N_(
        "A trailer does not repeat what the one before it says of the whole file."
    ),
    "pdf_object_unreadable": N_("An object is listed but cannot be read."),
    "pdf_object_stream_odd": N_("An object is not where its object stream should have it."),
    "pdf_endobj_missing": N_("An object has no proper end: endobj is missing."),
    "pdf_stream_odd": N_("The data of a stream do not begin on a new line."),
    "pdf_endstream_missing": N_("The data of a stream have no proper end: endstream is missing."),
    "pdf_stream_length_wrong": N_("A stream has another length than it says."),
    "pdf_duplicate_key": N_("A dictionary names a key twice; programs differ in which one counts."),
    "pdf_dictionary_odd": N_("A dictionary holds something other than pairs of key and value."),
    "pdf_token_odd": N_("A number or word has a form that PDF does not know."),
    "pdf_header_moved": N_("Something stands before the PDF; it was read from its header on."),
    "pdf_header_missing": N_("The PDF header is missing; the file was read as if it were there."),
    "pdf_eof_missing": N_("The end-of-file marker is missing; the file was read to its last byte."),
    "pdf_xref_rebuilt": N_(
        "The cross-reference is damaged; the objects were looked for in the whole file."
    ),
    "pdf_trailer_rebuilt": N_(
        "The trailer is damaged; the document catalog was looked for in the whole file."
    ),
    "repaired_copy": N_(
        "The PDF was damaged ({codes}). What was signed is a rewritten copy of it, in which {lost} "
        "objects that could not be read are missing."
    ),
    "trailing_bytes": N_("{count} bytes follow the end of the last revision."),
    "trailing_white_space": N_("White space follows the end of the last revision: {count} bytes."),
    "revision_end_unclear": N_("Revision {revision} has no proper end."),
    "signature_unreachable": N_("The file holds a signature that no form field shows."),
    "usage_rights_signature": N_(
        "The file carries usage rights, which are no signature of a person."
    ),
    "validation_data_unreadable": N_("{count} entries of the validation data cannot be read."),
    "structure_undetermined": N_("The structure could not be read to its end: {reason}."),
    # --- byte ranges -------------------------------------------------------------------------
    "signature_unreadable": N_("The signature cannot be read: {problem}."),
    "byte_range_malformed": N_("The byte range is not two ranges, one after the other."),
    "byte_range_start": N_("The signature leaves out the start of the file."),
    "byte_range_outside": N_("The byte range reaches beyond the end of the file."),
    "byte_range_gap": N_("The signature leaves out more of the file than its own value."),
    "byte_range_gap_elsewhere": N_("The signature leaves out bytes that are not its own value."),
    "byte_range_end": N_("The signed bytes do not end where a revision of the file ends."),
    "byte_range_shared": N_("Two signatures leave out the same bytes."),
    "signature_shared": N_("Further fields show the same signature: {fields}."),
    "signature_type_odd": N_(
        "The signature's dictionary does not say what it is: /Type is {type}."
    ),
    # --- the signature itself ------------------------------------------------------------------
    "signature_malformed": N_("The signature's container cannot be used: {reason}."),
    "container_read_leniently": N_(
        "The signature's container breaks the rules of CMS and was read leniently: {reason}."
    ),
    "subfilter_unsupported": N_("Signatures of the kind {subfilter} are not supported."),
    "subfilter_misleading": N_(
        "The signature calls itself {subfilter}; it was judged as what it is, {form}."
    ),
    "digest_wrong": N_("The signed bytes were changed: their digest is not the signed one."),
    "digest_undetermined": N_("The digest of the signed bytes could not be computed."),
    "attribute_not_judged": N_("The signature carries {what}; that was not judged."),
    "content_missing": N_("What was signed is not in this file and was not handed in beside it."),
    "content_differs": N_("What lies inside this file is not what was handed in beside it."),
    "content_is_attributes": N_(
        "The content is what a signature signs in place of its document: cut out of another file."
    ),
    "content_digest_other": N_(
        "Only the content's {given} digest was handed in; the signature states one by {stated}."
    ),
    "also_pdf": N_(
        "The file can also be opened as a PDF, by bytes that the signature does not cover."
    ),
    "signature_value_mismatch": N_("The signature value does not fit the signer's certificate."),
    "signer_certificate_missing": N_("The signer's certificate is not in the signature."),
    "signer_certificate_mismatch": N_(
        "The signed attributes name another certificate than the signer's."
    ),
    "signer_certificate_unprotected": N_(
        "The signature does not bind its certificate: a signed attribute is missing."
    ),
    "signature_policy_unavailable": N_(
        "The signature was made under the policy {policy}, whose rules are not known here."
    ),
    "signature_policy_malformed": N_(
        "What the signature says of its policy cannot be read: {reason}."
    ),
    "signature_policy_implied": N_(
        "The signature says that it was made under a policy, and not which."
    ),
    "algorithm_unsupported": N_("The signature cannot be checked: {reason}."),
    "algorithm_weak": N_("Too weak when last proven: {what}."),
    "check_failed": N_("The check broke off because of a defect of Antin: {reason}."),
    # --- certificates and time -----------------------------------------------------------------
    "path_not_found": N_("No trusted authority vouches for {subject}. Issued by: {reason}."),
    "path_too_complex": N_(
        "Whether a trusted authority vouches for {subject} cannot be determined: {reason}."
    ),
    "path_invalid": N_("The certification path of {subject} breaks a rule: {reason}."),
    "path_purpose": N_("The certificate of {subject} is not meant for this: {reason}."),
    "path_expired": N_("The certificate of {subject} expired on {date}, before any proven time."),
    "path_not_yet_valid": N_("The certificate of {subject} is valid from {date} only."),
    "path_revoked": N_("The certificate of {subject} was revoked on {date}."),
    "path_suspended": N_("The certificate of {subject} was suspended on {date}."),
    "path_unproven": N_("What vouches for {subject} may be forged: {reason}."),
    "path_revoked_later": N_("The certificate of {subject} was revoked later, on {date}."),
    "path_weak": N_("The certificate of {subject} leans on something too weak: {reason}."),
    "revocation_undetermined": N_("Whether {subject} was revoked could not be told: {reason}."),
    "revocation_outdated": N_(
        "What is known of the revocation of {subject} is {hours} hours older than the time that "
        "counts, which the policy finds too old."
    ),
    "timestamp_wrong_content": N_("A time-stamp in the signature does not hold: {reason}."),
    "timestamp_unproven": N_("A time-stamp in the signature proves nothing: {reason}."),
    "timestamp_in_future": N_("The time-stamp is from {date}, after the time of checking."),
    "timestamp_order": N_("The time-stamps are not in the order in which they should be."),
    # --- tokens, as a probe finds them ----------------------------------------------------------
    "pin_tries_low": N_(
        "A wrong PIN was entered since the last right one. Enter the right one before too many "
        "wrong ones lock the token."
    ),
    "pin_to_be_changed": N_(
        "The PIN was set by somebody else. Its owner is to change it, with the issuer's tool."
    ),
    "token_without_keys": N_("The token shows no private key."),
    "token_without_usable_key": N_("None of the token's keys can be signed with."),
    "key_without_public_key": N_(
        "The token shows no public key for {key}, so that nothing it signs can be checked. Have "
        "the certificate or the public key stored beside it."
    ),
    "key_asks_each_time": N_(
        "The key {key} wants the PIN for every signature. A service needs it from a file."
    ),
    "certificate_of_another_key": N_(
        "A certificate that lies beside the key with the id {id} belongs to another key."
    ),
    "certificate_expires_soon": N_(
        "The certificate of {subject} expires in {days} days. Have it renewed."
    ),
    "mechanism_unsound": N_(
        "{mechanism} gives no good signature with the key {key} ({reason}). It is not used."
    ),
    # --- changes after a signature -------------------------------------------------------------
    "page_added": N_("A page was added after signing."),
    "page_removed": N_("A page was removed after signing."),
    "pages_reordered": N_("The pages were put in another order after signing."),
    "page_tree_changed": N_("The page tree was changed after signing: {keys}."),
    "page_content_changed": N_("The content of a page was changed after signing: {keys}."),
    "annotation_added": N_("An annotation was added after signing."),
    "annotation_removed": N_("An annotation was removed after signing."),
    "annotation_changed": N_("An annotation was changed after signing."),
    "form_changed": N_("The form was changed after signing: {keys}."),
    "form_field_added": N_("The form field {field} was added after signing."),
    "form_field_removed": N_("The form field {field} was removed after signing."),
    "form_field_changed": N_("The form field {field} was changed after signing: {keys}."),
    "form_field_filled": N_("The form field {field} was filled in after signing."),
    "form_field_locked": N_("The form field {field} was locked by the signature and changed."),
    "signature_added": N_("The signature {field} was added later."),
    "signature_removed": N_("The signature {field} was changed or removed."),
    "signature_field_added": N_("The empty signature field {field} was added later."),
    "timestamp_added": N_("The document time-stamp {field} was added later."),
    "validation_data_added": N_("Validation data were added later."),
    "information_changed": N_("The document information was changed after signing."),
    "metadata_changed": N_("The metadata were changed after signing."),
    "catalog_changed": N_("The document catalogue was changed after signing: {keys}."),
    "trailer_changed": N_("The trailer was changed after signing: {keys}."),
    "object_overwritten": N_("Object {object} was overwritten after signing."),
    "object_removed": N_("Object {object} was removed after signing."),
    "dangling_reference_filled": N_(
        "Object {object}, which the signed document refers to, was missing and was supplied later."
    ),
    "page_look_changed": N_(
        "The page looks different from how it was signed, other than where that is allowed. "
        "Words that are gone: {before}. Words that are new: {after}."
    ),
    "more_pages_look_changed": N_(
        "{count} more pages look different from how they were signed; no pictures of them are kept."
    ),
    "page_look_as_allowed": N_(
        "The page looks different only where a later signature, form filling or annotation is "
        "allowed to show."
    ),
    "content_covered": N_(
        "A later signature or field hides something that could be read when the page was signed."
    ),
    "pages_look_same": N_("{count} pages that changes can reach look as they did when signed."),
    "pictures_unavailable": N_(
        "The look of {count} pages could not be compared with how it was signed: {reason}."
    ),
    "changes_undetermined": N_("What changed after signing could not be determined: {reason}."),
    # --- attacks that a finding looks like ------------------------------------------------------
    "attack_signature_forgery": N_(
        "This looks like universal signature forgery: what has to be checked was left out or "
        "spoiled, so that careless programs check nothing."
    ),
    "attack_incremental_saving": N_(
        "This looks like incremental saving: content was appended behind what was signed."
    ),
    "attack_signature_wrapping": N_(
        "This looks like signature wrapping: the signed bytes were moved, or room that the "
        "signature leaves was used for something else."
    ),
    "attack_signed_bytes": N_(
        "This looks like signed bytes overwritten in place, or a signature copied from another "
        "document."
    ),
    "attack_shadow_hide": N_(
        "This looks like a shadow attack (hide): what covered a part of the document was taken "
        "away, or a part of it was hidden."
    ),
    "attack_shadow_replace": N_(
        "This looks like a shadow attack (replace): a picture, a drawing or the look of a field "
        "was exchanged."
    ),
    "attack_shadow_hide_and_replace": N_(
        "This looks like a shadow attack (hide and replace): other content that lay ready in the "
        "signed file was put in place."
    ),
    "attack_evil_annotation": N_(
        "This looks like an evil annotation: something was put over the signed pages as a note, "
        "stamp or form field."
    ),
    "attack_sneaky_signature": N_(
        "This looks like a sneaky signature: a signature field shows something over the signed "
        "pages."
    ),
    "attack_timestamp_vehicle": N_(
        "This looks like a change smuggled in with a document time-stamp, which anybody can get."
    ),
    "attack_validation_data_vehicle": N_(
        "This looks like content smuggled in as validation data: an object there is drawn on a "
        "page, too."
    ),
    "attack_pages_rearranged": N_(
        "This looks like an attack on the pages: some were added, removed, repeated or put in "
        "another order."
    ),
    "attack_page_frame": N_(
        "This looks like an attack on what of a page is shown: it was turned, cropped or resized."
    ),
    "attack_resources_redirected": N_(
        "This looks like redirected resources: the same page content was made to use other fonts "
        "or pictures."
    ),
    "attack_font_exchanged": N_(
        "This looks like an exchanged font: the same characters were made to look like others."
    ),
    "attack_colours_exchanged": N_(
        "This looks like exchanged colours, patterns or transparency: what was seen can vanish, "
        "and the other way round."
    ),
    "attack_signature_entries": N_(
        "This looks like overwritten words of a signature: its reason, place, time or name are "
        "not those that were signed."
    ),
    "attack_signature_appearance": N_(
        "This looks like an exchanged appearance: a signature shows something other than when it "
        "was made."
    ),
    "attack_signature_hidden": N_(
        "This looks like a signature that is kept from sight: it is in the file, but no form field "
        "shows it."
    ),
    "attack_signature_field": N_(
        "This looks like an attack on a signature field: it was removed, renamed, moved, resized "
        "or made to share its signature."
    ),
    "attack_form_altered": N_(
        "This looks like an attack by the form: fields were added, removed or changed, or programs "
        "are told to draw them anew."
    ),
    "attack_action_added": N_(
        "This looks like a planted action: the document was made to run a script, open an address "
        "or start a program."
    ),
    "attack_layers_switched": N_(
        "This looks like switched layers: content was shown or hidden by its layer."
    ),
    "attack_file_exchanged": N_(
        "This looks like a planted attachment: a file in the document was added, exchanged or "
        "removed."
    ),
    "attack_metadata_altered": N_(
        "This looks like altered document information: title, author or other metadata are not "
        "those that were signed."
    ),
    "attack_navigation_altered": N_(
        "This looks like altered navigation: bookmarks, page labels, names or how the document "
        "opens were changed."
    ),
    "attack_structure_altered": N_(
        "This looks like altered reading text: what is read out to those who cannot see the pages "
        "was changed."
    ),
    "attack_catalog_exchanged": N_(
        "This looks like an exchanged catalogue: the file was led to another document in it."
    ),
    "attack_encryption_exchanged": N_(
        "This looks like exchanged encryption: the same bytes were made to say something else."
    ),
    "attack_planted_reference": N_(
        "This looks like a planted reference: the signed document named something that was "
        "supplied only after signing."
    ),
    "attack_change_undone": N_(
        "This looks like a change that was taken back: one state was shown in between, another "
        "before and after."
    ),
    "attack_two_readings": N_(
        "This looks like a cross-reference trick: programs read this update in different ways."
    ),
    # --- the ledger --------------------------------------------------------------------------
    "entry_bytes_altered": N_(
        "The bytes of ledger entry {index} were altered: its leaf is {expected}, they give {found}."
    ),
    "entry_unreadable": N_("Ledger entry {index} cannot be read: {reason}."),
    "column_altered": N_(
        "The column {column} of ledger entry {index} was altered: "
        "the entry says {expected}, the column {found}."
    ),
    "entry_missing": N_("The ledger entries from {index} to {last} are missing."),
    "ledger_size_altered": N_("The ledger's head says {expected} entries; {found} are there."),
    "stream_broken": N_(
        "Ledger entry {index} does not continue the stream {stream}: "
        "its {column} is {found}, the entry before it asks for {expected}."
    ),
    "request_repeated": N_("Ledger entry {index} repeats the request {request}."),
    "payload_altered": N_("The facts that ledger entry {index} commits to were altered."),
    "payload_missing": N_(
        "The facts that ledger entry {index} commits to are not there, and no entry says that they "
        "were erased."
    ),
    "payload_erased": N_(
        "The facts of {count} ledger entries ({indexes}) were erased, authorised by entry {by} of "
        "{actor}."
    ),
    "wal_not_overwritten": N_(
        "The database's write-ahead log may still hold what was erased: {reason}."
    ),
    "redactions_more": N_("{count} more ledger entries say which facts were erased."),
    "redaction_unmet": N_(
        "Ledger entry {index} says that the facts of entry {named} were erased; they are there. If "
        "they came back with a backup, erase them again."
    ),
    "redaction_wrong": N_(
        "Ledger entry {index} says that the facts of entry {named} were erased, which it cannot "
        "have done: {reason}."
    ),
    "redaction_unreadable": N_("What ledger entry {index} says of erasing is lost: {reason}."),
    "payload_unclaimed": N_("Facts are stored for ledger entry {index}, which is not there."),
    "checkpoint_unreadable": N_("The checkpoint of {size} entries cannot be read: {reason}."),
    "checkpoint_signature_invalid": N_(
        "The checkpoint of {size} entries is not validly signed by the ledger's key: {reason}."
    ),
    "checkpoint_of_another_ledger": N_(
        "The checkpoint of {size} entries is of the ledger {found}, not of {expected}."
    ),
    "checkpoint_altered": N_(
        "The stored checkpoint of {size} entries differs from its signed note: {reason}."
    ),
    "checkpoint_root_mismatch": N_(
        "The first {size} ledger entries are not those that were signed for: "
        "the signed root is {expected}, they give {found}."
    ),
    "checkpoint_beyond_entries": N_(
        "A checkpoint covers {size} entries, the ledger holds {found}: "
        "entries were removed, or an old backup was restored."
    ),
    "checkpoint_missing": N_(
        "The checkpoint of {size} entries that is kept outside the database is missing in it."
    ),
    "tile_root_altered": N_(
        "The kept root {index} of tiles' level {level} is {found}; the entries give {expected}."
    ),
    "tile_root_missing": N_("The kept root {index} of tiles' level {level} is missing."),
    "tile_roots_unkept": N_(
        "The roots of {count} tiles are not kept yet; the next checkpoint adds them."
    ),
    "clock_set_back": N_(
        "Ledger entry {index} is {seconds} seconds older than an entry before it, and {count} "
        "entries go back by more than an hour: a clock was set back, or work took that long."
    ),
    "guard_missing": N_(
        "The guard {guard} that keeps accidents from the ledger's tables is missing, switched off "
        "or altered: somebody with all rights on the database did that."
    ),
    "row_altered": N_(
        "The row {key} of {table} says {found} in its column {column}; ledger entry {index} says "
        "{expected}."
    ),
    "row_missing": N_(
        "The row {key} of {table} is not there, though ledger entry {index} made it."
    ),
    "row_undecodable": N_("A row of {table} that belongs to {key} cannot be read: {reason}."),
    "rows_unjudged": N_(
        "Of {table}, {count} rows are told of by no entry that still has its facts: they were "
        "erased."
    ),
    "row_without_entry": N_(
        "The row {key} of {table} was made by no ledger entry: somebody put it there."
    ),
    "levels_left_out": N_(
        "Only the levels up to {level} were checked: no checkpoint was compared, so nothing is "
        "proven."
    ),
    "cosignature_invalid": N_(
        "The cosignature of {witness} that is kept for the checkpoint of {size} entries is wrong: "
        "{reason}."
    ),
    "cosignature_seen": N_(
        "The witness {witness} cosigned the first {size} entries at {time}, and no more in this "
        "export."
    ),
    "cosignature_none": N_("No checkpoint in the export is cosigned by the witness {witness}."),
    "cosignatures_unchecked": N_(
        "{count} cosignatures of {witness} were not checked: the settings name no such witness."
    ),
    "timestamp_invalid": N_(
        "Time-stamp {number} of the checkpoint of {size} entries is wrong: {reason}."
    ),
    "export_file_missing": N_("{file} is missing in the export."),
    "export_file_extra": N_(
        "{file} is, or goes on with, what this export does not hold; it was not checked."
    ),
    "export_file_unreadable": N_("{file} in the export cannot be read: {reason}."),
    "export_line_altered": N_("Line {line} of {file} is not what it has to be: {reason}."),
    "export_key_altered": N_("The key in the export is not the key that was given."),
    "export_program_differs": N_("The program in the export is not the one that antin ships."),
    "key_unconfirmed": N_(
        "The key came with the export. Get it another way, from the agency itself, and give it."
    ),
    "tile_altered": N_("{file} does not hold the hashes that the entries give."),
    "timestamps_unjudged": N_(
        "{count} time-stamps hold by themselves; whether their authorities are to be believed was "
        "not judged."
    ),
    "checkpoint_put_aside": N_(
        "A checkpoint of {size} entries was put aside, and no entry declares that any were lost."
    ),
    "ledger_recovered": N_(
        "Entry {index} declares a loss: the entries from {first} to {last}, for which the ledger "
        "had signed, were given up. Reason: {reason}."
    ),
    "loss_declared": N_(
        "Entry {index} declares entries lost for which the ledger had signed; checkpoints kept "
        "from before show it to be another history."
    ),
    "recovery_unreadable": N_(
        "Ledger entry {index} declares a loss that cannot be made out: {reason}."
    ),
    "checkpoint_none": N_("The ledger has no checkpoint yet, so nothing shows that it is whole."),
    "entries_uncovered": N_("{count} entries are newer than the newest checkpoint."),
}
"""Every finding code of a report and its English sentence; families belong to errors only."""
