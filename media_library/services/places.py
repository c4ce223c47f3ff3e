"""Places in the order of play: new ones are fitted around those that are there, so that little moves."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

ORDER_RANGE = (-(2**31), 2**31 - 1)


def fit(asked: Sequence[int], existing: Mapping[int, tuple[int, int]]) -> dict[int, int] | None:
    """A place for each of `asked` (ids in the order of play), around the places of those that have one.

    `existing` maps an id to the lowest and the highest place it has somewhere. None: the asked order cannot be had
    without moving them.
    """
    known = [index for index, key in enumerate(asked) if key in existing]
    if not known:
        return {key: index for index, key in enumerate(asked)}
    if not _fits(asked, existing, known):
        return None
    places: dict[int, int] = {}
    next_free = existing[asked[known[0]]][0] - known[0]
    for key in asked:
        places[key] = existing[key][1] if key in existing else next_free
        next_free = places[key] + 1
    low, high = ORDER_RANGE
    return places if all(low <= place <= high for place in places.values()) else None


def _fits(asked: Sequence[int], existing: Mapping[int, tuple[int, int]], known: Sequence[int]) -> bool:
    """The known ones are in the asked order, with room between them for the new ones."""
    return all(
        existing[asked[second]][0] - existing[asked[first]][1] >= second - first for first, second in pairwise(known)
    )
