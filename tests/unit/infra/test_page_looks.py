"""Pages drawn in a process of their own: what is the same, what differs, what breaks off."""

import io
import os
import random
import re
import resource
import select
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Semaphore

import pytest
from PIL import Image

from antin.core.bytesource import FileSource, MemorySource
from antin.infra import page_looks, page_process, page_worker
from antin.infra.page_looks import Limits, PdfiumLooks, looks_at
from antin.infra.page_process import DrawingFailedError, PageProcess
from antin.verifier.looks import Box, Comparison, Look, PageState, Unseen
from antin.verifier.pictures import PagePictures, Picture
from tests.pdfs import appended, assembled, form_letter, letter, stream

RED = stream(b"1 0 0 rg 0 0 80 20 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")
OTHER = stream(b"BT /F 12 Tf 72 700 Td (Page 9) Tj ET")
LINE: Box = (60, 690, 200, 720)


@contextmanager
def states(
    was: bytes, now: bytes, limits: Limits | None = None
) -> Iterator[tuple[PdfiumLooks, int, int]]:
    with looks_at(MemorySource(now), limits) as looks:
        yield looks, len(was), len(now)


def compared(was: bytes, now: bytes, index: int = 0, box: Box | None = None) -> Comparison:
    boxes = (box,) if box else ()
    with states(was, now) as (looks, before, after):
        assert isinstance(looks.pages(before), int)
        found = looks.compare(PageState(before, index, boxes), PageState(after, index, boxes))
    assert isinstance(found, Comparison), found
    return found


def pictures(found: Comparison) -> PagePictures:
    assert found.pictures is not None
    return found.pictures


def image(picture: Picture | None) -> Image.Image:
    assert picture is not None
    return Image.open(io.BytesIO(picture.png)).convert("RGB")


def test_a_page_that_nothing_changed() -> None:
    base = letter()
    assert compared(base, appended(base, {110: OTHER}), 1) == Comparison(Look.SAME)


def test_a_page_with_another_word() -> None:
    base = letter()
    found = compared(base, appended(base, {110: OTHER}))
    assert (found.look, found.text_before, found.text_after) == (
        Look.DIFFERENT,
        "Page 1",
        "Page 9",
    )
    shown = pictures(found)
    assert (shown.page_before, shown.page_after) == (1, 1)
    assert re.fullmatch(r"pdfium [\d.]+", shown.renderer)
    marked = image(shown.difference).getcolors(1 << 24) or []
    assert (214, 0, 60) in {colour for _, colour in marked}
    assert image(shown.before) != image(shown.after)


def test_what_differs_inside_a_box_only_is_as_allowed() -> None:
    base = letter()
    now = appended(base, {110: OTHER})
    assert compared(base, now, box=LINE).look is Look.AS_ALLOWED
    assert compared(base, now, box=(300, 690, 500, 720)).look is Look.DIFFERENT
    assert compared(base, now, box=(60, 600, 200, 690)).look is Look.DIFFERENT


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_lie_where_they_lie_on_a_turned_page(rotation: int) -> None:
    base = letter(page=b"/Rotate %d" % rotation)
    assert compared(base, appended(base, {110: OTHER}), box=LINE).look is Look.AS_ALLOWED


def test_form_fields_are_drawn() -> None:
    base = form_letter()
    now = appended(base, {21: RED})
    assert compared(base, now).look is Look.DIFFERENT
    assert compared(base, now, box=(10, 10, 90, 30)).look is Look.AS_ALLOWED
    colours = image(pictures(compared(base, now)).after).getcolors(9999) or []
    assert (255, 0, 0) in {colour for _, colour in colours}


STAMP = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(s)/Rect[60 690 200 720]/AP<</N 21 0 R>>>>"
TURN = b"/Type/XObject/Subtype/Form/BBox[0 0 140 30]"


def stamped(drawing: bytes, extra: bytes = b"", more: dict[int, bytes] | None = None) -> bytes:
    """Return a form letter with a second widget over its text that draws ``drawing``."""
    page = b"<</Type/Page/Parent 2 0 R/Contents 110 0 R/Annots[20 0 R]"
    page += b"/Resources<</Font<</F 3 0 R>>>>>>"
    objects = {10: page, 20: STAMP, 21: stream(drawing, TURN + extra)}
    return appended(form_letter(), objects | (more or {}))


@pytest.mark.parametrize(
    ("drawing", "extra", "look"),
    [
        (b"1 1 1 rg 0 0 140 30 re f", b"", Look.COVERED),
        (b"1 0.9 0.9 rg 0 0 140 30 re f", b"", Look.COVERED),
        (b"1 0 0 RG 3 w 1 1 138 28 re S", b"", Look.AS_ALLOWED),
        (
            b"/M gs 1 0 0 rg 0 0 140 30 re f",
            b"/Resources<</ExtGState<</M<</BM/Multiply>>>>>>",
            Look.AS_ALLOWED,
        ),
        (b"0 0 0 rg 0 0 140 30 re f", b"", Look.AS_ALLOWED),
    ],
)
def test_text_that_is_painted_over(drawing: bytes, extra: bytes, look: Look) -> None:
    was, now = form_letter(), stamped(drawing, extra)
    with states(was, now) as (looks, before, after):
        found = looks.compare(PageState(before, 0), PageState(after, 0, (LINE,)))
        assert isinstance(found, Comparison)
        assert found.look is look


def test_what_a_field_showed_before_may_be_replaced() -> None:
    was = stamped(b"0 0 0 rg 0 0 140 30 re f")
    now = appended(was, {21: stream(b"1 1 1 rg 0 0 140 30 re f", TURN)})
    assert compared(was, now, box=LINE).look is Look.AS_ALLOWED


def test_another_size_is_another_look() -> None:
    base = letter(1)
    wider = b"<</Type/Pages/Kids[10 0 R]/Count 1/MediaBox[0 0 700 842]>>"
    found = compared(base, appended(base, {2: wider}), box=(0, 0, 595, 842))
    assert found.look is Look.DIFFERENT
    shown = pictures(found)
    assert image(shown.difference).width == image(shown.after).width > image(shown.before).width


def test_a_page_that_is_in_one_state_only() -> None:
    base = letter()
    with states(base, base) as (looks, end, _):
        added = looks.compare(None, PageState(end, 1))
        removed = looks.compare(PageState(end, 0), None)
    assert isinstance(added, Comparison)
    assert isinstance(removed, Comparison)
    assert (added.look, removed.look) == (Look.DIFFERENT, Look.DIFFERENT)
    assert (pictures(added).before, pictures(added).page_after) == (None, 2)
    assert (pictures(removed).after, pictures(removed).difference) == (None, None)


def test_the_same_pictures_each_time_and_by_file_or_memory(tmp_path: Path) -> None:
    base = letter()
    now = appended(base, {110: OTHER})
    path = tmp_path / "a.pdf"
    path.write_bytes(now)
    with FileSource(path) as source, looks_at(source) as looks:
        looks.pages(len(now))
        found = looks.compare(PageState(len(base), 0), PageState(len(now), 0))
        assert looks.compare(PageState(len(base), 0), PageState(len(now), 0)) is found
    assert found == compared(base, now)


def test_no_process_before_anything_is_asked() -> None:
    with looks_at(MemorySource(letter())) as looks:
        assert looks._process is None


def test_large_and_tiny_pages_have_pictures_of_bounded_size() -> None:
    for box in (b"[0 0 14000 14000]", b"[0 0 30 14400]", b"[0 0 0.01 0.01]"):
        size = b"<</Type/Pages/Kids[10 0 R]/Count 1/MediaBox%b>>" % box
        with looks_at(MemorySource(appended(letter(1), {2: size}))) as looks:
            found = looks.compare(None, PageState(looks._source.size, 0))
        assert isinstance(found, Comparison)
        shown = image(pictures(found).after)
        assert 0 < shown.width * shown.height <= page_process._MAX_PIXELS


def test_sizes_that_are_no_sizes() -> None:
    for width, height in ((0.0, 1.0), (float("nan"), 1.0), (float("inf"), 2.0), (-1.0, -1.0)):
        with pytest.raises(ValueError):
            page_worker._scale(width, height)


def test_pictures_end_at_a_bound_and_comparing_does_not() -> None:
    base = letter(4)
    now = appended(base, {110 + n: OTHER for n in range(4)})
    for limits in (Limits(pictures=2), Limits(picture_bytes=1)):
        with states(base, now, limits) as (looks, before, after):
            found = [looks.compare(PageState(before, n), PageState(after, n)) for n in range(4)]
        assert [one.look for one in found if isinstance(one, Comparison)] == [Look.DIFFERENT] * 4
        kept = [one.pictures is not None for one in found if isinstance(one, Comparison)]
        assert kept == (
            [True, True, False, False] if limits.pictures == 2 else [True] + [False] * 3
        )


def test_what_is_no_pdf_and_pages_that_are_not_there() -> None:
    with looks_at(MemorySource(b"no PDF at all")) as looks:
        assert looks.pages(13) == Unseen("pdfium can't read it")
    with looks_at(MemorySource(letter())) as looks:
        end = looks._source.size
        assert isinstance(looks.compare(PageState(end, 7), PageState(end, 0)), Unseen)
        assert looks.compare(PageState(end, 1), PageState(end, 1)) == Comparison(Look.SAME)
        assert looks._starts == 1


def slow_letter() -> bytes:
    """Return a letter whose first page draws lines without end, by forms in forms."""
    forms = {
        200 + n: stream(
            b"/X Do " * 60,
            b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]"
            b"/Resources<</XObject<</X %d 0 R>>>>" % (201 + n),
        )
        for n in range(8)
    }
    forms[208] = stream(b"0 0 m 500 500 l S " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]")
    page = b"<</Type/Page/Parent 2 0 R/Contents 110 0 R/Resources<</XObject<</X 200 0 R>>>>>>"
    return appended(letter(), {**forms, 10: page, 110: stream(b"/X Do")})


def test_a_page_without_end_costs_itself_only() -> None:
    """It takes too long, or too much memory: whichever comes first."""
    data = slow_letter()
    with looks_at(MemorySource(data), Limits(page_seconds=4.0)) as looks:
        end = len(data)
        assert isinstance(looks.compare(None, PageState(end, 0)), Unseen)
        assert isinstance(looks.compare(None, PageState(end, 1)), Comparison)
        assert looks._starts == 2


def hungry_letter() -> bytes:
    """Return a letter whose first page's content is 600 MB of spaces; the second is plain."""
    packed = zlib.compressobj(9)
    spaces = b" " * (1 << 20)
    data = b"".join(packed.compress(spaces) for _ in range(600)) + packed.flush()
    page = b"<</Type/Page/Parent 2 0 R/Contents 110 0 R>>"
    return appended(letter(), {10: page, 110: stream(data, b"/Filter/FlateDecode")})


def peak_of_a_hungry_page() -> int:
    """Return the most kilobytes that a page process held while it drew the hungry letter."""
    data = hungry_letter()
    with looks_at(MemorySource(data), Limits(memory=160 << 20)) as looks:
        assert isinstance(looks.compare(None, PageState(len(data), 0)), Unseen)
        assert isinstance(looks.compare(None, PageState(len(data), 1)), Comparison)
        assert looks._starts == 2
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def test_a_page_that_eats_memory_costs_itself_only() -> None:
    """Measured in a small process: a child's peak begins with what its parent held at the fork."""
    measure = f"from {__name__} import peak_of_a_hungry_page as peak; print(peak())"
    done = subprocess.run([sys.executable, "-c", measure], capture_output=True, check=True)
    assert int(done.stdout) <= 160 << 10


def test_a_process_that_dies_is_followed_by_another() -> None:
    data = letter()
    with looks_at(MemorySource(data)) as looks:
        assert looks.pages(len(data)) == 2
        assert looks._process is not None
        os.kill(looks._process.pid, signal.SIGKILL)
        assert isinstance(looks.compare(None, PageState(len(data), 0)), Comparison)
        assert looks._starts == 2


def test_where_no_copy_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with looks_at(MemorySource(letter())) as looks:
        told = "no copy of the file could be made (No space left on device)"
        assert looks.pages(9) == Unseen(told)


def test_processes_and_time_have_an_end() -> None:
    data = letter()
    with looks_at(MemorySource(data), Limits(starts=0)) as looks:
        assert looks.pages(len(data)) == Unseen("the program that draws pages broke off too often")
    with looks_at(MemorySource(data), Limits(file_seconds=0.0)) as looks:
        assert looks.pages(len(data)) == Unseen("there was no time left for it")


def test_only_so_many_draw_at_the_same_time() -> None:
    data, turns = letter(), Semaphore(1)
    short = Limits(page_seconds=0.05)
    with looks_at(MemorySource(data), None, turns) as one:
        assert one.pages(len(data)) == 2
        with looks_at(MemorySource(data), short, turns) as other:
            assert other.pages(len(data)) == Unseen("too many others are drawing pages")
    with looks_at(MemorySource(data), None, turns) as one:
        assert one.pages(len(data)) == 2
    assert turns.acquire(blocking=False)


def resident(pid: int) -> int:
    """Return the most memory that a process has had, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0])


def test_many_pages_take_no_more_memory_than_few() -> None:
    data = letter(400)
    with looks_at(MemorySource(data)) as looks:
        end = len(data)
        taken = []
        for index in range(400):
            state = PageState(end, index)
            assert looks.compare(state, state) == Comparison(Look.SAME)
            assert looks._process is not None
            taken.append(resident(looks._process.pid))
    assert taken[-1] <= taken[9] + 4096


def test_the_process_can_open_nothing() -> None:
    data = letter()
    with looks_at(MemorySource(data)) as looks:
        looks.pages(len(data))
        assert looks._process is not None
        limits = Path(f"/proc/{looks._process.pid}/limits").read_text()
        environment = Path(f"/proc/{looks._process.pid}/environ").read_bytes()
    for kind, most in (
        ("Max open files", 0),
        ("Max file size", 0),
        ("Max core file size", 0),
        ("Max address space", 512 << 20),
    ):
        assert re.search(rf"^{kind}\s+{most}\s+{most}\s", limits, re.MULTILINE), kind
    assert b"ANTIN_" not in environment


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        '{"same": true}',
        '{"same": false, "sides": [null, {"size": [Infinity, 1, 3], "boxes": [], "text": ""}]}',
        "[]",
        "no JSON",
        '{"same": 1}',
        '{"same": false}',
        '{"same": false, "sides": [null, null]}',
        '{"same": false, "sides": [null, {}]}',
        '{"same": false, "sides": [null, {"size": [1, 1, 3], "boxes": [[1]], "text": ""}]}',
        '{"same": false, "sides": [null, {"size": [9999, 9999, 29997], "boxes": [], "text": ""}]}',
        '{"same": false, "sides": [null, {"size": [10, 10, 9000], "boxes": [], "text": ""}]}',
        '{"same": false, "sides": [null, {"size": [0, 10, 0], "boxes": [], "text": ""}]}',
        '{"same": false, "sides": [null, {"size": [1, 1, 3], "boxes": [[1,1,1,1]], "text": ""}]}',
        '{"pages": 2, "renderer": "\\u001b[2J"}',
        "x" * ((1 << 20) + 1),
    ],
)
def test_a_process_that_was_taken_over_says_nothing_that_is_believed(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"import sys\nfor line in sys.stdin:\n    print({answer!r}, flush=True)"
    (tmp_path / "liar.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(page_process, "_MODULE", "liar")
    with looks_at(MemorySource(letter())) as looks:
        found = looks.compare(None, PageState(9, 0))
        assert found == Unseen("the program that draws pages answered nonsense")
        assert looks.pages(9) == Unseen("the program that draws pages answered nonsense")


def test_a_process_that_listens_to_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deaf.py").write_text("import time\ntime.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(page_process, "_MODULE", "deaf")
    boxes = ((1.5, 2.5, 3.5, 4.5),) * 4000
    with looks_at(MemorySource(letter()), Limits(page_seconds=0.5)) as looks:
        found = looks.compare(PageState(9, 0, boxes), PageState(9, 0, boxes))
        assert found == Unseen("drawing it takes too long")
        assert looks._starts == 1


def test_a_process_that_hangs_is_given_up_and_its_page_not_tried_again() -> None:
    data = letter()
    with looks_at(MemorySource(data), Limits(page_seconds=3.0)) as looks:
        assert looks.pages(len(data)) == 2
        assert looks._process is not None
        os.kill(looks._process.pid, signal.SIGSTOP)
        found = looks.compare(None, PageState(len(data), 0))
        assert (found, looks._starts) == (Unseen("drawing it takes too long"), 1)
        assert isinstance(looks.compare(None, PageState(len(data), 1)), Comparison)
        assert looks._starts == 2


_STARTER = """
import os, signal, sys
from antin.core.bytesource import MemorySource
from antin.infra.page_looks import looks_at
data = open(sys.argv[1], "rb").read()
with looks_at(MemorySource(data)) as looks:
    looks.pages(len(data))
    os.kill(looks._process.pid, signal.SIGSTOP)
    print(looks._process.pid, flush=True)
    signal.pause()
"""


def test_a_process_that_hangs_ends_with_whoever_started_it(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(letter())
    command = [sys.executable, "-c", _STARTER, str(tmp_path / "a.pdf")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        renderer = os.pidfd_open(pid)
        starter.kill()
    ended = select.poll()
    ended.register(renderer, select.POLLIN)
    try:
        assert ended.poll(30_000)
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(renderer, signal.SIGKILL)
        os.close(renderer)


def test_no_descriptors_are_left() -> None:
    data = letter()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with looks_at(MemorySource(data)) as looks:
        looks.pages(len(data))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_memory_for_comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(drawn: object) -> None:
        raise MemoryError

    monkeypatch.setattr(page_looks, "image_of", none)
    with looks_at(MemorySource(letter())) as looks:
        found = looks.compare(None, PageState(looks._source.size, 0))
    assert found == Unseen("comparing it takes too much memory")


def test_the_artist_answers_what_cannot_be_done(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(letter())
    with path.open("rb") as file:
        artist = page_worker._Artist(file.fileno())
        end = path.stat().st_size
        for request in ({"do": "sing"}, {}, {"do": "count", "end": 3}, {"do": "compare"}):
            assert set(artist.answer(request)[0]) == {"error"}
        assert artist.answer({"do": "count", "end": end})[0]["pages"] == 2
        side = {"end": end, "index": 0, "boxes": [[0, 0, 72, 72]]}
        same, none = artist.answer({"do": "compare", "before": side, "after": side})
        assert (same, none) == ({"same": True}, [])
        shown, (pixels,) = artist.answer({"do": "compare", "before": None, "after": side})
        assert shown["sides"][1]["boxes"] == [[0, 1170, 100, 1070]]
        width, height, stride = shown["sides"][1]["size"]
        assert (width, height, len(pixels)) == (827, 1170, stride * 1170)


def test_a_process_that_ends_by_itself_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for code, told in ((3, "drawing it takes too much memory"), (9, "broke off (9)")):
        monkeypatch.setattr(page_process, "_MODULE", f"ender{code}")
        (tmp_path / f"ender{code}.py").write_text(
            f"import sys\nsys.stdin.readline()\nsys.exit({code})"
        )
        with looks_at(MemorySource(letter())) as looks:
            found = looks.pages(9)
        assert isinstance(found, Unseen)
        assert found.reason.endswith(told)


def test_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with looks_at(MemorySource(letter())) as looks:
        found = looks.pages(9)
    assert isinstance(found, Unseen)
    assert found.reason.startswith("no process could be started")


@pytest.mark.parametrize("room", range(4))
def test_without_descriptors_for_its_pipes_none_is_started_and_none_left(room: int) -> None:
    usual, taken = resource.getrlimit(resource.RLIMIT_NOFILE), list[int]()
    with Path("/dev/null").open() as file:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, usual[1]))
        try:
            with suppress(OSError):
                while True:
                    taken.append(os.dup(file.fileno()))
            for _ in range(room):
                os.close(taken.pop())
            with pytest.raises(DrawingFailedError, match="no process could be started"):
                PageProcess(file.fileno(), 1 << 30, 10)
            for _ in range(room):
                taken.append(os.dup(file.fileno()))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
            for one in taken:
                os.close(one)


def test_broken_files_are_compared_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files broken by chance: each ends in an answer, none in an exception or a hang."""
    dice = random.Random(20261122)  # noqa: S311 — the same cases each time
    whole = slow_letter() + form_letter() + assembled({1: b"<</Pages 1 0 R>>"})
    for _ in range(25):
        data = bytearray(whole if dice.random() < 0.2 else form_letter())
        for _ in range(dice.randint(1, 30)):
            at = dice.randrange(len(data))
            data[at : at + dice.randint(0, 9)] = dice.randbytes(dice.randint(0, 9))
        with looks_at(MemorySource(bytes(data)), Limits(page_seconds=2.0)) as looks:
            assert isinstance(looks.pages(len(data)), int | Unseen)
            state = PageState(len(data) - dice.randint(0, 40), dice.randint(0, 2), (LINE,))
            assert isinstance(looks.compare(state, state), Comparison | Unseen)
