"""Correct ways to write CharTokenizer that differ from the reference's."""

from vibejam_core.course.known import Variant, edit

BUILD = """        if not text:
            raise ValueError("the text is empty, so there are no characters to build a vocabulary from")
        return cls(sorted(set(text)))
"""
ENCODE = """        unknown = sorted(set(text) - self.stoi.keys())
        if unknown:
            named = ", ".join(repr(character) for character in unknown)
            raise ValueError(f"not in the vocabulary of {self.vocab_size} characters: {named}")
        return [self.stoi[character] for character in text]
"""
DECODE = """        characters = []
        for index in map(int, ids):
            if not 0 <= index < self.vocab_size:
                raise ValueError(f"token id {index} is outside the vocabulary: ids run from 0 to {self.vocab_size - 1}")
            characters.append(self.itos[index])
        return "".join(characters)
"""

VARIANTS = {
    "characters.CharTokenizer": [
        Variant(
            "dictionary keys sorted by ord, list.index, join of a generator",
            edit(
                BUILD,
                """        characters = sorted(dict.fromkeys(text), key=ord)
        if len(characters) == 0:
            raise ValueError("no text")
        return cls(characters)
""",
                ENCODE,
                """        unknown = [character for character in text if character not in self.itos]
        if unknown:
            raise ValueError(f"unknown characters: {unknown}")
        return [self.itos.index(character) for character in text]
""",
                DECODE,
                """        ids = [int(index) for index in ids]
        for index in ids:
            if index < 0 or index >= len(self.itos):
                raise ValueError(f"no such id: {index}")
        return "".join(self.itos[index] for index in ids)
""",
            ),
        ),
        Variant(
            "a string for the vocabulary, bisection, a tensor's tolist",
            edit(
                BUILD,
                """        if text == "":
            raise ValueError("no text")
        return cls("".join(sorted(set(text))))
""",
                ENCODE,
                """        from bisect import bisect_left

        ids, unknown = [], set()
        for character in text:
            place = bisect_left(self.itos, character)
            if place < len(self.itos) and self.itos[place] == character:
                ids.append(place)
            else:
                unknown.add(character)
        if unknown:
            raise ValueError("unknown: " + " and ".join(map(repr, unknown)))
        return ids
""",
                DECODE,
                """        if hasattr(ids, "tolist"):
            ids = ids.tolist()
        bad = [index for index in ids if index not in range(self.vocab_size)]
        if bad:
            raise ValueError(f"ids out of range: {bad}")
        text = ""
        for index in ids:
            text += self.itos[index]
        return text
""",
            ),
        ),
        Variant(
            "a scan of Unicode, except KeyError, a dictionary turned round",
            edit(
                BUILD,
                """        found = set(text)
        if not found:
            raise ValueError("no text")
        return cls(chr(code) for code in range(ord(max(found)) + 1) if chr(code) in found)
""",
                ENCODE,
                """        try:
            return [self.stoi[character] for character in text]
        except KeyError:
            unknown = {repr(character) for character in text if character not in self.stoi}
            raise ValueError(f"not in the vocabulary: {', '.join(unknown)}") from None
""",
                DECODE,
                """        names = {index: character for character, index in self.stoi.items()}
        try:
            return "".join(names[int(index)] for index in ids)
        except KeyError as error:
            raise ValueError(f"there is no token {error.args[0]}") from error
""",
            ),
        ),
        Variant(
            "insertion into a sorted list, operator.itemgetter, map",
            edit(
                BUILD,
                """        import bisect

        if len(text) < 1:
            raise ValueError("no text")
        characters: list[str] = []
        for character in text:
            place = bisect.bisect_left(characters, character)
            if characters[place : place + 1] != [character]:
                characters.insert(place, character)
        return cls(characters)
""",
                ENCODE,
                """        unknown = "".join(sorted({c for c in text if c not in self.stoi}))
        if unknown:
            raise ValueError(f"{len(unknown)} characters are unknown: {unknown!r}")
        return list(map(self.stoi.__getitem__, text))
""",
                DECODE,
                """        import torch

        ids = torch.as_tensor(ids).long()
        wrong = ids[(ids < 0) | (ids >= self.vocab_size)]
        if len(wrong):
            raise ValueError(f"ids {wrong.tolist()} are not between 0 and {self.vocab_size - 1}")
        return "".join(map(self.itos.__getitem__, ids.tolist()))
""",
            ),
        ),
    ],
}
