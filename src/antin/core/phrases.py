"""Fixed phrases that fill the sentences of codes, so that those read in one language."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from antin.core.codes import N_

PHRASES: Final = frozenset(
    {
        # What the operating system says of a file.
        N_("No such file or directory"),
        N_("Permission denied"),
        N_("Is a directory"),
        N_("Not a directory"),
        N_("File name too long"),
        N_("Read-only file system"),
        N_("No space left on device"),
        N_("not a regular file"),
        # What speaks against a call of the command line.
        N_("a PDF is not for a terminal; name a file by -o"),
        N_("this form makes a document for each file; name a folder by -o"),
        N_("a name in the list is too long"),
        N_("a name in the list holds a NUL; see --null"),
        N_("augmenting begins at B-T"),
        N_("two inputs have the same file name"),
        N_("one of --pin-file and --pin-env"),
        N_("either NAME, or options that name a token"),
        N_("--key-id is no hex"),
        N_("the lock names no field"),
        N_("field, reason, location, appearance, certify and lock are for PDFs"),
        # What is wrong with what a ledger entry says of erasing.
        N_("its facts are no canonical JSON"),
        N_("its facts are not those of erasing"),
        N_("its list of entries is empty or too long"),
        N_("its list of entries cannot be read"),
        N_("its own facts are gone"),
        N_("it is not an earlier entry"),
        N_("it is of another stream"),
        N_("its leaf is another one"),
        N_("it says itself what was erased"),
        # Why what was erased may be left in a database's log.
        N_("this database role may not have it overwritten"),
        N_("it is too long to be overwritten at once"),
        N_("a replication slot or a setting keeps older parts"),
        N_("it is archived"),
        # What is wrong with the description of a stamp.
        N_("an appearance file has no such setting"),
        N_("a page number is needed"),
        N_("not a text"),
        N_("not a number of millimetres"),
        N_("not between 0 and 2000 mm"),
        N_("it lies outside the page"),
        N_("it is not a PNG"),
        N_("it has too many pixels"),
        # Why a file may not be signed.
        N_("its owner allows nobody to sign it"),
        N_("its owner allows signatures only in fields that are there already"),
        # Why a certificate could not be judged, or is not believed.
        N_("names or policies beyond what is judged"),
        N_("it is not proven to be from before its authority was revoked"),
        N_("its revocation data are not proven to be from when their signer was valid"),
        N_("its revocation data are not proven to be from before their signer was revoked"),
        N_("its revocation status is unknown"),
        N_("its revocation status is unavailable"),
        # Why a time-stamp is not believed.
        N_("it stamps something else"),
        N_("the content that it covers is not at hand"),
        # What is wrong with a file.
        N_("it is neither DER nor PEM"),
        N_("an archive in an archive"),
        N_("it is none of a verification"),
        N_("its first line is damaged"),
        N_("trust, policy, options or version are not the same"),
    }
)
"""Phrases that have translations; others are shown as they are."""
_V = TypeVar("_V")


def translated(translate: Callable[[str], str], values: Mapping[str, _V]) -> dict[str, _V | str]:
    """Return ``values`` with those that are one of :data:`PHRASES` in the reader's language."""
    return {
        key: translate(value) if isinstance(value, str) and value in PHRASES else value
        for key, value in values.items()
    }
