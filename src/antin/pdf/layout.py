"""Where everything lies in a file: what its cross-reference says, before anything is looked at."""

from dataclasses import dataclass

from antin.core.bytesource import ByteSource
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.extent import pdf_extent
from antin.pdf.parser import Parser
from antin.pdf.sections import read_sections


@dataclass(frozen=True)
class Layout:
    """A file, a parser that knows its sections, and what was repaired to get there."""

    source: ByteSource
    """The file from its header on."""
    parser: Parser
    repairs: tuple[Deviation, ...] = ()


def layout_of(source: ByteSource) -> Layout:
    """Return the layout of a file that needs no repair; errors as ``open_pdf``."""
    extent, budget = pdf_extent(source), Budget(source.size)
    return Layout(source, Parser(extent, read_sections(extent, budget), budget))
