"""The judge of test runs: too few tests, or a skip that nothing excuses, do not count."""

from xml.etree import ElementTree as ET

from scripts.judge_tests import complaints


def cases(ran: int, *skips: str) -> list[ET.Element]:
    found = [ET.Element("testcase", classname="c", name=f"t{n}") for n in range(ran)]
    for reason in skips:
        case = ET.Element("testcase", classname="c", name="skipped")
        ET.SubElement(case, "skipped", message=reason)
        found.append(case)
    return found


def test_a_run_that_counts() -> None:
    assert complaints(cases(10), shared=True, least=10) == []


def test_too_few_tests() -> None:
    assert complaints(cases(9), shared=True, least=10)
    assert complaints([], shared=False)


def test_a_skip_is_excused_only_by_the_missing_folder() -> None:
    beside = "../shared/corpus does not stand beside us"
    assert complaints(cases(10, beside), shared=False, least=10) == []
    assert complaints(cases(10, beside), shared=True, least=10)
    assert complaints(cases(10, "softhsm is not installed"), shared=False, least=10)
