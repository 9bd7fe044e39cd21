"""The weights file: prior shares, their strength, and where they come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Weights:
    """What true pairs and strangers look like before a run has shown any.

    Shares named ``…_strength`` say how many observed pairs the prior outweighs.

    Args:
        version: Recorded with every result.
        provenance: Where the numbers come from.
        unmatched_share: Items of a side without a one-to-one partner.
        days_after: Share of true pairs by business days the bank is later than the books, from 0.
        days_before: The same for the bank being earlier, from 1.
        days_beyond: Share of true pairs on each day past both lists.
        identified_days_beyond: The same where an identifier agrees: checks are cashed late.
        similarity_from: Lower edges of the similarity steps, 0 to 100.
        similarity_of_pairs: Share of true pairs per step.
        similarity_of_strangers: Share of unrelated pairs per step.
        text_odds_max: Most that a text vouches for: one customer buys one thing twice.
        text_odds_min: What texts without anything in common multiply the odds by at worst: on its
            own that must not decide between two candidates.
        text_aligned: Least that a shortened or misspelt name multiplies the odds by.
        text_aligned_max: Most that it does so: it may be another short name.
        text_outdone: What it multiplies the odds by if another candidate has more of the words.
        day_odds_max: Most that one business day multiplies the odds by where nothing else speaks.
        word_share: Share of items that a word not seen elsewhere is assumed to be on.
        word_strength: Items that assumption outweighs, for identifiers too.
        identifier_share: The same share for identifiers.
        identifier_agreement: Share of true pairs whose identifiers, where comparable, agree.
        identifier_agreement_max: Most that one shared identifier multiplies the odds by.
        identifier_contradiction: What a contradicting identifier multiplies the odds by.
        other_party: What two parties, each known from elsewhere, multiply the odds by.
        amount_odds_max: Most that a rare amount vouches for: people do book the right amount
            to the wrong party, and one sum is paid twice in a row.
        background_per_day_min: Least chance a day of an unrelated item of any given amount.
        transposition_share: Share of true pairs with two digits swapped.
        fx_share: Share of foreign entries whose line lies within the band of the rate.
    """

    version: str
    provenance: str
    unmatched_share: float
    unmatched_strength: float
    days_after: tuple[float, ...]
    days_before: tuple[float, ...]
    days_beyond: float
    identified_days_beyond: float
    days_strength: float
    similarity_from: tuple[float, ...]
    similarity_of_pairs: tuple[float, ...]
    similarity_of_strangers: tuple[float, ...]
    similarity_strength_pairs: float
    similarity_strength_strangers: float
    text_odds_max: float
    text_odds_min: float
    text_aligned: float
    text_aligned_max: float
    text_outdone: float
    day_odds_max: float
    word_share: float
    word_strength: float
    identifier_share: float
    identifier_agreement: float
    identifier_agreement_max: float
    identifier_contradiction: float
    other_party: float
    amount_odds_max: float
    background_per_day_min: float
    transposition_share: float
    fx_share: float


@cache
def default_weights() -> Weights:
    """Return the weights that ship with the engine."""
    text = resources.files(__package__).joinpath("weights.json").read_text("utf-8")
    fields = json.loads(text)
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return Weights(**values)
