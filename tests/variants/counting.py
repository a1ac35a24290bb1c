"""Correct ways to write count_characters that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

VARIANTS = {
    "counting.count_characters": [
        Variant(
            "collections.Counter",
            whole("""def count_characters(text: str) -> dict[str, int]:
    from collections import Counter

    return Counter(text)
"""),
        ),
        Variant(
            "a defaultdict",
            whole("""def count_characters(text: str) -> dict[str, int]:
    from collections import defaultdict

    counts = defaultdict(int)
    for character in text:
        counts[character] += 1
    return counts
"""),
        ),
        Variant(
            "str.count for each different character, in sorted order",
            whole("""def count_characters(text: str) -> dict[str, int]:
    return {character: text.count(character) for character in sorted(set(text))}
"""),
        ),
        Variant(
            "groups of the sorted text",
            whole("""def count_characters(text: str) -> dict[str, int]:
    import itertools

    return {character: sum(1 for _ in group) for character, group in itertools.groupby(sorted(text))}
"""),
        ),
        Variant(
            "try and except, from the last character to the first",
            whole("""def count_characters(text: str) -> dict[str, int]:
    counts = {}
    for character in reversed(text):
        try:
            counts[character] += 1
        except KeyError:
            counts[character] = 1
    return counts
"""),
        ),
        Variant(
            "NumPy's unique",
            whole("""def count_characters(text: str) -> dict[str, int]:
    import numpy as np

    characters, counts = np.unique(np.array(list(text), dtype="<U1"), return_counts=True)
    return dict(zip(characters, counts))
"""),
        ),
        Variant(
            "recursion over the halves of the text",
            whole("""def count_characters(text: str) -> dict[str, int]:
    if len(text) <= 1:
        return {character: 1 for character in text}
    left, right = count_characters(text[: len(text) // 2]), count_characters(text[len(text) // 2 :])
    return {character: left.get(character, 0) + right.get(character, 0) for character in left.keys() | right.keys()}
"""),
        ),
    ],
}
