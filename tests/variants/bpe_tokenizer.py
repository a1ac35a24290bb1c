"""Correct ways to write BPETokenizer's four methods that differ from the reference's."""

from vibejam_core.course.known import Variant, edit

PIECE = """        ids = [self.byte_ids[byte] for byte in piece]
        while len(ids) > 1:
            first = min(pairwise(ids), key=lambda pair: self.merged_id.get(pair, self.vocab_size))
            if first not in self.merged_id:
                break
            ids = merge_pair(ids, first, self.merged_id[first])
        return ids
"""
ENCODE = """        allowed = set(allowed_special)
        for unknown in allowed - self.special_ids.keys():
            raise ValueError(f"{unknown!r} is no special token of this tokenizer; it has {list(self.special_tokens)}")
        ids: list[int] = []
        for i, part in enumerate(split_specials(text, allowed)):
            if i % 2:
                ids.append(self.special_ids[part])
                continue
            for piece in split_text(part, self.pattern):
                ids += self.piece_ids(piece.encode("utf-8", "surrogateescape"))
        return ids
"""
DECODE_BYTES = """        parts = []
        for index in map(int, ids):
            if not 0 <= index < self.vocab_size:
                raise ValueError(f"token id {index} is outside the vocabulary: ids run from 0 to {self.vocab_size - 1}")
            parts.append(self.token_bytes[index])
        return b"".join(parts)
"""
DECODE = """        return self.decode_bytes(ids).decode("utf-8", "replace")
"""

VARIANTS = {
    "bpe.BPETokenizer": [
        Variant(
            "every merge in turn; encode_piece without a memory; tolist; str(bytes)",
            edit(
                PIECE,
                """        ids = list(map(self.byte_ids.__getitem__, piece))
        for pair in self.merges:
            if len(ids) < 2:
                break
            ids = merge_pair(ids, pair, self.merged_id[pair])
        return ids
""",
                ENCODE,
                """        for special in allowed_special:
            if special not in self.special_tokens:
                raise ValueError(f"unknown special token {special}")
        out = []
        parts = split_specials(text, allowed_special)
        for ordinary, special in zip(parts[::2], [*parts[1::2], None]):
            for piece in split_text(ordinary, self.pattern):
                out.extend(self.encode_piece(piece.encode("utf-8", errors="surrogateescape")))
            if special is not None:
                out.append(self.special_ids[special])
        return out
""",
                DECODE_BYTES,
                """        if hasattr(ids, "tolist"):
            ids = ids.tolist()
        for index in ids:
            if index < 0 or index >= self.vocab_size:
                raise ValueError(f"no token has the id {index}")
        return b"".join([self.token_bytes[index] for index in ids])
""",
                DECODE,
                """        return str(self.decode_bytes(ids), "utf-8", "replace")
""",
            ),
        ),
        Variant(
            "ranks of bytes, as tiktoken has them; regex.finditer for special tokens; a bytearray",
            edit(
                PIECE,
                """        ranks = {token: i for i, token in enumerate(self.token_bytes[: 256 + len(self.merges)])}
        parts = [piece[i : i + 1] for i in range(len(piece))]
        while len(parts) > 1:
            best, place = min((ranks.get(parts[i] + parts[i + 1], 10**9), i) for i in range(len(parts) - 1))
            if best == 10**9:
                break
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        return [ranks[part] for part in parts]
""",
                ENCODE,
                """        allowed = sorted(set(allowed_special), key=lambda special: (-len(special), special))
        bad = [special for special in allowed if special not in self.special_ids]
        if bad:
            raise ValueError(f"not special tokens of this tokenizer: {bad}")
        ids, begin = [], 0

        def ordinary(part):
            for match in regex.finditer(self.pattern, part):
                ids.extend(self.piece_ids(match[0].encode("utf-8", "surrogateescape")))

        if allowed:
            for match in regex.finditer("|".join(regex.escape(special) for special in allowed), text):
                ordinary(text[begin : match.start()])
                ids.append(self.special_ids[match.group()])
                begin = match.end()
        ordinary(text[begin:])
        return ids
""",
                DECODE_BYTES,
                """        out = bytearray()
        for index in ids:
            index = int(index)
            if index not in range(len(self.token_bytes)):
                raise ValueError(f"{index} is no token id")
            out += self.token_bytes[index]
        return bytes(out)
""",
                DECODE,
                """        return codecs.decode(self.decode_bytes(ids), errors="replace", encoding="utf8")
""",
            ),
        ),
        Variant(
            "a heap over a linked list; str.find for special tokens; merges undone with a stack",
            edit(
                PIECE,
                """        import heapq

        ids = [self.byte_ids[byte] for byte in piece]
        n = len(ids)
        before, behind = list(range(-1, n - 1)), list(range(1, n + 1))
        heap = []

        def offer(i):
            if i >= 0 and behind[i] < n:
                new_id = self.merged_id.get((ids[i], ids[behind[i]]))
                if new_id is not None:
                    heapq.heappush(heap, (new_id, i, ids[i], ids[behind[i]]))

        for i in range(n - 1):
            offer(i)
        while heap:
            new_id, i, left, right = heapq.heappop(heap)
            if ids[i] != left or behind[i] >= n or ids[behind[i]] != right:
                continue
            gone = behind[i]
            ids[i], ids[gone] = new_id, None
            behind[i] = behind[gone]
            if behind[i] < n:
                before[behind[i]] = i
            offer(i)
            offer(before[i])
        return [index for index in ids if index is not None]
""",
                ENCODE,
                """        allowed = list(dict.fromkeys(allowed_special))
        for special in allowed:
            if self.special_ids.get(special) is None:
                raise ValueError(f"{special!r}: no such special token")
        ids, begin = [], 0
        while True:
            found = [(text.find(special, begin), -len(special), special) for special in allowed]
            found = [entry for entry in found if entry[0] >= 0]
            place, _, special = min(found, default=(len(text), 0, None))
            for piece in split_text(text[begin:place], self.pattern):
                ids = ids + self.piece_ids(piece.encode("utf-8", "surrogateescape"))
            if special is None:
                return ids
            ids.append(self.special_ids[special])
            begin = place + len(special)
""",
                DECODE_BYTES,
                """        stack, out = [int(index) for index in ids][::-1], []
        for index in stack[::-1]:
            if index < 0 or index > self.vocab_size - 1:
                raise ValueError(f"id {index} does not exist")
        while stack:
            index = stack.pop()
            if index < 256:
                out.append(bytes([self.byte_order[index]]))
            elif index < 256 + len(self.merges):
                left, right = self.merges[index - 256]
                stack += [right, left]
            else:
                out.append(self.special_tokens[index - 256 - len(self.merges)].encode())
        return b"".join(out)
""",
                DECODE,
                """        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        return decoder.decode(self.decode_bytes(ids), True)
""",
            ),
        ),
        Variant(
            "a recursion over merges; one list of all parts; operator.itemgetter",
            edit(
                PIECE,
                """        def merge(ids):
            known = {self.merged_id[pair]: pair for pair in zip(ids, ids[1:]) if pair in self.merged_id}
            if not known:
                return ids
            new_id = min(known)
            return merge(merge_pair(ids, known[new_id], new_id))

        return merge([self.byte_ids[byte] for byte in piece])
""",
                ENCODE,
                """        unknown = [special for special in allowed_special if special not in self.special_ids]
        if unknown:
            raise ValueError(", ".join(unknown) + ": unknown special tokens")

        def of(i, part):
            if i % 2 == 1:
                return [self.special_ids[part]]
            encoded = (piece.encode("utf-8", "surrogateescape") for piece in split_text(part, self.pattern))
            return [index for piece in encoded for index in self.piece_ids(piece)]

        return sum((of(i, part) for i, part in enumerate(split_specials(text, tuple(allowed_special)))), [])
""",
                DECODE_BYTES,
                """        ids = [int(index) for index in ids]
        outside = [index for index in ids if not -1 < index < len(self.token_bytes)]
        if outside:
            raise ValueError(f"ids outside the vocabulary: {outside}")
        data = b""
        for index in ids:
            data += self.token_bytes[index]
        return data
""",
                DECODE,
                """        data = b"".join([self.decode_bytes([index]) for index in ids])
        return data.decode(errors="replace")
""",
            ),
        ),
        Variant(
            "the leftmost of the best places, changed in place; a memory of its own; the decoder's errors by hand",
            edit(
                PIECE,
                """        known = self.__dict__.setdefault("pieces", {})
        if piece not in known:
            ids = [self.byte_ids[byte] for byte in piece]
            while True:
                places = [(self.merged_id[ids[i], ids[i + 1]], i) for i in range(len(ids) - 1)
                          if (ids[i], ids[i + 1]) in self.merged_id]
                if not places:
                    break
                new_id, i = min(places)
                ids[i] = new_id
                ids.pop(i + 1)
            known[piece] = tuple(ids)
        return list(known[piece])
""",
                ENCODE,
                """        allowed = frozenset(allowed_special)
        if not allowed <= set(self.special_tokens):
            raise ValueError(f"unknown special tokens: {sorted(allowed.difference(self.special_tokens))}")
        text.encode("utf-8", "surrogateescape")
        ids = []
        special = False
        for part in split_specials(text, allowed):
            if special:
                ids += [self.special_ids[part]]
            else:
                for piece in split_text(part, self.pattern):
                    data = b"".join(
                        bytes([ord(c) - 0xDC00]) if 0xDC80 <= ord(c) <= 0xDCFF else c.encode("utf-8") for c in piece
                    )
                    ids += self.encode_piece(data)
            special = not special
        return ids
""",
                DECODE_BYTES,
                """        def token(index):
            if not 0 <= index <= self.vocab_size - 1:
                raise ValueError(f"token {index}: out of range")
            return self.token_bytes[index]

        return bytes(byte for index in ids for byte in token(int(index)))
""",
                DECODE,
                """        data, text = self.decode_bytes(ids), ""
        while data:
            try:
                return text + data.decode("utf-8")
            except UnicodeDecodeError as error:
                text += data[: error.start].decode("utf-8") + "\\ufffd"
                data = data[error.end :]
        return text
""",
            ),
        ),
        Variant(
            "numpy in encode_piece and decode_bytes; special tokens one after another, the longest first",
            edit(
                PIECE,
                """        import numpy as np

        ids = np.array(self.byte_ids)[np.frombuffer(piece, dtype=np.uint8)] if piece else np.zeros(0, dtype=np.int64)
        while len(ids) > 1:
            new = np.array([self.merged_id.get(pair, 10**9) for pair in zip(ids.tolist(), ids[1:].tolist())])
            place = int(new.argmin())
            if new[place] == 10**9:
                break
            ids = np.concatenate([ids[:place], new[place : place + 1], ids[place + 2 :]])
        return ids.tolist()
""",
                ENCODE,
                """        allowed = sorted(allowed_special, key=len, reverse=True)
        for special in allowed:
            if special not in self.special_ids:
                raise ValueError(f"there is no special token {special!r} here, only {self.special_tokens}")
        parts = [text]
        for special in allowed:
            cut = []
            for part in parts:
                if isinstance(part, int):
                    cut.append(part)
                    continue
                pieces = part.split(special)
                for i, piece in enumerate(pieces):
                    if i > 0:
                        cut.append(self.special_ids[special])
                    cut.append(piece)
            parts = cut
        ids = []
        for part in parts:
            if isinstance(part, int):
                ids.append(part)
            else:
                for piece in split_text(part, self.pattern):
                    ids.extend(self.piece_ids(piece.encode("utf-8", "surrogateescape")))
        return ids
""",
                DECODE_BYTES,
                """        import numpy as np

        array = np.array([int(index) for index in ids], dtype=np.int64)
        outside = array[(array < 0) | (array >= self.vocab_size)]
        if outside.size:
            raise ValueError(f"these ids are outside the vocabulary: {outside.tolist()}")
        return b"".join(self.token_bytes[index] for index in array)
""",
            ),
        ),
        Variant(
            "decode without decode_bytes; bytes first and pieces afterwards",
            edit(
                DECODE,
                """        tokens = []
        for index in ids:
            index = int(index)
            if index < 0:
                raise ValueError(f"negative id {index}")
            if index >= self.vocab_size:
                raise ValueError(f"id {index}, but there are only {self.vocab_size}")
            tokens.append(self.token_bytes[index])
        return b"".join(tokens).decode("utf-8", errors="replace")
""",
                "        ids: list[int] = []\n        for i, part in enumerate",
                "        ids = list()\n        if text == '':\n            return []\n        for i, part in enumerate",
            ),
        ),
    ],
}
