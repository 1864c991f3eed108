"""What is mutated, and the tests that are to notice: the code that a verdict hangs on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Group:
    """Files to change, one small thing at a time, and the tests to run on each change."""

    files: tuple[str, ...]
    """Paths from the root of the repository; ``*`` stands for any name."""
    tests: tuple[str, ...]

    def sources(self, root: Path = ROOT) -> tuple[Path, ...]:
        """Return the files that there are, sorted."""
        return tuple(sorted(path for pattern in self.files for path in root.glob(pattern)))


GROUPS: Final = {
    "byte-range": Group(
        files=("src/antin/pdf/byterange.py", "src/antin/verifier/range_digests.py"),
        tests=(
            "tests/unit/pdf/test_byterange.py",
            "tests/unit/verifier/test_range_digests.py",
            "tests/unit/verifier/test_structure.py",
            "tests/unit/verifier/test_damaged.py",
        ),
    ),
    "cms": Group(
        files=(
            "src/antin/pki/archive_stamps.py",
            "src/antin/pki/cms_attributes.py",
            "src/antin/pki/cms_read.py",
            "src/antin/pki/cms_structure.py",
            "src/antin/pki/cms_unsigned.py",
            "src/antin/pki/ess.py",
            "src/antin/pki/signature_values.py",
            "src/antin/verifier/archive_coverage.py",
            "src/antin/verifier/archive_stamps.py",
        ),
        tests=(
            "tests/unit/pki/test_archive_stamps.py",
            "tests/unit/pki/test_cms_malformed.py",
            "tests/unit/pki/test_cms_read.py",
            "tests/unit/pki/test_cms_strictness.py",
            "tests/unit/pki/test_cms_unsigned.py",
            "tests/unit/pki/test_signature_values.py",
            "tests/unit/verifier/test_archive_coverage.py",
            "tests/unit/verifier/test_archive_stamps.py",
        ),
    ),
    "changes": Group(
        files=("src/antin/verifier/changes/*.py",),
        tests=(
            "tests/attacks/test_attacks.py",
            "tests/attacks/test_findings.py",
            "tests/unit/verifier/test_attack_names.py",
            "tests/unit/verifier/test_change_edges.py",
            "tests/unit/verifier/test_change_fields.py",
            "tests/unit/verifier/test_change_forms.py",
            "tests/unit/verifier/test_change_graph.py",
            "tests/unit/verifier/test_change_limits.py",
            "tests/unit/verifier/test_change_names.py",
            "tests/unit/verifier/test_change_metadata.py",
            "tests/unit/verifier/test_change_places.py",
            "tests/unit/verifier/test_change_rules.py",
            "tests/unit/verifier/test_change_skeletons.py",
            "tests/unit/verifier/test_change_steps.py",
            "tests/unit/verifier/test_changes.py",
            "tests/unit/verifier/test_look_findings.py",
            "tests/unit/verifier/test_look_pages.py",
            "tests/unit/verifier/test_looks.py",
            "tests/unit/verifier/test_policy_changes.py",
            "tests/unit/verifier/test_skeletons.py",
            "tests/unit/verifier/test_word_difference.py",
        ),
    ),
}
