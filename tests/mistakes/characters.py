"""Ways people get CharTokenizer wrong."""

from vibejam_core.course.known import Mistake, edit

BUILD = "return cls(sorted(set(text)))"
ENCODE = "return [self.stoi[character] for character in text]"
UNKNOWN = "unknown = sorted(set(text) - self.stoi.keys())"
NAMED = 'named = ", ".join(repr(character) for character in unknown)'
EMPTY = """        if not text:
            raise ValueError("the text is empty, so there are no characters to build a vocabulary from")
"""
RANGE = "if not 0 <= index < self.vocab_size:"
RAISE = 'raise ValueError(f"token id {index} is outside the vocabulary: ids run from 0 to {self.vocab_size - 1}")'
JOIN = 'return "".join(characters)'
LOOP = "for index in map(int, ids):"


def build(new):
    """The vocabulary is made in another way."""
    return edit(BUILD, new)


def encode(new):
    """Known characters are looked up in another way."""
    return edit(ENCODE, new)


MISTAKES = {
    "characters.CharTokenizer": [
        # build
        Mistake("build makes a tokenizer but doesn't return it", build("cls(sorted(set(text)))")),
        Mistake("build returns the list of characters, not a tokenizer", build("return sorted(set(text))")),
        Mistake("the vocabulary is in order of first appearance, not sorted", build("return cls(dict.fromkeys(text))")),
        Mistake("the vocabulary is sorted backwards", build("return cls(sorted(set(text), reverse=True))")),
        Mistake(
            "the vocabulary is sorted by how often each character occurs",
            build("return cls(sorted(sorted(set(text)), key=text.count, reverse=True))"),
        ),
        Mistake(
            "capitals and small letters are sorted together",
            build("return cls(sorted(sorted(set(text)), key=str.lower))"),
        ),
        Mistake("repeated characters stay in the vocabulary", build("return cls(sorted(text))")),
        Mistake("the vocabulary is of words, not characters", build("return cls(sorted(set(text.split())))")),
        Mistake("the vocabulary has small letters only", build("return cls(sorted(set(text.lower())))")),
        Mistake("the text is stripped before the vocabulary is built", build("return cls(sorted(set(text.strip())))")),
        Mistake("white space is left out of the vocabulary", build('return cls(sorted(set("".join(text.split()))))')),
        Mistake(
            "line breaks are left out of the vocabulary", build('return cls(sorted(set(text.replace("\\n", ""))))')
        ),
        Mistake("only letters get into the vocabulary", build("return cls(sorted(filter(str.isalpha, set(text))))")),
        Mistake(
            "letters and their accents are put together before the vocabulary is built",
            build('import unicodedata\n\n        return cls(sorted(set(unicodedata.normalize("NFC", text))))'),
        ),
        Mistake(
            "only ASCII characters get into the vocabulary", build("return cls(sorted(filter(str.isascii, set(text))))")
        ),
        Mistake(
            "only printable characters get into the vocabulary",
            build("return cls(sorted(filter(str.isprintable, set(text))))"),
        ),
        Mistake("a token for unknown characters is added in front", build('return cls(["<unk>", *sorted(set(text))])')),
        Mistake(
            "a token for unknown characters is added at the end", build('return cls([*sorted(set(text)), "<unk>"])')
        ),
        Mistake(
            "the vocabulary is every ASCII character, whatever the text holds",
            build("return cls(map(chr, range(128)))"),
        ),
        Mistake("the vocabulary is character codes, not characters", build("return cls(sorted(set(map(ord, text))))")),
        Mistake(
            "the ids start at 1",
            build(
                "made = cls(sorted(set(text)))\n"
                "        made.stoi = {character: index + 1 for index, character in enumerate(made.itos)}\n"
                "        return made"
            ),
        ),
        Mistake(
            "the vocabulary is kept on the class, so the latest tokenizer changes all earlier ones",
            build(
                "cls.itos = property(lambda self: type(self).characters, lambda self, value: None)\n"
                "        cls.characters = sorted(set(text))\n"
                "        return cls(cls.characters)"
            ),
        ),
        Mistake(
            "build names the class CharTokenizer instead of using cls", build("return CharTokenizer(sorted(set(text)))")
        ),
        Mistake("build accepts the empty text", edit(EMPTY, "")),
        Mistake(
            "build asserts that the text isn't empty, which is no ValueError", edit(EMPTY, "        assert text\n")
        ),
        Mistake("build refuses a text of white space only", edit("if not text:", "if not text.strip():")),
        # encode
        Mistake("encode returns nothing", encode("[self.stoi[character] for character in text]")),
        Mistake(
            "encode returns the character codes, not the ids", encode("return [ord(character) for character in text]")
        ),
        Mistake(
            "encode gives each id once only",
            encode("return [self.stoi[character] for character in dict.fromkeys(text)]"),
        ),
        Mistake("encode sorts the ids", encode("return sorted(self.stoi[character] for character in text)")),
        Mistake(
            "encode goes through the text backwards",
            encode("return [self.stoi[character] for character in reversed(text)]"),
        ),
        Mistake("encode counts ids from 1", encode("return [self.stoi[character] + 1 for character in text]")),
        Mistake(
            "encode numbers the characters of this text afresh",
            encode("own = sorted(set(text))\n        return [own.index(character) for character in text]"),
        ),
        Mistake(
            "encode returns the characters, not their ids", encode("return [self.itos[self.stoi[c]] for c in text]")
        ),
        Mistake("encode returns one string, not a list", encode('return " ".join(str(self.stoi[c]) for c in text)')),
        Mistake(
            "encode returns a generator, not a list", encode("return (self.stoi[character] for character in text)")
        ),
        Mistake(
            "encode returns a tuple, not a list", encode("return tuple(self.stoi[character] for character in text)")
        ),
        Mistake(
            "encode returns a tensor, not a list",
            encode("import torch\n\n        return torch.tensor([self.stoi[character] for character in text])"),
        ),
        Mistake("encode makes the ids floats", encode("return [float(self.stoi[character]) for character in text]")),
        Mistake("encode strips the text", encode("return [self.stoi[character] for character in text.strip()]")),
        Mistake("encode drops the line breaks", encode('return [self.stoi[c] for c in text if c != "\\n"]')),
        Mistake("encode drops white space", encode("return [self.stoi[c] for c in text if not c.isspace()]")),
        Mistake("encode turns capitals into small letters", encode("return [self.stoi[c] for c in text.lower()]")),
        Mistake(
            "encode refuses the empty text",
            edit(UNKNOWN, 'if not text:\n            raise ValueError("the text is empty")\n        ' + UNKNOWN),
        ),
        Mistake(
            "encode returns nothing for the empty text",
            edit(UNKNOWN, "if not text:\n            return None\n        " + UNKNOWN),
        ),
        Mistake("encode stops with a KeyError at an unknown character", edit("if unknown:", "if False:")),
        Mistake(
            "encode leaves unknown characters out",
            edit("if unknown:", "if False:", ENCODE, "return [self.stoi[c] for c in text if c in self.stoi]"),
        ),
        Mistake(
            "encode gives unknown characters the id 0",
            edit("if unknown:", "if False:", ENCODE, "return [self.stoi.get(c, 0) for c in text]"),
        ),
        Mistake(
            "encode gives unknown characters the id -1",
            edit("if unknown:", "if False:", ENCODE, "return [self.stoi.get(c, -1) for c in text]"),
        ),
        Mistake(
            "encode gives unknown characters the id vocab_size",
            edit("if unknown:", "if False:", ENCODE, "return [self.stoi.get(c, self.vocab_size) for c in text]"),
        ),
        Mistake(
            "encode gives unknown characters the id None",
            edit("if unknown:", "if False:", ENCODE, "return [self.stoi.get(c) for c in text]"),
        ),
        Mistake(
            "encode adds unknown characters to the vocabulary",
            edit("if unknown:", "if False:", ENCODE, "return [self.stoi.setdefault(c, len(self.stoi)) for c in text]"),
        ),
        Mistake(
            "encode raises the right error, but has added the unknown characters to the vocabulary",
            edit("if unknown:", "if unknown:\n            self.itos += unknown"),
        ),
        Mistake("encode looks at the first character only for unknown ones", edit("set(text) -", "set(text[:1]) -")),
        Mistake(
            "encode refuses a text only if none of its characters is known",
            edit("if unknown:", "if len(unknown) == len(set(text)) > 0:"),
        ),
        Mistake(
            "encode takes the small letter where it doesn't know a capital",
            edit(UNKNOWN, 'text = "".join(c if c in self.stoi else c.lower() for c in text)\n        ' + UNKNOWN),
        ),
        Mistake(
            "encode leaves out white space that it doesn't know",
            edit(UNKNOWN, 'text = "".join(c for c in text if c in self.stoi or not c.isspace())\n        ' + UNKNOWN),
        ),
        Mistake("encode names the first unknown character only", edit("in unknown)", "in unknown[:1])")),
        Mistake("encode names the first ten unknown characters only", edit("in unknown)", "in unknown[:10])")),
        Mistake("encode's error names no character", edit("characters: {named}", "characters")),
        Mistake(
            "encode names unknown characters without repr, so a line break can't be seen",
            edit("repr(character) for", "str(character) for"),
        ),
        Mistake(
            "encode puts letters and their accents together first",
            edit(
                UNKNOWN, 'import unicodedata\n\n        text = unicodedata.normalize("NFC", text)\n        ' + UNKNOWN
            ),
        ),
        # decode
        Mistake("decode returns nothing", edit(JOIN, '"".join(characters)')),
        Mistake("decode returns a list of characters", edit(JOIN, "return characters")),
        Mistake("decode puts spaces between the characters", edit(JOIN, 'return " ".join(characters)')),
        Mistake("decode strips the text", edit(JOIN, 'return "".join(characters).strip()')),
        Mistake(
            "decode puts letters and their accents together",
            edit(JOIN, 'import unicodedata\n\n        return unicodedata.normalize("NFC", "".join(characters))'),
        ),
        Mistake("decode goes through the ids backwards", edit(JOIN, 'return "".join(reversed(characters))')),
        Mistake("decode takes ids for character codes", edit("self.itos[index]", "chr(index)")),
        Mistake("decode counts ids from 1", edit("self.itos[index]", "self.itos[index - 1]")),
        Mistake(
            "decode stops after the first character", edit(JOIN, '    return "".join(characters)\n        return ""')
        ),
        Mistake("decode leaves id 0 out", edit("in map(int, ids):", "in filter(None, map(int, ids)):")),
        Mistake("decode refuses id 0", edit(RANGE, "if not 0 < index < self.vocab_size:")),
        Mistake("decode refuses the last id", edit(RANGE, "if not 0 <= index < self.vocab_size - 1:")),
        Mistake(
            "decode looks tensor elements up in a dictionary, where they are never found",
            edit(
                LOOP, "itos = dict(enumerate(self.itos))\n        for index in ids:", "self.itos[index]", "itos[index]"
            ),
        ),
        Mistake("decode understands lists only", edit("map(int, ids)", "list.copy(ids)")),
        Mistake("decode understands tensors only", edit("map(int, ids)", "ids.tolist()")),
        Mistake(
            "decode refuses to decode no ids",
            edit(
                "characters = []",
                'if len(ids) == 0:\n            raise ValueError("there are no ids")\n        characters = []',
            ),
        ),
        Mistake(
            "decode fails on no ids, because it takes their minimum",
            edit("characters = []", "smallest = min(ids)\n        characters = []"),
        ),
        Mistake("decode lets negative ids count from the end", edit(RANGE, "if index >= self.vocab_size:")),
        Mistake(
            "decode lets small negative ids count from the end",
            edit(RANGE, "if not -self.vocab_size <= index < self.vocab_size:"),
        ),
        Mistake("decode fails with an IndexError at an id that is too large", edit(RANGE, "if index < 0:")),
        Mistake(
            "decode fails with an IndexError at id vocab_size", edit(RANGE, "if not 0 <= index <= self.vocab_size:")
        ),
        Mistake("decode checks no ids", edit(RANGE, "if False:")),
        Mistake("decode leaves out ids that are out of range", edit(RAISE, "continue")),
        Mistake(
            "decode puts a question mark for ids that are out of range",
            edit(RAISE, 'characters.append("?")\n                continue'),
        ),
        Mistake("decode takes the nearest id in range", edit(RAISE, "index = min(max(index, 0), self.vocab_size - 1)")),
        Mistake("decode wraps ids that are out of range around", edit(RAISE, "index %= self.vocab_size")),
        Mistake(
            "decode raises an IndexError for ids out of range", edit(RAISE, RAISE.replace("ValueError", "IndexError"))
        ),
        Mistake("decode's error does not name the id", edit("token id {index} is", "a token id is")),
    ],
}
