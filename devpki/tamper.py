"""Tampers with copies, to show that it is found: ``python -m devpki.tamper --help``."""

import argparse
import sqlite3
import sys
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject


def flip_byte(source: Path, target: Path, offset: int | None = None) -> int:
    """Write ``source`` with one bit of one byte changed to ``target``; return the byte's offset.

    By default a byte in the first quarter of the file: inside what every signature covers.
    """
    data = bytearray(source.read_bytes())
    where = len(data) // 4 if offset is None else offset
    data[where] ^= 0x01
    target.write_bytes(data)
    return where


def add_page(source: Path, target: Path, text: str) -> None:
    """Write ``source`` plus an incremental update that adds a page saying ``text``."""
    target.write_bytes(source.read_bytes())
    with target.open("r+b") as file:
        writer = IncrementalPdfFileWriter(file, strict=False)
        stream = generic.StreamObject(
            stream_data=f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode("latin-1", "replace")
        )
        page = PageObject(
            contents=writer.add_object(stream),
            media_box=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))),
            resources=generic.DictionaryObject({generic.NameObject("/Font"): _fonts()}),
        )
        writer.insert_page(page)
        writer.write_in_place()


def _fonts() -> generic.DictionaryObject:
    helvetica = generic.DictionaryObject(
        {
            generic.NameObject("/Type"): generic.NameObject("/Font"),
            generic.NameObject("/Subtype"): generic.NameObject("/Type1"),
            generic.NameObject("/BaseFont"): generic.NameObject("/Helvetica"),
        }
    )
    return generic.DictionaryObject({generic.NameObject("/F1"): helvetica})


def edit_ledger_row(database: Path, index: int, actor: str) -> None:
    """Change who is said to have done something, with full power over a SQLite database.

    The guards against accidents are dropped first, as anybody who owns the file can.
    """
    with sqlite3.connect(database) as connection:
        guards = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_entries'"
        ).fetchall()
        for (name,) in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        changed = connection.execute(
            "UPDATE ledger_entries SET actor = ? WHERE leaf_index = ?", (actor, index)
        )
        if changed.rowcount != 1:
            raise SystemExit(f"{database} has no ledger entry {index}")
    connection.close()


def main() -> int:
    """Run one tampering from the command line."""
    parser = argparse.ArgumentParser(prog="python -m devpki.tamper", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    flip = kinds.add_parser("flip-byte", help="change one bit of one byte")
    page = kinds.add_parser("add-page", help="add a page by an incremental update")
    for one in (flip, page):
        one.add_argument("source", type=Path)
        one.add_argument("target", type=Path)
    row = kinds.add_parser("ledger-row", help="edit a ledger entry's row in a SQLite database")
    row.add_argument("database", type=Path)
    row.add_argument("index", type=int)
    chosen = parser.parse_args()
    if chosen.kind == "flip-byte":
        print(f"flipped a bit at offset {flip_byte(chosen.source, chosen.target)}")
    elif chosen.kind == "add-page":
        add_page(chosen.source, chosen.target, "This page was never signed")
        print(f"added a page to {chosen.target}")
    else:
        edit_ledger_row(chosen.database, chosen.index, "somebody-else")
        print(f"edited the actor of entry {chosen.index}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
