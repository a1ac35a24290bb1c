"""Correct ways to write Packer that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "packing.Packer": [
        Variant("only the parts, with the given list: one loop over places, the best kept", whole('''
class Packer:
    def add(self, document):
        kept = [token for token in document][0 : self.row_length]
        if kept:
            self.waiting.append(kept)

    def row(self):
        total = 0
        for document in self.waiting:
            total += len(document)
        if total < self.row_length:
            raise ValueError(f"{total} tokens are fewer than {self.row_length}")
        row = []
        room = self.row_length
        while room:
            best = shortest = 0
            found = False
            for place, document in enumerate(self.waiting):
                if len(document) <= room and (not found or len(document) > len(self.waiting[best])):
                    best, found = place, True
                if len(document) < len(self.waiting[shortest]):
                    shortest = place
            document = self.waiting.pop(best if found else shortest)
            row.extend(document[:room])
            room = self.row_length - len(row)
        return row

    def state_dict(self):
        import copy

        return {"length": self.row_length, "documents": copy.deepcopy(self.waiting)}

    def load_state_dict(self, state):
        if state["length"] != self.row_length:
            raise ValueError(f"{state['length']} is not {self.row_length}")
        self.waiting = [[*document] for document in state["documents"]]
''')),
        Variant("a deque for each length, with a running number for the order", whole('''
class Packer:
    def __init__(self, row_length):
        from collections import defaultdict, deque

        if row_length < 1:
            raise ValueError(f"row_length is {row_length}")
        self.row_length = row_length
        self.by_length = defaultdict(deque)
        self.total = 0

    def __len__(self):
        return sum(map(len, self.by_length.values()))

    @property
    def ready(self):
        return self.total >= self.row_length

    def add(self, document):
        document = tuple(document[: self.row_length])
        if document:
            self.by_length[len(document)].append(document)
            self.total += len(document)

    def row(self):
        if self.total < self.row_length:
            raise ValueError(f"need {self.row_length}, have {self.total}")
        row = []
        while len(row) < self.row_length:
            room = self.row_length - len(row)
            sizes = sorted(size for size, documents in self.by_length.items() if documents)
            fits = [size for size in sizes if size <= room]
            size = fits[-1] if fits else sizes[0]
            row += self.by_length[size].popleft()[:room]
            self.total -= size
        return row

    def state_dict(self):
        return {"n": self.row_length, "by_length": {str(size): [list(d) for d in documents] for size, documents in self.by_length.items()}}

    def load_state_dict(self, state):
        if state["n"] != self.row_length:
            raise ValueError(f"row_length {state['n']} in the state, {self.row_length} here")
        self.by_length.clear()
        self.total = 0
        for documents in state["by_length"].values():
            for document in documents:
                self.add(document)
''')),
        Variant("a sorted list of (length, number) and bisect", whole('''
class Packer:
    def __init__(self, row_length):
        if row_length < 1:
            raise ValueError(f"row_length is {row_length}")
        self.row_length, self.next, self.keys, self.texts = row_length, 0, [], {}

    def __len__(self):
        return len(self.keys)

    @property
    def ready(self):
        return sum(length for length, _ in self.keys) >= self.row_length

    def add(self, document):
        from bisect import insort

        if len(document) == 0:
            return
        self.texts[self.next] = list(document)[: self.row_length]
        insort(self.keys, (len(self.texts[self.next]), self.next))
        self.next += 1

    def row(self):
        from bisect import bisect_left

        have = sum(length for length, _ in self.keys)
        if have < self.row_length:
            raise ValueError(f"only {have} of {self.row_length}")
        row = []
        while (room := self.row_length - len(row)) > 0:
            end = bisect_left(self.keys, (room + 1, -1))
            place = bisect_left(self.keys, (self.keys[end - 1][0], -1)) if end else 0
            _, number = self.keys.pop(place)
            row.extend(self.texts.pop(number)[:room])
        return row

    def state_dict(self):
        return {"row_length": self.row_length, "texts": [[number, list(self.texts[number])] for number in sorted(self.texts)]}

    def load_state_dict(self, state):
        if self.row_length != state["row_length"]:
            raise ValueError(f"row_length is {self.row_length}, not {state['row_length']}")
        fresh = Packer(self.row_length)
        for _, document in state["texts"]:
            fresh.add(document)
        self.__dict__.update(fresh.__dict__)
''')),
        Variant("a heap of the lengths, what doesn't fit put back, arrays of tokens", whole('''
class Packer:
    def __init__(self, row_length):
        if not row_length >= 1:
            raise ValueError(str(row_length))
        self.row_length = row_length
        self.heap = []
        self.added = 0

    def __len__(self):
        return len(self.heap)

    @property
    def tokens(self):
        return sum(-key for key, *_ in self.heap)

    @property
    def ready(self):
        return self.tokens >= self.row_length

    def add(self, document):
        import heapq
        from array import array

        if document:
            kept = array("q", document[: self.row_length])
            heapq.heappush(self.heap, (-len(kept), self.added, kept))
            self.added += 1

    def row(self):
        import heapq

        if not self.ready:
            raise ValueError(f"{self.tokens} tokens wait, and a row has {self.row_length}")
        row = []
        while len(row) < self.row_length:
            room = self.row_length - len(row)
            aside, found = [], None
            while self.heap:
                entry = heapq.heappop(self.heap)
                if len(entry[2]) <= room:
                    found = entry
                    break
                aside.append(entry)
            if found is None:
                found = min(aside, key=lambda entry: (len(entry[2]), entry[1]))
                aside.remove(found)
            for entry in aside:
                heapq.heappush(self.heap, entry)
            row += found[2].tolist()[:room]
        return row

    def state_dict(self):
        return {"heap": [[key, number, kept.tolist()] for key, number, kept in self.heap], "added": self.added, "row": self.row_length}

    def load_state_dict(self, state):
        from array import array

        if state["row"] != self.row_length:
            raise ValueError(f"a state for {state['row']}, a packer for {self.row_length}")
        self.heap = [(key, number, array("q", kept)) for key, number, kept in state["heap"]]
        self.added = state["added"]
''')),
        Variant("sums kept along the way, states that share documents which nobody changes", edit(
            "self.waiting: list[list[int]] = []", "self.waiting: list[list[int]] = []\n        self.total = 0",
            "self.waiting.append(list(document[: self.row_length]))", "self.waiting.append(list(document[: self.row_length]))\n            self.total += len(self.waiting[-1])",
            "if not self.ready:", "if self.total < self.row_length:",
            "self.waiting.remove(chosen)", "self.waiting.remove(chosen)\n            self.total -= len(chosen)",
            '"waiting": [list(document) for document in self.waiting]', '"waiting": self.waiting.copy()',
            '[list(document) for document in state["waiting"]]', 'state["waiting"].copy()\n        self.total = sum(map(len, self.waiting))',
        )),
        Variant("documents and lengths in two lists, sorted afresh for each row, the state as a text", whole('''
class Packer:
    def __init__(self, row_length):
        if row_length < 1:
            raise ValueError(f"{row_length} < 1")
        self.row_length = row_length
        self.waiting = []

    def __len__(self):
        return len(self.waiting)

    @property
    def ready(self):
        return self._total() >= self.row_length

    def _total(self):
        return sum(map(len, self.waiting))

    def add(self, document):
        if document:
            self.waiting.append(tuple(document)[: self.row_length])

    def row(self):
        if not self.ready:
            raise ValueError(f"{self._total()} / {self.row_length}")
        order = sorted(range(len(self.waiting)), key=lambda i: (-len(self.waiting[i]), i))
        row, used = (), set()
        for i in order:
            if len(row) + len(self.waiting[i]) <= self.row_length:
                row += self.waiting[i]
                used.add(i)
        rest = [i for i in range(len(self.waiting)) if i not in used]
        if len(row) < self.row_length:
            cut = min(rest, key=lambda i: len(self.waiting[i]))
            row += self.waiting[cut][: self.row_length - len(row)]
            rest.remove(cut)
        self.waiting = [self.waiting[i] for i in rest]
        return list(row)

    def state_dict(self):
        import json

        return {"all": json.dumps([self.row_length, self.waiting])}

    def load_state_dict(self, state):
        import json

        length, waiting = json.loads(state["all"])
        if length != self.row_length:
            raise ValueError(f"{length} and {self.row_length} differ")
        self.waiting = [tuple(document) for document in waiting]
''')),
    ]
}
