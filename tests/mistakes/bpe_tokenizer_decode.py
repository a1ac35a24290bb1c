"""Ways people get BPETokenizer wrong from ids to text: decode_bytes and decode."""

from vibejam_core.course.known import Mistake, edit

# Passages of decode_bytes.
PARTS = "parts = []"
LOOP = "for index in map(int, ids):"
RANGE = "if not 0 <= index < self.vocab_size:"
RAISE = 'raise ValueError(f"token id {index} is outside the vocabulary: ids run from 0 to {self.vocab_size - 1}")'
APPEND = "parts.append(self.token_bytes[index])"
JOIN = 'return b"".join(parts)'
# decode
DECODE = 'return self.decode_bytes(ids).decode("utf-8", "replace")'


def append(new):
    """What a token stands for is found in another way."""
    return edit(APPEND, f"parts.append({new})")


def join(new):
    """The parts are put together in another way."""
    return edit(JOIN, new)


def decode(new):
    """The text is found in another way."""
    return edit(DECODE, new)


DECODE_BYTES = [
    Mistake("decode_bytes returns nothing", join('b"".join(parts)')),
    Mistake("decode_bytes returns a list of the tokens' bytes", join("return parts")),
    Mistake("decode_bytes returns a list of numbers", join('return list(b"".join(parts))')),
    Mistake("decode_bytes returns a string", join('return b"".join(parts).decode("latin-1")')),
    Mistake("decode_bytes returns a bytearray, which can still be changed", join('return bytearray(b"".join(parts))')),
    Mistake("decode_bytes puts spaces between the tokens", join('return b" ".join(parts)')),
    Mistake("decode_bytes joins the tokens backwards", join('return b"".join(parts[::-1])')),
    Mistake("decode_bytes gives each token once only", join('return b"".join(dict.fromkeys(parts))')),
    Mistake("decode_bytes gives a token that follows itself only once",
            join('return b"".join(part for i, part in enumerate(parts) if part not in parts[i - 1 : i])')),
    Mistake("decode_bytes strips the bytes", join('return b"".join(parts).strip()')),
    Mistake("decode_bytes leaves out the last token", join('return b"".join(parts[:-1])')),
    Mistake("decode_bytes returns after the first token", edit(APPEND, "return self.token_bytes[index]")),
    Mistake("decode_bytes replaces what is no UTF-8", join('return b"".join(parts).decode("utf-8", "replace").encode()')),
    Mistake("decode_bytes drops what is no UTF-8", join('return b"".join(parts).decode("utf-8", "ignore").encode()')),
    Mistake("decode_bytes replaces what is no UTF-8 within a token", append('self.token_bytes[index].decode("utf-8", "replace").encode()')),
    Mistake("decode_bytes stops where the bytes are no UTF-8", join('return b"".join(parts).decode().encode()')),
    Mistake("decode_bytes takes byte values for ids, whatever order the bytes have",
            append("bytes([index]) if index < 256 else self.token_bytes[index]")),
    Mistake("decode_bytes reads the bytes' order the wrong way round",
            append("bytes([self.byte_ids[index]]) if index < 256 else self.token_bytes[index]")),
    Mistake("decode_bytes undoes one merge only",
            append("self.token_bytes[index] if index < 256 or index - 256 >= len(self.merges) else "
                   'b"".join(self.token_bytes[part] if part < 256 else b"?" for part in self.merges[index - 256])')),
    Mistake("decode_bytes joins a merge's two parts the wrong way round",
            append("self.token_bytes[index] if index < 256 or index - 256 >= len(self.merges) else "
                   'b"".join(self.token_bytes[part] for part in self.merges[index - 256][::-1])')),
    Mistake("decode_bytes counts ids from 1", append("self.token_bytes[index - 1]")),
    Mistake("decode_bytes leaves id 0 out", edit(LOOP, "for index in filter(None, map(int, ids)):")),
    Mistake("decode_bytes ends at id 0", edit(RANGE, "if index == 0:\n                break\n            " + RANGE)),
    # special tokens
    Mistake("decode_bytes skips special tokens", edit(APPEND, "if index < 256 + len(self.merges):\n                " + APPEND)),
    Mistake("decode_bytes ends at the first special token",
            edit(APPEND, "if index >= 256 + len(self.merges):\n                break\n            " + APPEND)),
    Mistake("decode_bytes refuses special tokens", edit(RANGE, "if not 0 <= index < 256 + len(self.merges):")),
    Mistake("decode_bytes gives special tokens in Latin-1",
            append("self.token_bytes[index] if index < 256 + len(self.merges) else "
                   'self.special_tokens[index - 256 - len(self.merges)].encode("latin-1")')),
    Mistake("decode_bytes puts spaces around special tokens",
            append('self.token_bytes[index] if index < 256 + len(self.merges) else b" " + self.token_bytes[index] + b" "')),
    Mistake("decode_bytes takes every special token for the first",
            append("self.token_bytes[min(index, 256 + len(self.merges))]")),
    # kinds of ids
    Mistake("decode_bytes looks tensor elements up in a dictionary, where they are never found",
            edit(LOOP, "tokens = dict(enumerate(self.token_bytes))\n        for index in ids:",
                 "self.token_bytes[index]", "tokens[index]")),
    Mistake("decode_bytes understands lists only", edit("map(int, ids)", "list.copy(ids)")),
    Mistake("decode_bytes understands tensors only", edit("map(int, ids)", "ids.tolist()")),
    Mistake("decode_bytes understands tensors of int64 only",
            edit(PARTS, PARTS + '\n        if str(getattr(ids, "dtype", "torch.int64")) != "torch.int64":\n'
                 '            raise TypeError("give int64")')),
    Mistake("decode_bytes turns ids of one byte into negative numbers",
            edit(LOOP, LOOP + '\n            if "uint8" in str(getattr(ids, "dtype", "")) and index > 127:\n'
                 "                index -= 256")),
    Mistake("decode_bytes refuses to decode no ids",
            edit(PARTS, 'if len(ids) == 0:\n            raise ValueError("there are no ids")\n        parts = []')),
    Mistake("decode_bytes fails on no ids, because it takes their minimum", edit(PARTS, "smallest = min(ids)\n        parts = []")),
    Mistake("decode_bytes asks whether there are ids with `if ids`, which tensors don't answer",
            edit(PARTS, 'if not ids:\n            return b""\n        parts = []')),
    # ids out of range
    Mistake("decode_bytes lets negative ids count from the end", edit(RANGE, "if index >= self.vocab_size:")),
    Mistake("decode_bytes lets small negative ids count from the end", edit(RANGE, "if not -self.vocab_size <= index < self.vocab_size:")),
    Mistake("decode_bytes fails with an IndexError at an id that is too large", edit(RANGE, "if index < 0:")),
    Mistake("decode_bytes fails with an IndexError at id vocab_size", edit(RANGE, "if not 0 <= index <= self.vocab_size:")),
    Mistake("decode_bytes checks no ids", edit(RANGE, "if False:")),
    Mistake("decode_bytes refuses id 0", edit(RANGE, "if not 0 < index < self.vocab_size:")),
    Mistake("decode_bytes refuses the last id", edit(RANGE, "if not 0 <= index < self.vocab_size - 1:")),
    Mistake("decode_bytes takes the vocabulary for the bytes and the merges, and then special tokens for out of range by as many",
            edit(RANGE, "if not 0 <= index < self.vocab_size + len(self.special_tokens):")),
    Mistake("decode_bytes leaves out ids that are out of range", edit(RAISE, "continue")),
    Mistake("decode_bytes leaves out negative ids", edit(RANGE, "if index < 0:\n                continue\n            " + RANGE)),
    Mistake("decode_bytes puts a replacement character for ids that are out of range",
            edit(RAISE, 'parts.append("\\ufffd".encode())\n                continue')),
    Mistake("decode_bytes takes the nearest id in range", edit(RAISE, "index = min(max(index, 0), self.vocab_size - 1)")),
    Mistake("decode_bytes wraps ids that are out of range around", edit(RAISE, "index %= self.vocab_size")),
    Mistake("decode_bytes ends at an id that is out of range", edit(RAISE, "break")),
    Mistake("decode_bytes raises an IndexError for ids out of range", edit(RAISE, RAISE.replace("ValueError", "IndexError"))),
    Mistake("decode_bytes's error doesn't name the id", edit("token id {index} is", "a token id is")),
    Mistake("decode_bytes looks at the first id only for ids out of range",
            edit(RANGE, "if not parts and not 0 <= index < self.vocab_size:")),
    Mistake("decode_bytes looks at the last id only for ids out of range",
            edit(RANGE, "if len(parts) == len(ids) - 1 and not 0 <= index < self.vocab_size:")),
    # what else it does
    Mistake("decode_bytes uses the list of ids up",
            edit(LOOP, "rest = ids if isinstance(ids, list) else list(ids)\n        while rest:\n"
                 "            index = int(rest.pop(0))")),
    Mistake("decode_bytes still holds the bytes of earlier calls", edit(PARTS, 'parts = self.__dict__.setdefault("parts", [])')),
    Mistake("decode_bytes leaves out bytes of value 0", join('return b"".join(parts).replace(b"\\0", b"")')),
]


DECODE_TEXT = [
    Mistake("decode returns nothing", decode('self.decode_bytes(ids).decode("utf-8", "replace")')),
    Mistake("decode returns bytes", decode("return self.decode_bytes(ids)")),
    Mistake("decode turns each token into text by itself, which breaks characters",
            decode('return "".join(self.decode_bytes([index]).decode("utf-8", "replace") for index in ids)')),
    Mistake("decode turns each token into text by itself and drops what is broken",
            decode('return "".join(self.decode_bytes([index]).decode("utf-8", "ignore") for index in ids)')),
    Mistake("decode turns each byte into a character", decode('return self.decode_bytes(ids).decode("latin-1")')),
    Mistake("decode stops where the bytes are no UTF-8", decode('return self.decode_bytes(ids).decode("utf-8")')),
    Mistake("decode drops what is no UTF-8", decode('return self.decode_bytes(ids).decode("utf-8", "ignore")')),
    Mistake("decode gives lone surrogates for what is no UTF-8", decode('return self.decode_bytes(ids).decode("utf-8", "surrogateescape")')),
    Mistake("decode writes what is no UTF-8 with a backslash", decode('return self.decode_bytes(ids).decode("utf-8", "backslashreplace")')),
    Mistake("decode puts question marks for what is no UTF-8",
            decode('return self.decode_bytes(ids).decode("utf-8", "replace").replace("\\ufffd", "?")')),
    Mistake("decode replaces each broken byte by itself",
            decode('return regex.sub("[\\udc80-\\udcff]", "\\ufffd", self.decode_bytes(ids).decode("utf-8", "surrogateescape"))')),
    Mistake("decode makes one replacement character of several in a row",
            decode('return regex.sub("\\ufffd+", "\\ufffd", self.decode_bytes(ids).decode("utf-8", "replace"))')),
    Mistake("decode takes halves of UTF-16 pairs for characters",
            decode('''data = self.decode_bytes(ids)
        try:
            return data.decode("utf-8", "surrogatepass")
        except ValueError:
            return data.decode("utf-8", "replace")''')),
    Mistake("decode leaves half a character at the end away",
            decode('return codecs.getincrementaldecoder("utf-8")("replace").decode(self.decode_bytes(ids))')),
    Mistake("decode drops all that follows the first broken byte",
            decode('''data = self.decode_bytes(ids)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            return data[: error.start].decode("utf-8") + "\\ufffd"''')),
    Mistake("decode drops a byte order mark", decode('return self.decode_bytes(ids).decode("utf-8-sig", "replace")')),
    Mistake("decode strips the text", decode('return self.decode_bytes(ids).decode("utf-8", "replace").strip()')),
    Mistake("decode strips white space at the end", decode('return self.decode_bytes(ids).decode("utf-8", "replace").rstrip()')),
    Mistake("decode turns all line breaks into \\n",
            decode('return "\\n".join(regex.split("\\r\\n|\\r|\\n", self.decode_bytes(ids).decode("utf-8", "replace")))')),
    Mistake("decode puts letters and their accents together",
            decode('import unicodedata\n\n        return unicodedata.normalize("NFC", self.decode_bytes(ids).decode("utf-8", "replace"))')),
    Mistake("decode drops control characters",
            decode('return regex.sub("[\\x00-\\x08\\x7f]", "", self.decode_bytes(ids).decode("utf-8", "replace"))')),
    Mistake("decode leaves special tokens out",
            decode('ids = [index for index in map(int, ids) if not 256 + len(self.merges) <= index < self.vocab_size]\n        ' + DECODE)),
    Mistake("decode puts spaces between the tokens", decode('return " ".join(self.decode_bytes([index]).decode("utf-8", "replace") for index in ids)')),
    Mistake("decode reads the bytes as UTF-16", decode('return self.decode_bytes(ids).decode("utf-16-le", "replace")')),
    Mistake("decode leaves out ids that are out of range",
            decode("ids = [index for index in map(int, ids) if 0 <= index < self.vocab_size]\n        " + DECODE)),
    Mistake("decode leaves out negative ids",
            decode("ids = [index for index in map(int, ids) if index >= 0]\n        " + DECODE)),
    Mistake("decode finds the bytes by itself, and lets negative ids count from the end",
            decode('return b"".join(self.token_bytes[int(index)] for index in ids).decode("utf-8", "replace")')),
    Mistake("decode finds the bytes by itself, and wraps ids around",
            decode('return b"".join(self.token_bytes[int(index) % self.vocab_size] for index in ids).decode("utf-8", "replace")')),
    Mistake("decode shows a replacement character for ids that are out of range",
            decode('ids = list(map(int, ids))\n        if any(not 0 <= index < self.vocab_size for index in ids):\n'
                   '            return "\\ufffd"\n        ' + DECODE)),
    Mistake("decode understands lists only", decode("ids = list.copy(ids)\n        " + DECODE)),
    Mistake("decode refuses no ids", decode("first = ids[0]\n        " + DECODE)),
    Mistake("decode gives None for no ids", decode("if len(ids) == 0:\n            return None\n        " + DECODE)),
    Mistake("decode asks whether there are ids with `if ids`, which tensors don't answer",
            decode('if not ids:\n            return ""\n        ' + DECODE)),
    Mistake("decode reads the tokens in blocks of two hundred and fifty-six",
            decode('ids = list(ids)\n        return "".join(self.decode_bytes(ids[k : k + 256]).decode("utf-8", "replace") '
                   "for k in range(0, len(ids), 256))")),
]

MISTAKES = {"bpe.BPETokenizer": DECODE_BYTES + DECODE_TEXT}
