"""Faults put in on purpose: what the fuzzer must find, or a green run of it means nothing."""

from __future__ import annotations

_kept: list[bytearray] = []


def raises(data: bytes) -> None:
    """Raise what a careless parser raises, on an input that must be searched for."""
    if data.startswith(b"Am") and b"t" in data[2:3]:
        {}[data]


def hangs(data: bytes) -> None:
    """Never end on some inputs, as a loop without progress does."""
    while data.startswith(b"H"):
        pass


def grows(_data: bytes) -> None:
    """Keep a little of every input for ever."""
    _kept.append(bytearray(b"x" * 1_000_000))


FAULTS = {"planted-raises": raises, "planted-hangs": hangs, "planted-grows": grows}
