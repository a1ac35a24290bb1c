# Yours to write, in lab 00 (Warm-up).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check counting.count_characters
"""Counting characters: the smallest statistics of a text."""


def count_characters(text: str) -> dict[str, int]:
    """Count how often each character occurs in a text.

    Every character counts as itself: ``"A"`` and ``"a"`` are two characters, and a
    space, a full stop and a line break are characters like any other. Only characters
    that occur are in the result.

    Args:
        text: any string, possibly empty.

    Returns:
        A dictionary from character to how many times it occurs, in any order. For
        ``"abba"``: ``{"a": 2, "b": 2}``. For the empty string: ``{}``.
    """
    raise NotImplementedError(
        "counting.count_characters: count how often each character occurs in text (lab 00)"
    )
