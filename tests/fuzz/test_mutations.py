"""Golden files with bytes flipped, cut, doubled, spliced and poisoned: refused, or lawful.

Derandomised, so that a run of the suite is the same everywhere; ``make fuzz`` looks further.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statement_laws import TARGETS, LawBroken, cpu_limit, outcome_of
from statement_seeds import TOKENS, archive_of, golden_files, members_of, seeds_of

EXAMPLES = 150
"""Of one format: about two seconds."""

ISOLATED = {"PDF", "Excel"}
ISOLATED_EXAMPLES = 40
"""Of a format that is read in a child process, which takes most of a tenth of a second."""

Mutation = tuple[str, float, float, bytes]


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    kind = draw(st.sampled_from(["flip", "delete", "double", "insert", "replace", "splice", "cut"]))
    inserted = draw(st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=4)))
    return kind, draw(st.floats(0, 1)), draw(st.floats(0, 0.3)), inserted


def mutated(  # noqa: PLR0911 - one return for each kind
    data: bytes, other: bytes, mutation: Mutation
) -> bytes:
    kind, place, share, inserted = mutation
    at = int(place * len(data))
    end = at + max(1, int(share * len(data)))
    if kind == "flip":
        return data[:at] + bytes(one ^ inserted[0] for one in data[at : at + 1]) + data[at + 1 :]
    if kind == "delete":
        return data[:at] + data[end:]
    if kind == "double":
        return data[:end] + data[at:]
    if kind == "insert":
        return data[:at] + inserted + data[at:]
    if kind == "replace":
        return data[:at] + inserted + data[at + len(inserted) :]
    if kind == "splice":
        return data[:at] + other[int(place * len(other)) :]
    return data[:at]


def mutated_within(data: bytes, other: bytes, mutation: Mutation) -> bytes:
    """Mutate what is inside an archive, which a checksum would otherwise keep from being read."""
    members = members_of(data)
    if not members:
        return mutated(data, other, mutation)
    # The largest members hold the rows and the texts; the place chooses among them.
    names = sorted(members, key=lambda name: -len(members[name]))[:3]
    name = names[int(mutation[1] * 1000) % len(names)]
    theirs = (members_of(other) or {}).get(name, b"")
    return archive_of(members | {name: mutated(members[name], theirs, mutation)})


@pytest.mark.parametrize("target", TARGETS)
def test_a_damaged_golden_file_is_refused_or_keeps_every_law(target: str) -> None:
    seeds = seeds_of(target)
    assert seeds, f"no golden file is recognised as {target}"

    @settings(
        max_examples=ISOLATED_EXAMPLES if target in ISOLATED else EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        data=st.sampled_from(seeds),
        other=st.sampled_from(seeds),
        steps=st.lists(mutations(), min_size=1, max_size=6),
        inside=st.booleans(),
    )
    def run(data: bytes, other: bytes, steps: list[Mutation], inside: bool) -> None:
        for step in steps:
            data = (mutated_within if inside else mutated)(data, other, step)
        with cpu_limit():
            outcome_of(target, data)

    run()


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=2_000))
@settings(max_examples=50, deadline=None, derandomize=True, database=None)
def test_bytes_that_are_nothing_are_refused_or_keep_every_law(target: str, data: bytes) -> None:
    with cpu_limit():
        outcome_of(target, data)


def test_every_golden_file_keeps_every_law() -> None:
    for path in golden_files():
        try:
            outcome_of(TARGETS[-1], path.read_bytes())
        except LawBroken as broken:
            pytest.fail(f"{path.name}: {broken}")
