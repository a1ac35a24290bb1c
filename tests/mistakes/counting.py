"""Ways people get count_characters wrong."""

from vibejam_core.course.known import Mistake, edit, whole

LOOP = "    for character in text:\n"
COUNT = "counts[character] = counts.get(character, 0) + 1"

MISTAKES = {
    "counting.count_characters": [
        Mistake("the counts are made but not returned", edit("    return counts", "    print(counts)")),
        Mistake("the result is a list of pairs", edit("return counts", "return sorted(counts.items())")),
        Mistake("the result is how many different characters there are", edit("return counts", "return len(counts)")),
        Mistake("the result is the set of characters, without their counts", edit("return counts", "return set(text)")),
        Mistake("a repeated character's count stays at 1", edit(COUNT, "counts[character] = 1")),
        Mistake(
            "the first occurrence is not counted", edit("counts.get(character, 0) + 1", "counts.get(character, -1) + 1")
        ),
        Mistake("every count is one too high", edit("counts.get(character, 0)", "counts.get(character, 1)")),
        Mistake("the counts stay at 0", edit(COUNT, "counts.setdefault(character, 0)")),
        Mistake("the first character is left out", edit("in text:", "in text[1:]:")),
        Mistake("the last character is left out", edit("in text:", "in text[:-1]:")),
        Mistake(
            "counting stops after the first character",
            edit("    return counts", "        return counts\n    return {}"),
        ),
        Mistake(
            "each run of equal characters replaces the one before",
            whole("""def count_characters(text: str) -> dict[str, int]:
    import itertools

    return {character: len(list(run)) for character, run in itertools.groupby(text)}
"""),
        ),
        Mistake(
            "the dictionary runs from count to character",
            edit("return counts", "return {n: c for c, n in counts.items()}"),
        ),
        Mistake("words are counted, not characters", edit("in text:", "in text.split():")),
        Mistake(
            "the counts are shares of the whole text",
            edit("return counts", "return {character: n / len(text) for character, n in counts.items()}"),
        ),
        Mistake("the counts are floats", edit("counts.get(character, 0) + 1", "counts.get(character, 0) + 1.0")),
        Mistake("capitals are turned into small letters", edit("in text:", "in text.lower():")),
        Mistake("small letters are turned into capitals", edit("in text:", "in text.upper():")),
        Mistake("white space at the start and the end is cut off", edit("in text:", "in text.strip():")),
        Mistake("white space is skipped", edit(LOOP, LOOP + "        if character.isspace():\n            continue\n")),
        Mistake("only spaces are skipped", edit("in text:", 'in text.replace(" ", ""):')),
        Mistake("line breaks are skipped", edit("in text:", 'in text.replace("\\n", ""):')),
        Mistake(
            "a line break of two characters is counted as one", edit("in text:", 'in text.replace("\\r\\n", "\\n"):')
        ),
        Mistake("only the first line is counted", edit("in text:", 'in text.partition("\\n")[0]:')),
        Mistake(
            "only letters are counted", edit(LOOP, LOOP + "        if not character.isalpha():\n            continue\n")
        ),
        Mistake(
            "only letters, digits and white space are counted",
            edit(
                LOOP, LOOP + "        if not character.isalnum() and not character.isspace():\n            continue\n"
            ),
        ),
        Mistake(
            "only ASCII characters are counted",
            edit(LOOP, LOOP + "        if not character.isascii():\n            continue\n"),
        ),
        Mistake(
            "unprintable characters are skipped",
            edit(LOOP, LOOP + "        if not character.isprintable():\n            continue\n"),
        ),
        Mistake("bytes are counted, not characters", edit("in text:", 'in text.encode().decode("latin-1"):')),
        Mistake("the keys are character codes", edit(LOOP, LOOP + "        character = ord(character)\n")),
        Mistake(
            "letters that don't occur are in the result too, with count 0",
            edit(
                "counts: dict[str, int] = {}", 'counts: dict[str, int] = dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 0)'
            ),
        ),
        Mistake(
            "letters and their accents are put together before counting",
            edit(
                "    counts: dict[str, int] = {}",
                "    import unicodedata\n"
                "\n"
                '    text = unicodedata.normalize("NFC", text)\n'
                "    counts: dict[str, int] = {}",
            ),
        ),
        Mistake(
            "the empty text is refused",
            edit(
                "    counts: dict[str, int] = {}",
                '    if not text:\n        raise ValueError("the text is empty")\n    counts: dict[str, int] = {}',
            ),
        ),
        Mistake(
            "nothing is returned for the empty text",
            edit(
                "    counts: dict[str, int] = {}",
                "    if not text:\n        return None\n    counts: dict[str, int] = {}",
            ),
        ),
        Mistake(
            "the counts of earlier calls are still in the dictionary",
            whole("""def count_characters(text: str, counts: dict[str, int] = {}) -> dict[str, int]:
    for character in text:
        counts[character] = counts.get(character, 0) + 1
    return counts
"""),
        ),
        Mistake(
            "only the most frequent characters are kept",
            edit("return counts", "return dict(sorted(counts.items(), key=lambda pair: -pair[1])[:3])"),
        ),
        Mistake("only the beginning of a long text is counted", edit("in text:", "in text[:1000]:")),
        Mistake(
            "counts wrap around at 256, like a byte",
            edit("counts.get(character, 0) + 1", "(counts.get(character, 0) + 1) % 256"),
        ),
    ],
}
