"""Correct ways to write StreamDecoder that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

HEAD = """class StreamDecoder:
    def __init__(self, tokenizer: BPETokenizer) -> None:
        self.tokenizer = tokenizer
"""

VARIANTS = {
    "bpe.StreamDecoder": [
        Variant(
            "by hand: the first byte's length, cut short where a byte doesn't continue",
            whole(
                HEAD
                + """        self.kept = b""

    def feed(self, token: int) -> str:
        self.kept += self.tokenizer.decode_bytes([token])
        text = ""
        while self.kept:
            first = self.kept[0]
            length = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            have = 1
            while have < min(length, len(self.kept)) and self.kept[have] >> 6 == 0b10:
                have += 1
            if have == len(self.kept) < length:
                break
            text += self.kept[:have].decode("utf-8", "replace")
            self.kept = self.kept[have:]
        return text

    def finish(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        self.kept = b""
        return text
"""
            ),
        ),
        Variant(
            "all tokens so far decoded again, and what is new shown, but for replacement characters at the end",
            whole(
                HEAD
                + """        self.tokens, self.shown = [], ""

    def feed(self, token: int) -> str:
        text = self.tokenizer.decode([*self.tokens, token]).rstrip("\\ufffd")
        self.tokens.append(token)
        new = text[len(self.shown) :]
        self.shown += new
        return new

    def finish(self) -> str:
        rest = self.tokenizer.decode(self.tokens)[len(self.shown) :]
        self.tokens, self.shown = [], ""
        return rest
"""
            ),
        ),
        Variant(
            "strict decoding, and what the error says",
            whole(
                HEAD
                + """        self.rest = b""

    def feed(self, token: int) -> str:
        data, text = self.rest + self.tokenizer.decode_bytes([token]), ""
        self.rest = b""
        while data:
            try:
                return text + data.decode("utf-8")
            except UnicodeDecodeError as error:
                text += data[: error.start].decode("utf-8")
                if error.reason == "unexpected end of data":
                    self.rest = data[error.start :]
                    return text
                text += "\\N{REPLACEMENT CHARACTER}"
                data = data[error.end :]
        return text

    def finish(self) -> str:
        rest, self.rest = self.rest, b""
        return "\\ufffd" if rest else ""
"""
            ),
        ),
        Variant(
            "codecs.utf_8_decode, which tells how much it has read",
            whole(
                HEAD
                + """        self.pending = bytearray()

    def feed(self, token: int) -> str:
        self.pending.extend(self.tokenizer.decode_bytes([token]))
        text, used = codecs.utf_8_decode(bytes(self.pending), "replace", False)
        del self.pending[:used]
        return text

    def finish(self) -> str:
        text, _ = codecs.utf_8_decode(bytes(self.pending), "replace", True)
        self.pending.clear()
        return text
"""
            ),
        ),
        Variant(
            "byte by byte, with the number of bytes that are still missing",
            whole(
                HEAD
                + """        self.reset()

    def reset(self):
        self.character, self.missing = b"", 0

    def feed(self, token: int) -> str:
        out = []
        for byte in self.tokenizer.decode_bytes([token]):
            if self.missing and 0x80 <= byte < 0xC0:
                self.character += bytes([byte])
                self.missing -= 1
                if self.missing == 0:
                    out.append(self.character.decode("utf-8", "replace"))
                    self.character = b""
                continue
            if self.missing:
                out.append(self.character.decode("utf-8", "replace"))
                self.reset()
            if 0xC2 <= byte <= 0xF4:
                self.character, self.missing = bytes([byte]), (byte >= 0xE0) + (byte >= 0xF0) + 1
            else:
                out.append(chr(byte) if byte < 0x80 else "\\ufffd")
        return "".join(out)

    def finish(self) -> str:
        left = self.character.decode("utf-8", "replace")
        self.reset()
        return left
"""
            ),
        ),
        Variant(
            "up to three bytes at the end tried away, until the rest is no cut-off character",
            whole(
                HEAD
                + """        self.buffer = b""

    def feed(self, token: int) -> str:
        data = self.buffer + self.tokenizer.decode_bytes([token])
        keep = 0
        for back in (1, 2, 3):
            if back > len(data):
                break
            byte = data[-back]
            if byte >= 0xC0:
                if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4):
                    keep = back
                break
            if byte < 0x80:
                break
        self.buffer = data[len(data) - keep :]
        return data[: len(data) - keep].decode("utf-8", errors="replace")

    def finish(self) -> str:
        data, self.buffer = self.buffer, b""
        return data.decode("utf-8", errors="replace")
"""
            ),
        ),
        Variant(
            "a generator that is sent tokens, around an incremental decoder made anew for each stream",
            whole(
                HEAD
                + """        self.stream = None

    def run(self):
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        data = yield
        while data is not None:
            data = yield decoder.decode(data)
        yield decoder.decode(b"", True)

    def feed(self, token: int) -> str:
        data = self.tokenizer.decode_bytes([token])
        if self.stream is None:
            self.stream = self.run()
            next(self.stream)
        return self.stream.send(data)

    def finish(self) -> str:
        if self.stream is None:
            return ""
        last = self.stream.send(None)
        self.stream = None
        return last
"""
            ),
        ),
        Variant(
            "token_bytes looked up by itself, and a range of its own",
            whole(
                HEAD
                + """        self.decoder = codecs.lookup("utf-8").incrementaldecoder("replace")

    def feed(self, token: int) -> str:
        if token < 0 or token >= len(self.tokenizer.token_bytes):
            raise ValueError(f"there is no token {token}")
        return self.decoder.decode(self.tokenizer.token_bytes[token], False)

    def finish(self) -> str:
        text = self.decoder.decode(b"", True)
        self.decoder.reset()
        return text
"""
            ),
        ),
    ],
}
