"""Damaged files: a good one with bytes changed, cut, doubled, and with the words that hurt."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

#: What parsers trip over.
_WORDS = (
    b"nan", b"inf", b"-1", b"0", b"1e400", b"99999999999999999999", b"", b"\x00", b"\xff\xfe",
    b"\n\n", b"\t", b",", b"{", b"}", b"[", b"- ", b": ", b"<", b">", b"&a *a", b"!!python/none",
    b"#", b"'", b'"', b"endheader\n",
)  # fmt: skip


def damaged(good: bytes) -> st.SearchStrategy[bytes]:
    """A good file with one to six kinds of damage, or no file of the kind at all."""
    return st.one_of(
        st.builds(_damage, st.just(good), st.integers(0, 2**32 - 1), st.integers(1, 6)),
        st.builds(_damage, st.just(good), st.integers(0, 2**32 - 1), st.just(1)),
        st.binary(max_size=200),
    )


def _damage(good: bytes, seed: int, times: int) -> bytes:
    chance = random.Random(seed)
    data = bytearray(good)
    for _ in range(times):
        _HARMS[chance.randrange(len(_HARMS))](data, chance)
    return bytes(data)


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _remove(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.randrange(1, 40)]


def _double(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = data[start : start + chance.randrange(1, 60)]


def _insert(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = chance.choice(_WORDS)


def _replace_number(data: bytearray, chance: random.Random) -> None:
    """Another word where a number begins."""
    digits = [i for i, byte in enumerate(data[:4000]) if chr(byte).isdigit()]
    if digits:
        start = chance.choice(digits)
        data[start : start + chance.randrange(1, 8)] = chance.choice(_WORDS)


_HARMS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _cut, _remove, _double, _insert, _replace_number, _replace_number,
)  # fmt: skip


def shared_data(name: str) -> Path | None:
    """A file of the shared data folder, where there is one."""
    root = Path(os.environ.get("MONOMSK_DATA_DIR") or Path(__file__).parents[3] / "shared/data")
    path = root / name
    return path if path.is_file() else None
