"""The ways people get a cache of keys and values wrong."""

from vibejam_core.course.known import Mistake, whole

PLAIN = '''
class KVCache:
    def __init__(self, config, batch_size, capacity=64, device="cpu"):
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, but it is {batch_size}")
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, but it is {capacity}")
        shape = (batch_size, capacity, config.kv_heads, config.head_dim)
        dtype = dtype_of(config)
        layers = range(config.n_layer)
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in layers]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in layers]
        self.lengths = [0] * batch_size

    def insert(self, layer_idx, k, v):
        T = k.shape[1]
        longest = max(self.lengths)
        S = longest + T
        old = self.keys[layer_idx].shape[1]
        if S > old:
            room = max(S, 2 * old)
            for tensors in (self.keys, self.values):
                small = tensors[layer_idx]
                big = torch.zeros(small.shape[0], room, *small.shape[2:], dtype=small.dtype, device=small.device)
                big[:, :old] = small
                tensors[layer_idx] = big
        for row, length in enumerate(self.lengths):
            self.keys[layer_idx][row, length : length + T] = k[row]
            self.values[layer_idx][row, length : length + T] = v[row]
        return self.keys[layer_idx][:, :S], self.values[layer_idx][:, :S]

    def advance(self, counts):
        self.lengths = [length + count for length, count in zip(self.lengths, counts)]

    def select(self, rows):
        rows = list(rows)
        new = object.__new__(type(self))
        new.keys = [keys[rows] for keys in self.keys]
        new.values = [values[rows] for values in self.values]
        new.lengths = [self.lengths[row] for row in rows]
        return new
'''
"""A cache with its rows written one by one; the mistakes below change passages of it."""

ROWS = "if batch_size < 1:"
ROOM_ERROR = "if capacity < 1:"
SHAPE = "shape = (batch_size, capacity, config.kv_heads, config.head_dim)"
DTYPE = "dtype = dtype_of(config)"
KEYS = "self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in layers]"
VALUES = "self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in layers]"
LENGTHS = "self.lengths = [0] * batch_size"
T = "T = k.shape[1]"
S = "S = longest + T"
OLD = "old = self.keys[layer_idx].shape[1]"
FULL = "if S > old:"
ROOM = "room = max(S, 2 * old)"
BOTH = "for tensors in (self.keys, self.values):"
BIG = "big = torch.zeros(small.shape[0], room, *small.shape[2:], dtype=small.dtype, device=small.device)"
COPY = "big[:, :old] = small"
EACH = "for row, length in enumerate(self.lengths):"
PUT_K = "self.keys[layer_idx][row, length : length + T] = k[row]"
PUT_V = "self.values[layer_idx][row, length : length + T] = v[row]"
BACK = "return self.keys[layer_idx][:, :S], self.values[layer_idx][:, :S]"
ADVANCE = "self.lengths = [length + count for length, count in zip(self.lengths, counts)]"
NEW = "new = object.__new__(type(self))"
NEW_KEYS = "new.keys = [keys[rows] for keys in self.keys]"
NEW_VALUES = "new.values = [values[rows] for values in self.values]"
NEW_LENGTHS = "new.lengths = [self.lengths[row] for row in rows]"
IN = "\n        "
"""The next line, as far in as a method's body."""


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


def placed(where):
    """The plain version, a row's new tokens written somewhere else."""
    return plain(PUT_K, PUT_K.replace("length : length + T", where), PUT_V, PUT_V.replace("length : length + T", where))


MISTAKES = {
    "kv_cache.KVCache": [
        # A new cache
        Mistake("every layer has the same tensor, made once and put in the list several times", plain(
            KEYS, "self.keys = [torch.zeros(shape, dtype=dtype, device=device)] * config.n_layer", VALUES, "self.values = [torch.zeros(shape, dtype=dtype, device=device)] * config.n_layer")),
        Mistake("keys and values are the same tensors", plain(VALUES, "self.values = list(self.keys)")),
        Mistake("there are keys and values for one layer only", plain("layers = range(config.n_layer)", "layers = range(1)")),
        Mistake("there is a key and a value for every query head, not for every head of keys", plain(SHAPE, SHAPE.replace("kv_heads", "n_head"))),
        Mistake("n_kv_head is taken for the number of heads of keys, also where it is 0", plain(SHAPE, SHAPE.replace("kv_heads", "n_kv_head"))),
        Mistake("the heads come before the positions", plain(SHAPE, "shape = (batch_size, config.kv_heads, capacity, config.head_dim)")),
        Mistake("a position is as wide as n_embd, not as a head", plain(SHAPE, SHAPE.replace("head_dim", "n_embd"))),
        Mistake("there is room for block_size tokens, whatever capacity says", plain(SHAPE, SHAPE.replace("capacity", "config.block_size"))),
        Mistake("the capacity is block_size unless another is given", plain('capacity=64, device="cpu"):', 'capacity=None, device="cpu"):' + IN + "capacity = config.block_size if capacity is None else capacity")),
        Mistake("everything is kept in float32, whatever the compute dtype is", plain(DTYPE, "dtype = torch.float32")),
        Mistake("keys are kept in float32, only values in the compute dtype", plain(KEYS, KEYS.replace("dtype=dtype", "dtype=torch.float32"))),
        Mistake("the device is ignored", plain(KEYS, KEYS.replace("device=device", "device='cpu'"), VALUES, VALUES.replace("device=device", "device='cpu'"))),
        Mistake("the lengths are a tensor, not a list of ints", plain(LENGTHS, "self.lengths = torch.zeros(batch_size, dtype=torch.int64)",
                ADVANCE, "self.lengths = self.lengths + torch.tensor(list(counts))", NEW_LENGTHS, "new.lengths = self.lengths[rows]")),
        Mistake("there is one length for all rows, the largest", plain(LENGTHS, "self.lengths = [0]", ADVANCE, "self.lengths = [self.lengths[0] + max(counts)]", EACH, "for row, length in enumerate(self.lengths * len(k)):", NEW_LENGTHS, "new.lengths = list(self.lengths)")),
        Mistake("the lengths begin at 1", plain(LENGTHS, "self.lengths = [1] * batch_size")),
        Mistake("the lengths are one list that all caches share", plain(LENGTHS, "self.lengths = KVCache.__dict__.get('shared') or [0] * batch_size" + IN + "KVCache.shared = self.lengths",
                ADVANCE, "self.lengths[:] = [length + count for length, count in zip(self.lengths, counts)]")),
        Mistake("the tensors of an earlier cache of the same shape are used again", plain(LENGTHS, LENGTHS + IN + "store = KVCache.__dict__.get('store')" + IN + "if store is None or store[0][0].shape != shape or store[0][0].dtype != dtype or len(store[0]) != config.n_layer or str(device) != 'cpu':"
                + IN + "    KVCache.store = store = (self.keys, self.values)" + IN + "self.keys, self.values = list(store[0]), list(store[1])")),
        Mistake("no row is allowed", plain(ROWS, "if batch_size < 0:")),
        Mistake("no room is allowed", plain(ROOM_ERROR, "if capacity < 0:")),
        Mistake("sizes below 1 aren't refused: torch's own error comes, or none", plain(ROWS, "if False:", ROOM_ERROR, "if False:")),
        Mistake("sizes below 1 are refused by an assertion", plain(ROWS, "assert batch_size >= 1 and capacity >= 1" + IN + "if False:", ROOM_ERROR, "if False:")),
        Mistake("the refusal doesn't say which value it got", plain(", but it is {batch_size}", "", ", but it is {capacity}", "")),
        Mistake("the refusal of too little room calls it batch_size", plain('f"capacity must', 'f"batch_size must')),
        # Where new ones go
        Mistake("new tokens are written one position too late", placed("length + 1 : length + 1 + T")),
        Mistake("new tokens are written one position too early, over the last old one", placed("max(length - 1, 0) : max(length - 1, 0) + T")),
        Mistake("new tokens are always written at the beginning", placed(":T")),
        Mistake("all rows' new tokens are written behind the longest row", placed("longest : longest + T")),
        Mistake("all rows' new tokens are written behind the shortest row", placed("min(self.lengths) : min(self.lengths) + T")),
        Mistake("all rows' new tokens are written where the first row ends", placed("self.lengths[0] : self.lengths[0] + T")),
        Mistake("the new tokens are written at the end of the room", placed("-T:")),
        Mistake("only the first of several new tokens is written", plain(PUT_K, PUT_K.replace("length + T] = k[row]", "length + 1] = k[row, :1]"), PUT_V, PUT_V.replace("length + T] = v[row]", "length + 1] = v[row, :1]"))),
        Mistake("all rows get the first row's new tokens", plain(PUT_K, PUT_K.replace("k[row]", "k[0]"), PUT_V, PUT_V.replace("v[row]", "v[0]"))),
        Mistake("only the first row's new tokens are written", plain(EACH, "for row, length in list(enumerate(self.lengths))[:1]:")),
        Mistake("the new tokens are written in reverse order", plain(PUT_K, PUT_K.replace("k[row]", "k[row].flip(0)"), PUT_V, PUT_V.replace("v[row]", "v[row].flip(0)"))),
        Mistake("keys and values are swapped", plain(PUT_K, PUT_K.replace("k[row]", "v[row]"), PUT_V, PUT_V.replace("v[row]", "k[row]"))),
        Mistake("keys are written as values too", plain(PUT_V, PUT_V.replace("v[row]", "k[row]"))),
        Mistake("the new values are added to what stands there, not put in its place", plain(PUT_V, PUT_V.replace(" = v", " += v"))),
        Mistake("everything goes into layer 0", plain(T, T + IN + "layer_idx = 0")),
        Mistake("each row is written as far as it goes, and the last ones get shifted: row b begins at b", placed("row : row + T")),
        Mistake("insert counts the new tokens itself, in every layer", plain(BACK, "self.lengths = [length + T for length in self.lengths]" + IN + BACK)),
        Mistake("insert counts the new tokens itself, in layer 0", plain(BACK, "if layer_idx == 0:" + IN + "    self.lengths = [length + T for length in self.lengths]" + IN + BACK)),
        Mistake("insert counts the new tokens itself, in the last layer", plain(BACK, "if layer_idx == len(self.keys) - 1:" + IN + "    self.lengths = [length + T for length in self.lengths]" + IN + BACK)),
        Mistake("the rows are taken to be of one length if the first and the last are", plain(EACH, "for row, length in enumerate([self.lengths[0]] * len(k) if self.lengths[0] == self.lengths[-1] else self.lengths):")),
        Mistake("all rows are taken to be empty if the first one is", plain(EACH, "for row, length in enumerate(self.lengths if self.lengths[0] else [0] * len(k)):")),
        Mistake("the first keys and values that fill the room are kept as they came in, not copied", plain(EACH, "if S == T and T >= old:" + IN + "    self.keys[layer_idx], self.values[layer_idx] = k, v" + IN + "    return k, v" + IN + EACH)),
        # What comes back
        Mistake("only the new keys and values come back", plain(BACK, "return k, v")),
        Mistake("only the old keys and values come back", plain(BACK, "return self.keys[layer_idx][:, :longest], self.values[layer_idx][:, :longest]")),
        Mistake("all the room comes back, used or not", plain(BACK, "return self.keys[layer_idx], self.values[layer_idx]")),
        Mistake("one position too many comes back", plain(S, S + " + 1")),
        Mistake("as many positions come back as the shortest row has", plain(BACK, "S = min(self.lengths) + T" + IN + BACK)),
        Mistake("what comes back has no axis of rows where there is one row", plain(BACK, "return self.keys[layer_idx][:, :S].squeeze(0), self.values[layer_idx][:, :S].squeeze(0)")),
        Mistake("a single token loses its axis of positions, and with it that of a single head", plain(EACH, "if T == 1:" + IN + "    at = torch.arange(len(k)), torch.tensor(self.lengths)" + IN + "    self.keys[layer_idx][at], self.values[layer_idx][at] = k.squeeze(), v.squeeze()" + IN + "    return self.keys[layer_idx][:, :S], self.values[layer_idx][:, :S]" + IN + EACH)),
        Mistake("the last S positions of the room come back", plain(BACK, BACK.replace(":S]", "-S:]"))),
        Mistake("values and keys come back in the wrong order", plain(BACK, "return self.values[layer_idx][:, :S], self.keys[layer_idx][:, :S]")),
        Mistake("the keys alone come back", plain(BACK, "return self.keys[layer_idx][:, :S]")),
        Mistake("the keys come back for the values", plain(BACK, BACK.replace("self.values", "self.keys"))),
        Mistake("insert returns nothing", plain(BACK, "")),
        Mistake("old and new come back joined as they came, with padding between them", plain(BACK, "return torch.cat([self.keys[layer_idx][:, :longest], k], 1), torch.cat([self.values[layer_idx][:, :longest], v], 1)")),
        Mistake("the new keys are set to zero once they are kept", plain(BACK, "k.zero_()" + IN + BACK)),
        # Growing
        Mistake("the cache does not grow", plain(FULL, "if False:")),
        Mistake("growing loses what was there", plain(COPY, "pass")),
        Mistake("growing keeps all but the last token", plain(COPY, "big[:, : old - 1] = small[:, :-1]")),
        Mistake("growing moves what was there by one position", plain(COPY, "big[:, 1 : old + 1] = small")),
        Mistake("what is added when the cache grows is nan, not zeros", plain(BIG, BIG.replace("torch.zeros(", "torch.nan * torch.ones("))),
        Mistake("the room of a new cache is nan, not zeros", plain(LENGTHS, LENGTHS + IN + "for tensors in self.keys + self.values:" + IN + "    tensors.fill_(torch.nan)")),
        Mistake("the room of a new cache is ones, not zeros", plain(LENGTHS, LENGTHS + IN + "for tensors in self.keys + self.values:" + IN + "    tensors.fill_(1)")),
        Mistake("growing keeps the first row alone", plain(COPY, "big[0, :old] = small[0]")),
        Mistake("growing puts keys where the values were", plain(COPY, "big[:, :old] = self.keys[layer_idx][:, :old]")),
        Mistake("growing keeps as much as the shortest row has", plain(COPY, "n = min(self.lengths)" + IN + "        big[:, :n] = small[:, :n]")),
        Mistake("only the keys grow", plain(BOTH, "for tensors in (self.keys,):")),
        Mistake("only the layer 0 grows", plain(FULL, "if S > old and layer_idx == 0:")),
        Mistake("the cache grows by exactly what is needed, every time anew", plain(ROOM, "room = S")),
        Mistake("the cache grows by half of its room", plain(ROOM, "room = max(S, old + old // 2)")),
        Mistake("the cache grows by 64 tokens at a time", plain(ROOM, "room = max(S, old + 64)")),
        Mistake("the cache grows as soon as it is full, when nothing more has come yet", plain(FULL, "if S >= old:")),
        Mistake("the room is doubled once, even where that is not enough", plain(ROOM, "room = 2 * old")),
        Mistake("the room is doubled only once it is exceeded by two", plain(FULL, "if S > old + 1:")),
        Mistake("the cache grows to float32, whatever it was", plain(BIG, BIG.replace("small.dtype", "torch.float32"))),
        Mistake("where there is no room, the oldest tokens are pushed out", plain(ROOM, "room = old", COPY, "big[:, : max(old - T, 0)] = small[:, T:]" + IN + "        self.lengths = [max(length - T, 0) for length in self.lengths]" + IN + "        S = max(self.lengths) + T")),
        # advance
        Mistake("every row counts what the first one does", plain(ADVANCE, ADVANCE.replace("+ count for", "+ counts[0] for"))),
        Mistake("every row counts the largest count: padding is counted", plain(ADVANCE, ADVANCE.replace("+ count for", "+ max(counts) for"))),
        Mistake("the counts become the lengths, instead of being added", plain(ADVANCE, "self.lengths = list(counts)")),
        Mistake("every row counts one token, whatever its count is", plain(ADVANCE, ADVANCE.replace("+ count for", "+ 1 for"))),
        Mistake("a count of 0 counts as 1", plain(ADVANCE, ADVANCE.replace("+ count for", "+ max(count, 1) for"))),
        Mistake("advance returns the new lengths and keeps the old ones", plain(ADVANCE, ADVANCE.replace("self.lengths =", "return"))),
        Mistake("the counts are added one row further", plain(ADVANCE, ADVANCE.replace(", counts)", ", [*counts[1:], counts[0]])"))),
        Mistake("the lengths become a tuple", plain(ADVANCE, "self.lengths = tuple(length + count for length, count in zip(self.lengths, counts))")),
        Mistake("the lengths are added to the caller's counts", plain(ADVANCE, "for row in range(len(counts)):" + IN + "    if isinstance(counts, list):" + IN + "        counts[row] += self.lengths[row]" + IN
                + "        self.lengths[row] = counts[row]" + IN + "    else:" + IN + "        self.lengths[row] += counts[row]")),
        # select
        Mistake("select changes the cache itself and returns it", plain(NEW, "new = self")),
        Mistake("select returns nothing", plain("        return new\n", "")),
        Mistake("the chosen rows come in the cache's order, not in the order asked for", plain("rows = list(rows)", "rows = sorted(rows)")),
        Mistake("a row that is asked for several times comes once", plain("rows = list(rows)", "rows = list(dict.fromkeys(rows))")),
        Mistake("the rows are taken for how many to keep: the first ones", plain("rows = list(rows)", "rows = list(range(len(rows)))")),
        Mistake("the rows that were asked for are left out, the others kept", plain("rows = list(rows)", "rows = [row for row in range(len(self.lengths)) if row not in rows] or list(rows)")),
        Mistake("the rows are chosen, but the lengths are those of the first rows", plain(NEW_LENGTHS, "new.lengths = (self.lengths * len(rows))[: len(rows)]")),
        Mistake("all chosen rows get the largest length of the old cache", plain(NEW_LENGTHS, "new.lengths = [max(self.lengths)] * len(rows)")),
        Mistake("all chosen rows get the largest length among them", plain(NEW_LENGTHS, "new.lengths = [max(self.lengths[row] for row in rows)] * len(rows)")),
        Mistake("the new cache keeps the old lengths, of rows that it doesn't have", plain(NEW_LENGTHS, "new.lengths = list(self.lengths)")),
        Mistake("the new cache is empty: its lengths are 0", plain(NEW_LENGTHS, "new.lengths = [0] * len(rows)")),
        Mistake("the keys are chosen, the values not", plain(NEW_VALUES, "new.values = [values.clone() for values in self.values]")),
        Mistake("the rows are chosen in layer 0 only", plain(NEW_KEYS, "new.keys = [keys[rows] if i == 0 else keys.clone() for i, keys in enumerate(self.keys)]")),
        Mistake("the new keys share the old ones' memory where all rows are chosen", plain(NEW_KEYS, "new.keys = [keys if rows == list(range(len(keys))) else keys[rows] for keys in self.keys]")),
        Mistake("a single chosen row shares the old one's memory", plain(NEW_VALUES, "new.values = [values[rows[0] : rows[0] + 1] if len(rows) == 1 else values[rows] for values in self.values]")),
        Mistake("a row that comes several times is one and the same memory", plain(NEW_KEYS, "new.keys = [keys[rows[:1]].expand(len(rows), -1, -1, -1) if len(set(rows)) == 1 else keys[rows] for keys in self.keys]",
                NEW_VALUES, "new.values = [values[rows[:1]].expand(len(rows), -1, -1, -1) if len(set(rows)) == 1 else values[rows] for values in self.values]")),
        Mistake("the same list of lengths serves both caches where all rows are chosen", plain(NEW_LENGTHS, "new.lengths = self.lengths if rows == list(range(len(self.lengths))) else [self.lengths[row] for row in rows]",
                ADVANCE, "for row, count in enumerate(counts):" + IN + "    self.lengths[row] += count")),
        Mistake("the new cache shares its lists of tensors with the old one", plain(NEW_KEYS, "self.keys = new.keys = [keys[rows] for keys in self.keys]", NEW_VALUES, "self.values = new.values = [values[rows] for values in self.values]")),
        Mistake("the largest length is kept beside the lengths, and the new cache takes it from the old one", plain(LENGTHS, LENGTHS + IN + "self.longest = 0", "longest = max(self.lengths)", "longest = self.longest",
                ADVANCE, ADVANCE + IN + "self.longest = max(self.lengths)", NEW_LENGTHS, NEW_LENGTHS + IN + "new.longest = self.longest")),
        Mistake("the new cache lacks what __init__ kept besides, and nothing can be selected from it", plain(LENGTHS, LENGTHS + IN + "self.batch_size = batch_size", NEW, "assert max(rows) < self.batch_size" + IN + NEW)),
        Mistake("the rows must be a list: a tuple picks something else", plain("rows = list(rows)", "pass")),
        Mistake("the new cache has only as much of each row as the shortest chosen one", plain(NEW_LENGTHS, "new.lengths = [min(self.lengths[row] for row in rows)] * len(rows)")),
        Mistake("the new cache is in float32", plain(NEW_KEYS, NEW_KEYS.replace("keys[rows]", "keys[rows].float()"), NEW_VALUES, NEW_VALUES.replace("values[rows]", "values[rows].float()"))),
    ]
}
