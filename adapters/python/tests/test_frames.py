from __future__ import annotations

import random

import pytest

from rest_sessions._frames import LONGEST, Frame, Frames, TooLongError


def read(*pieces: bytes) -> list[Frame]:
    frames = Frames()
    return [frame for piece in pieces for frame in frames.feed(piece)]


def test_it_is_no_matter_where_a_stream_is_cut() -> None:
    parts = ["data: {}", "data", "data:", "id: p1", "id", "event: resync", ": ", "retry: 5", "retry: x", "é", "\x00"]
    parts += ["\r", "\n", "\r\n", "\n\n", "\r\r", "\ufeff", "\x0b", "\x85", "\u2028"]
    for _ in range(5000):
        text = "".join(random.choices(parts, k=random.randint(1, 20))).encode()
        whole = read(text)
        assert read(*(text[i : i + 1] for i in range(len(text)))) == whole, text
        cuts = sorted(random.choices(range(len(text) + 1), k=4))
        assert read(*(text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))) == whole, (text, cuts)


@pytest.mark.parametrize("line", [b"x", b"data: x\n", b": x\r\n", "\u2028".encode()])
def test_a_stream_without_an_end_is_not_kept(line: bytes) -> None:
    frames = Frames()
    with pytest.raises(TooLongError):
        for _ in range(LONGEST // 500):
            list(frames.feed(line * 1000))


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("retry: 20", 0.02), ("retry:0", None), ("retry: -1", None), ("retry: 1e3", None), ("retry", None), ("retry: ²", None)],
)
def test_when_to_come_back_is_a_number_of_milliseconds(line: str, seconds: float | None) -> None:
    frames = Frames()
    list(frames.feed(f"{line}\n\n".encode()))
    assert frames.retry == seconds
