"""Ways people get StreamDecoder wrong."""

from vibejam_core.course.known import Mistake, edit, whole

# Passages of the reference that the mistakes below change.
KEEP = "self.tokenizer = tokenizer"
DECODER = 'self.decoder = codecs.getincrementaldecoder("utf-8")("replace")'
FEED = "return self.decoder.decode(self.tokenizer.decode_bytes([token]))"
FINISH = 'return self.decoder.decode(b"", final=True)'

HEAD = '''class StreamDecoder:
    def __init__(self, tokenizer: BPETokenizer) -> None:
        self.tokenizer = tokenizer
'''


def feed(new):
    """What comes out with a token is found in another way."""
    return edit(FEED, new)


def finish(new):
    """The end of the stream is another one."""
    return edit(FINISH, new)


def by_hand(init, feed, finish):
    """The three methods' bodies, written without an incremental decoder."""
    body = HEAD + f"        {init}\n\n"
    body += "    def feed(self, token: int) -> str:\n" + feed
    body += "\n    def finish(self) -> str:\n" + finish
    return whole(body)


BUFFER = """        self.kept += self.tokenizer.decode_bytes([token])
"""
FLUSH = """        text, self.kept = self.kept.decode("utf-8", "replace"), b""
        return text
"""

LENGTHS = """        self.kept += self.tokenizer.decode_bytes([token])
        text = ""
        while self.kept:
            first = self.kept[0]
            length = 1 if first < 0xC2 or first > 0xF4 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            if len(self.kept) < length and all(byte & 0xC0 == 0x80 for byte in self.kept[1:]):
                break
            end = next((i for i in range(1, min(length, len(self.kept))) if self.kept[i] & 0xC0 != 0x80), length)
            text += self.kept[:end].decode("utf-8", "replace")
            self.kept = self.kept[end:]
        return text
"""
"""A right way by hand, which some mistakes spoil."""


def lengths(*passages):
    """The right way by hand, with passages replaced."""
    source = LENGTHS
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert source.count(old) == 1, (old, source.count(old))
        source = source.replace(old, new)
    return by_hand('self.kept = b""', source, FLUSH)


MISTAKES = {
    "bpe.StreamDecoder": [
        # feed
        Mistake("feed returns nothing", feed(FEED.removeprefix("return "))),
        Mistake("feed returns bytes", feed("return self.tokenizer.decode_bytes([token])")),
        Mistake("feed returns all the text so far",
                edit(DECODER, DECODER + '\n        self.text = ""', FEED,
                     "self.text += self.decoder.decode(self.tokenizer.decode_bytes([token]))\n        return self.text",
                     FINISH, 'self.text = ""\n        ' + FINISH)),
        Mistake("feed decodes each token by itself, which breaks characters", feed("return self.tokenizer.decode([token])")),
        Mistake("feed decodes each token by itself and drops what is broken",
                feed('return self.tokenizer.decode_bytes([token]).decode("utf-8", "ignore")')),
        Mistake("feed decodes each token by itself and stops at what is broken",
                feed('return self.tokenizer.decode_bytes([token]).decode("utf-8")')),
        Mistake("feed takes each byte for a character", feed('return self.tokenizer.decode_bytes([token]).decode("latin-1")')),
        Mistake("feed takes the token for a byte", feed("return self.decoder.decode(bytes([token % 256]))")),
        Mistake("feed takes small tokens for bytes, whatever order the bytes have",
                feed("self.tokenizer.decode_bytes([token])\n        return self.decoder.decode(bytes([token]) if token < 256 else "
                     "self.tokenizer.token_bytes[token])")),
        Mistake("feed gives the text of the token before, so that all comes one token late",
                edit(DECODER, DECODER + '\n        self.late = ""', FEED,
                     "late, self.late = self.late, self.decoder.decode(self.tokenizer.decode_bytes([token]))\n        return late",
                     FINISH, 'late, self.late = self.late, ""\n        return late + self.decoder.decode(b"", final=True)')),
        Mistake("nothing comes out before the end of the stream",
                by_hand('self.kept = b""', BUFFER + '        return ""\n', FLUSH)),
        Mistake("text comes out only behind a space or a line break",
                edit(DECODER, DECODER + '\n        self.word = ""', FEED,
                     "self.word += self.decoder.decode(self.tokenizer.decode_bytes([token]))\n"
                     '        if self.word[-1:] not in (" ", "\\n"):\n            return ""\n'
                     '        word, self.word = self.word, ""\n        return word',
                     FINISH, 'word, self.word = self.word, ""\n        return word + self.decoder.decode(b"", final=True)')),
        Mistake("text is kept back behind a joiner, until the emoji is complete",
                edit(DECODER, DECODER + '\n        self.late = ""', FEED,
                     "text = self.late + self.decoder.decode(self.tokenizer.decode_bytes([token]))\n"
                     '        self.late = text if text.endswith("\\u200d") else ""\n'
                     '        return "" if self.late else text',
                     FINISH, 'late, self.late = self.late, ""\n        return late + self.decoder.decode(b"", final=True)')),
        Mistake("a token that ends in half a character is kept back as a whole",
                by_hand('self.kept = b""', BUFFER + '''        try:
            text = self.kept.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.end == len(self.kept) and error.reason == "unexpected end of data":
                return ""
            text = self.kept.decode("utf-8", "replace")
        self.kept = b""
        return text
''', FLUSH)),
        Mistake("what is no UTF-8 is kept back for ever, and all that follows it",
                by_hand('self.kept = b""', BUFFER + '''        try:
            text = self.kept.decode("utf-8")
        except UnicodeDecodeError as error:
            text, self.kept = self.kept[: error.start].decode("utf-8"), self.kept[error.start :]
            return text
        self.kept = b""
        return text
''', FLUSH)),
        Mistake("text is kept back as long as it ends in a replacement character, which is then the token's fault",
                by_hand("self.tokens = []", '''        self.tokens.append(token)
        text = self.tokenizer.decode(self.tokens)
        if text.endswith("\\ufffd"):
            return ""
        self.tokens = []
        return text
''', '''        text, self.tokens = self.tokenizer.decode(self.tokens), []
        return text
''')),
        Mistake("what was kept back is shown again with the token that completes it",
                by_hand('self.kept = b""', BUFFER + '''        text = self.kept.decode("utf-8", "replace")
        if not text.endswith("\\ufffd"):
            self.kept = b""
        return text
''', FLUSH)),
        Mistake("what was kept back is dropped when the next token comes",
                edit(FEED, 'text = self.decoder.decode(self.tokenizer.decode_bytes([token]))\n'
                     "        self.decoder.reset()\n        return text")),
        Mistake("only the last byte of what is kept back stays",
                by_hand('self.kept = b""', BUFFER + '''        for cut in range(min(3, len(self.kept)) + 1):
            try:
                text = self.kept[: len(self.kept) - cut].decode("utf-8")
            except UnicodeDecodeError:
                continue
            self.kept = self.kept[len(self.kept) - cut :][-1:]
            return text
        text, self.kept = self.kept.decode("utf-8", "replace"), b""
        return text
''', FLUSH)),
        # how errors are dealt with
        Mistake("what is no UTF-8 is dropped", edit(DECODER, DECODER.replace('("replace")', '("ignore")'))),
        Mistake("what is no UTF-8 stops the stream", edit(DECODER, DECODER.replace('("replace")', '("strict")'))),
        Mistake("what is no UTF-8 comes as lone surrogates", edit(DECODER, DECODER.replace('("replace")', '("surrogateescape")'))),
        Mistake("what is no UTF-8 is written with a backslash", edit(DECODER, DECODER.replace('("replace")', '("backslashreplace")'))),
        Mistake("a byte order mark is dropped", edit(DECODER, DECODER.replace("utf-8", "utf-8-sig"))),
        Mistake("the stream is read as UTF-16", edit(DECODER, DECODER.replace("utf-8", "utf-16-le"))),
        Mistake("replacement characters come as question marks",
                edit(FEED, FEED + '.replace("\\ufffd", "?")', FINISH, FINISH + '.replace("\\ufffd", "?")')),
        Mistake("replacement characters are taken out of the text", edit(FEED, FEED + '.replace("\\ufffd", "")')),
        Mistake("several replacement characters in a row become one",
                edit(FEED, FEED.replace("return ", 'return regex.sub("\\ufffd+", "\\ufffd", ') + ")")),
        Mistake("all line breaks become \\n",
                edit(DECODER, 'import io\n\n        self.decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), True)')),
        Mistake("white space around a token is stripped", edit(FEED, FEED + ".strip()")),
        Mistake("control characters are left out",
                edit(FEED, FEED.replace("return ", 'return regex.sub("[\\x00-\\x08]", "", ') + ")")),
        Mistake("letters and their accents are put together",
                edit(FEED, 'import unicodedata\n\n        ' + FEED.replace("return ", 'return unicodedata.normalize("NFC", ') + ")")),
        # by hand
        Mistake("characters of four bytes are taken for three", lengths("3 if first < 0xF0 else 4", "3")),
        Mistake("characters of three bytes are taken for two", lengths("2 if first < 0xE0 else 3 if first < 0xF0 else 4", "2 if first < 0xF0 else 4")),
        Mistake("a first byte's length is believed, whatever follows it",
                lengths(" and all(byte & 0xC0 == 0x80 for byte in self.kept[1:])", "",
                        "next((i for i in range(1, min(length, len(self.kept))) if self.kept[i] & 0xC0 != 0x80), length)", "length")),
        Mistake("a broken character waits until there are as many bytes as its first byte tells",
                lengths(" and all(byte & 0xC0 == 0x80 for byte in self.kept[1:])", "")),
        Mistake("a broken character swallows the byte that broke it",
                lengths("text += self.kept[:end].decode(\"utf-8\", \"replace\")\n",
                        "text += self.kept[:end].decode(\"utf-8\", \"replace\")\n            end += end < length\n")),
        Mistake("each byte of a broken character is replaced by itself",
                lengths('self.kept[:end].decode("utf-8", "replace")',
                        '(self.kept[:end].decode("utf-8", "replace") if end == length else "\\ufffd" * end)')),
        Mistake("one replacement character stands for each first byte and all that follows it in vain",
                lengths('self.kept[:end].decode("utf-8", "replace")',
                        'regex.sub("\\ufffd+", "\\ufffd", self.kept[:end].decode("utf-8", "replace"))')),
        Mistake("bytes that can only continue a character are dropped where none has begun",
                lengths('text += self.kept[:end].decode("utf-8", "replace")',
                        'text += "" if 0x80 <= first < 0xC0 else self.kept[:end].decode("utf-8", "replace")')),
        Mistake("bytes that begin no character come out as the characters of these numbers",
                lengths('text += self.kept[:end].decode("utf-8", "replace")',
                        'text += chr(first) if length == 1 else self.kept[:end].decode("utf-8", "replace")')),
        Mistake("characters beyond U+FFFFF are taken for none", lengths("first > 0xF4", "first > 0xF3")),
        Mistake("first bytes whose characters nobody uses yet are taken for none",
                lengths("first > 0xF4", "first > 0xF4 or first in (0xF1, 0xF2)")),
        Mistake("halves of UTF-16 pairs come out as characters",
                lengths('self.kept[:end].decode("utf-8", "replace")',
                        'self.kept[:end].decode("utf-8", "surrogatepass" if first == 0xED and end == 3 else "replace")')),
        Mistake("no more than five hundred tokens come out",
                edit(KEEP, KEEP + "\n        self.left = 500", FEED,
                     "data = self.tokenizer.decode_bytes([token])\n        self.left -= 1\n"
                     '        return self.decoder.decode(data) if self.left >= 0 else ""')),
        Mistake("finish makes one replacement character of all that is kept back",
                by_hand('self.kept = b""', LENGTHS, """        kept, self.kept = self.kept, b""
        return "\ufffd" if kept else ""
""")),
        Mistake("a token brings no more than one character",
                lengths("        return text\n", "            break\n        return text\n")),
        Mistake("the last three bytes are always kept back", by_hand('self.kept = b""', BUFFER + '''        text = self.kept[:-3].decode("utf-8", "ignore")
        self.kept = self.kept[len(text.encode()) :]
        return text
''', FLUSH)),
        # special tokens and tokens that don't exist
        Mistake("special tokens are left out",
                edit(FEED, 'if token in self.tokenizer.special_ids.values():\n            return ""\n        ' + FEED)),
        Mistake("special tokens come out at once, in front of what is kept back",
                edit(FEED, "if token in self.tokenizer.special_ids.values():\n            return self.tokenizer.decode([token])\n        " + FEED)),
        Mistake("a special token throws away what is kept back",
                edit(FEED, "if token in self.tokenizer.special_ids.values():\n            self.decoder.reset()\n        " + FEED)),
        Mistake("a special token ends the text with a line break",
                edit(FEED, 'if token in self.tokenizer.special_ids.values():\n            return self.decoder.decode(self.tokenizer.decode_bytes([token]) + b"\\n")\n        ' + FEED)),
        Mistake("negative tokens count from the end", feed("return self.decoder.decode(self.tokenizer.token_bytes[token])")),
        Mistake("tokens out of range are left out",
                feed('if not 0 <= token < self.tokenizer.vocab_size:\n            return ""\n        ' + FEED)),
        Mistake("tokens out of range are shown as replacement characters",
                feed('if not 0 <= token < self.tokenizer.vocab_size:\n            return "\\ufffd"\n        ' + FEED)),
        Mistake("tokens out of range wrap around",
                feed(FEED.replace("[token]", "[token % self.tokenizer.vocab_size]"))),
        # finish
        Mistake("finish returns nothing", finish(FINISH.removeprefix("return "))),
        Mistake("finish returns the empty text, whatever is kept back", finish(FINISH.removeprefix("return ") + '\n        return ""')),
        Mistake("finish always returns a replacement character", finish(FINISH.removeprefix("return ") + '\n        return "\\ufffd"')),
        Mistake("finish returns the bytes that are kept back",
                finish("kept = self.decoder.getstate()[0]\n        self.decoder.reset()\n        return kept")),
        Mistake("finish returns a replacement character for each byte",
                finish('kept = self.decoder.getstate()[0]\n        self.decoder.reset()\n        return "\\ufffd" * len(kept)')),
        Mistake("finish stops at what is kept back, because it decodes strictly",
                finish('kept = self.decoder.getstate()[0]\n        self.decoder.reset()\n        return kept.decode("utf-8")')),
        Mistake("finish shows what is kept back, but doesn't let go of it",
                finish('return self.decoder.getstate()[0].decode("utf-8", "replace")')),
        Mistake("finish returns all the text of the stream",
                edit(DECODER, DECODER + '\n        self.text = ""', FEED,
                     "text = self.decoder.decode(self.tokenizer.decode_bytes([token]))\n        self.text += text\n        return text",
                     FINISH, 'text, self.text = self.text + self.decoder.decode(b"", final=True), ""\n        return text')),
        Mistake("finish doesn't know how to be called before the first token",
                edit(DECODER, "", FEED, 'if not hasattr(self, "decoder"):\n            '
                     + DECODER + "\n        " + FEED)),
        Mistake("after finish the stream is closed",
                edit(FINISH, 'text = self.decoder.decode(b"", final=True)\n        self.decoder = None\n        return text')),
        # what streams share
        Mistake("all streams share what is kept back",
                edit(DECODER, 'if not hasattr(StreamDecoder, "decoder"):\n            StreamDecoder.decoder = '
                     'codecs.getincrementaldecoder("utf-8")("replace")')),
        Mistake("a new stream empties the others' as well",
                edit(DECODER, 'StreamDecoder.decoder = codecs.getincrementaldecoder("utf-8")("replace")')),
        Mistake("the streams of one tokenizer share what is kept back",
                edit(DECODER, 'if not hasattr(tokenizer, "decoder"):\n            tokenizer.decoder = '
                     'codecs.getincrementaldecoder("utf-8")("replace")\n        self.decoder = tokenizer.decoder')),
        Mistake("only the first stream's tokenizer is used",
                edit(KEEP, 'self.tokenizer = StreamDecoder.__dict__.get("known") or tokenizer\n'
                     "        StreamDecoder.known = self.tokenizer")),
    ],
}
