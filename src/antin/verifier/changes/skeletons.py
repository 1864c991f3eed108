"""The skeletons of one file's revisions, each made from the one before it.

A revision rewrites a few objects: what none of them is part of is taken over as it is. Nothing is
taken over on the word of the revision: what is asked is which objects were read, and whether the
revision's cross-reference names any of them.
"""

from functools import cached_property

from antin.pdf.document import PdfDocument
from antin.pdf.fields import FieldReader
from antin.pdf.history import RecordingView, View
from antin.pdf.objects import Ref, same
from antin.pdf.pages import PageTree, page_tree
from antin.pdf.possible_nodes import PossibleNodes
from antin.pdf.references import References
from antin.verifier.changes.graph import Budget, ReferenceGraph
from antin.verifier.changes.skeleton import Skeleton


class Skeletons:
    """Makes skeletons, and has the last two at hand."""

    _fields: FieldReader
    """Of the newest skeleton, as what follows is."""
    _tree_read: set[int]
    """The objects that were read for the page tree."""

    def __init__(self, document: PdfDocument) -> None:
        self._document = document
        self._references = References(document.history, self._updated)
        self._budget = Budget()
        self._kept: dict[int, Skeleton] = {}

    def of(self, revision: int) -> Skeleton:
        """Return the skeleton of ``revision``; ``pdf_too_complex`` when it has no end."""
        if revision not in self._kept:
            before = self._kept.get(revision - 1)
            # What is kept of the one before is the newest: else this one would be kept as well.
            made = self._next(before, revision) if before else self._first(revision)
            self._kept = {n: one for n, one in self._kept.items() if n == revision - 1}
            self._kept[revision] = made
        return self._kept[revision]

    def _first(self, revision: int) -> Skeleton:
        view = self._document.view(revision)
        self._fields = FieldReader()
        return self._made(view, self._tree(view))

    def _next(self, before: Skeleton, revision: int) -> Skeleton:
        view = self._document.view(revision)
        touched = self._document.numbers_in(revision)
        containers = touched & self._document.history.parser.index.containers
        if any(before.view.place(number) is not None for number in containers):
            return self._first(revision)  # with an object stream all that it held is another
        self._fields.forget(touched)
        is_kept = self._keeps_tree(before, view, touched)
        return self._made(view, before.tree if is_kept else self._tree(view))

    def _keeps_tree(self, before: Skeleton, view: View, touched: frozenset[int]) -> bool:
        """Tell whether ``view`` has the pages that the view before had, in the same order."""
        return (
            same(before.view.catalog.get("Pages"), view.catalog.get("Pages"))
            and self._tree_read.isdisjoint(touched)
            and before.tree.lists_alike(view, touched)
        )

    def _tree(self, view: View) -> PageTree:
        recording = RecordingView(view.history, view.section, view.trailer)
        tree = page_tree(recording, self._possible.of(view) | self._updated)
        root = view.trailer.get("Root")
        catalog = {root.number} if isinstance(root, Ref) else set()
        # Of the catalogue all that counts is its /Pages, unless it is a node as well.
        read = recording.asked - (catalog - tree.nodes)
        self._tree_read = {number for number in read if not tree.lists(number)}
        self._budget.spend(len(tree))
        return tree

    def _made(self, view: View, tree: PageTree) -> Skeleton:
        fields = self._fields.read(view)
        self._budget.spend(len(fields))
        return Skeleton(view, tree, fields, ReferenceGraph(view, self._references, self._budget))

    @cached_property
    def _possible(self) -> PossibleNodes:
        return PossibleNodes(self._document.history, self._references.index)

    @cached_property
    def _updated(self) -> frozenset[int]:
        """All objects that any update names: each is looked at, wherever it is listed."""
        updates = range(2, self._document.revisions + 1)
        return frozenset[int]().union(*map(self._document.numbers_in, updates))
