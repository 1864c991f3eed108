"""What ``mutmut run`` does first, and no more: copy the sources, and write mutants into them.

Run in the folder that has mutmut's settings; ``mutmut`` has no command for this part.
"""

import sys
from pathlib import Path

from mutmut.__main__ import create_mutants
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir


def main(children: int) -> None:
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(children)


if __name__ == "__main__":
    main(int(sys.argv[1]))
