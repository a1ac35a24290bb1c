"""Caches of keys and values, and attention over them, that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "kv_cache.KVCache": [
        Variant(
            "rows written one by one, one capacity for all layers, each row copied on its own",
            whole('''
class KVCache:
    def __init__(self, config, batch_size, capacity=64, device="cpu"):
        if batch_size <= 0:
            raise ValueError(f"batch_size = {batch_size}: there must be a row")
        if capacity <= 0:
            raise ValueError(f"capacity = {capacity}: there must be room for a token")
        self.config, self.device = config, device
        self.keys, self.values = [], []
        for _ in range(config.n_layer):
            for kept in (self.keys, self.values):
                kept.append(self.room(batch_size, capacity))
        self.lengths = [0 for _ in range(batch_size)]

    def room(self, rows, tokens):
        size = rows, tokens, self.config.kv_heads, self.config.head_dim
        return torch.zeros(*size, dtype=dtype_of(self.config), device=self.device)

    def grow(self, layer, needed):
        capacity = self.keys[layer].size(1)
        while capacity < needed:
            capacity = capacity * 2
        for kept in (self.keys, self.values):
            bigger = self.room(len(self.lengths), capacity)
            for row, length in enumerate(self.lengths):
                bigger[row, :length] = kept[layer][row, :length]
            kept[layer] = bigger

    def insert(self, layer_idx, k, v):
        needed = max(self.lengths) + k.size(1)
        if needed > self.keys[layer_idx].size(1):
            self.grow(layer_idx, needed)
        for row, begin in enumerate(self.lengths):
            for t in range(k.size(1)):
                self.keys[layer_idx][row][begin + t] = k[row][t]
                self.values[layer_idx][row][begin + t] = v[row][t]
        return self.keys[layer_idx][:, :needed].clone(), self.values[layer_idx][:, :needed].clone()

    def advance(self, counts):
        for row, count in enumerate(counts):
            self.lengths[row] += int(count)

    def select(self, rows):
        made = KVCache(self.config, len(rows), 1, self.device)
        for layer in range(len(self.keys)):
            made.keys[layer] = torch.stack([self.keys[layer][row] for row in rows])
            made.values[layer] = torch.stack([self.values[layer][row] for row in rows])
        made.lengths = [self.lengths[row] for row in rows]
        return made
'''),
        ),
        Variant(
            "all layers in one tensor, which all grow at once; written by scatter",
            whole('''
class KVCache:
    def __init__(self, config, batch_size, capacity=64, device="cpu"):
        if min(batch_size, capacity) < 1:
            raise ValueError(f"batch_size {batch_size} and capacity {capacity} must both be at least 1")
        self.both = torch.zeros(
            2, config.n_layer, batch_size, capacity, config.kv_heads, config.head_dim,
            dtype=dtype_of(config), device=device,
        )
        self.lengths = batch_size * [0]

    @property
    def keys(self):
        return list(self.both[0])

    @property
    def values(self):
        return list(self.both[1])

    def insert(self, layer_idx, k, v):
        B, T = k.shape[:2]
        needed = max(self.lengths) + T
        have = self.both.shape[3]
        if needed > have:
            self.both = torch.cat([self.both, self.both.new_zeros(*self.both.shape[:3], max(needed, 2 * have) - have, *self.both.shape[4:])], dim=3)
        places = torch.tensor(self.lengths)[:, None] + torch.arange(T)
        index = places[:, :, None, None].expand(k.shape).to(k.device)
        self.both[0, layer_idx].scatter_(1, index, k)
        self.both[1, layer_idx].scatter_(1, index, v)
        return self.both[0, layer_idx, :, :needed], self.both[1, layer_idx, :, :needed]

    def advance(self, counts):
        self.lengths = list(map(sum, zip(self.lengths, counts)))

    def select(self, rows):
        import copy

        other = copy.copy(self)
        other.both = self.both[:, :, list(rows)]
        other.lengths = [self.lengths[row] for row in rows]
        return other
'''),
        ),
        Variant(
            "growing to four times the need; written with an index of rows and positions",
            whole('''
class KVCache:
    def __init__(self, config, batch_size, capacity=64, device="cpu"):
        for name in ("batch_size", "capacity"):
            if locals()[name] < 1:
                raise ValueError(f"{name} is {locals()[name]}; give 1 or more")
        size = [batch_size, capacity, config.kv_heads, config.head_dim]
        make = lambda: torch.full(size, 0.0, dtype=dtype_of(config), device=device)
        self.keys = [make() for _ in range(config.n_layer)]
        self.values = [make() for _ in range(config.n_layer)]
        self.lengths = [0] * batch_size

    def insert(self, layer_idx, k, v):
        S = max(self.lengths) + k.shape[1]
        positions = torch.tensor(self.lengths)[:, None] + torch.arange(k.shape[1])
        rows = torch.arange(len(self.lengths))[:, None]
        returned = []
        for kept, new in ((self.keys, k), (self.values, v)):
            have = kept[layer_idx]
            if have.shape[1] < S:
                have = F.pad(have, (0, 0, 0, 0, 0, 4 * S), value=0.0)
            have = have.index_put((rows, positions), new)
            kept[layer_idx] = have
            returned.append(have[:, :S])
        return tuple(returned)

    def advance(self, counts):
        assert len(counts) == len(self.lengths)
        self.lengths = [self.lengths[b] + counts[b] for b in range(len(counts))]

    def select(self, rows):
        new = KVCache.__new__(KVCache)
        keep = max(self.lengths[row] for row in rows) + 1
        new.keys = [kept[list(rows), :keep].contiguous() for kept in self.keys]
        new.values = [kept[list(rows), :keep].contiguous() for kept in self.values]
        new.lengths = [self.lengths[row] for row in rows]
        return new
'''),
        ),
        Variant(
            "select by a deep copy",
            edit(
                "chosen = object.__new__(type(self))",
                "import copy\n\n        chosen = copy.deepcopy(self)",
                "[keys.index_select(0, index) for keys in self.keys]",
                "[torch.cat([keys[row : row + 1] for row in rows]) for keys in self.keys]",
            ),
        ),
        Variant(
            "all layers grow at once, to the next power of two; what comes back is a copy; rows are stacked",
            whole('''
class KVCache:
    def __init__(self, config, batch_size, capacity=64, device="cpu"):
        if batch_size < 1 or capacity < 1:
            name, value = ("capacity", capacity) if batch_size >= 1 else ("batch_size", batch_size)
            raise ValueError(f"{value} is too small for {name}")
        empty = torch.zeros(batch_size, capacity, config.kv_heads, config.head_dim, dtype=dtype_of(config), device=device)
        self.keys = [empty.clone() for _ in range(config.n_layer)]
        self.values = [empty.clone() for _ in range(config.n_layer)]
        self.lengths = [0 for _ in range(batch_size)]

    def insert(self, layer_idx, k, v):
        B, T = k.shape[:2]
        end = max(self.lengths) + T
        room = self.keys[layer_idx].shape[1]
        if end > room:
            more = max(2 * room, 1 << (end - 1).bit_length()) - room
            for tensors in (self.keys, self.values):
                tensors[:] = [F.pad(old, (0, 0, 0, 0, 0, more)) if old.shape[1] == room else old for old in tensors]
        row = torch.arange(B)[:, None]
        at = torch.tensor(self.lengths)[:, None] + torch.arange(T)
        self.keys[layer_idx][row, at] = k
        self.values[layer_idx][row, at] = v
        return [tensors[layer_idx][:, :end].clone() for tensors in (self.keys, self.values)]

    def advance(self, counts):
        for row, count in enumerate(counts):
            self.lengths[row] += count

    def select(self, rows):
        import copy

        other = copy.deepcopy(self)
        other.keys = [torch.stack([keys[row] for row in rows]) for keys in self.keys]
        other.values = [torch.stack([values[row] for row in rows]) for values in self.values]
        other.lengths = [self.lengths[row] for row in rows]
        return other
'''),
        ),
    ],
}
