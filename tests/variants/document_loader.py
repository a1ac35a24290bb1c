"""Correct ways to write DocumentLoader that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

INIT = '''
class DocumentLoader:
    def __init__(self, source, encode, batch_size, block_size, n_waiting=100):
        for name, value in (("batch_size", batch_size), ("block_size", block_size), ("n_waiting", n_waiting)):
            if value < 1:
                raise ValueError(f"{name}: {value}")
        self.source, self.encode = source, encode
        self.batch_size, self.block_size, self.n_waiting = batch_size, block_size, n_waiting
'''

VARIANTS = {
    "document_loader.DocumentLoader": [
        Variant("only the parts: a for loop over the documents, tensors row by row", whole('''
class DocumentLoader:
    def next_batch(self):
        xs, ys = [], []
        for _ in range(self.batch_size):
            self._fill()
            if not self.packer.ready:
                raise StopIteration
            row = torch.as_tensor(self.packer.row(), dtype=torch.int64)
            xs.append(row[: self.block_size])
            ys.append(row[1:])
        return torch.stack(xs), torch.stack(ys)

    def _fill(self):
        if self.documents is None:
            self.documents = iter(self.source.documents(position=self.position))
        if len(self.packer) >= self.n_waiting and self.packer.ready:
            return
        for text, position in self.documents:
            self.packer.add(list(self.encode(text)))
            self.position = position
            if len(self.packer) >= self.n_waiting and self.packer.ready:
                return

    def state_dict(self):
        import copy

        return copy.deepcopy({"where": self.position, "waits": self.packer.state_dict()})

    def load_state_dict(self, state):
        import copy

        fresh = Packer(self.block_size + 1)
        fresh.load_state_dict(copy.deepcopy(state["waits"]))
        self.packer, self.position, self.documents = fresh, state["where"], None
''')),
        Variant("a generator of rows, made anew after loading", whole(INIT + '''        self.packer = Packer(block_size + 1)
        self.position = None
        self.rows = self._rows()

    def _rows(self):
        stream = self.source.documents(self.position)
        while True:
            while not (self.packer.ready and len(self.packer) >= self.n_waiting):
                try:
                    text, position = next(stream)
                except StopIteration:
                    break
                self.packer.add(self.encode(text))
                self.position = position
            if not self.packer.ready:
                return
            yield self.packer.row()

    def next_batch(self):
        from itertools import islice

        rows = list(islice(self.rows, self.batch_size))
        if len(rows) < self.batch_size:
            raise StopIteration("the documents are over")
        rows = torch.LongTensor(rows)
        return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()

    def state_dict(self):
        return {"position": self.position, **self.packer.state_dict()}

    def load_state_dict(self, state):
        state = dict(state)
        position = state.pop("position")
        self.packer.load_state_dict(state)
        self.position = position
        self.rows = self._rows()
''')),
        Variant("a flag for the end, rows of an incomplete batch put back, the state as a text", whole(INIT + '''        self.packer, self.position, self.documents, self.over = Packer(block_size + 1), None, None, False

    def _take(self):
        if self.documents is None:
            self.documents = self.source.documents(self.position)
        for text, self.position in self.documents:
            self.packer.add(self.encode(text))
            return True
        return False

    def next_batch(self):
        before = None
        x = torch.zeros(self.batch_size, self.block_size, dtype=torch.long)
        y = torch.empty_like(x)
        for b in range(self.batch_size):
            while not self.over and (len(self.packer) < self.n_waiting or not self.packer.ready):
                self.over = not self._take()
            if self.over and before is None:
                before = self.packer.state_dict() if b == 0 else None
            if not self.packer.ready:
                raise StopIteration
            row = self.packer.row()
            x[b], y[b] = torch.tensor(row[:-1]), torch.tensor(row[1:])
        return x, y

    def state_dict(self):
        import json

        return {"json": json.dumps({"at": [self.position], "packer": self.packer.state_dict()})}

    def load_state_dict(self, state):
        import json

        told = json.loads(state["json"])
        self.packer.load_state_dict(told["packer"])
        self.position = told["at"][0]
        self.documents, self.over = None, False
''')),
        Variant("the source asked as soon as a state is loaded, unfold for x and y, a list of rows beforehand", whole(INIT + '''        self.packer = Packer(block_size + 1)
        self.position, self.documents = None, None

    def next_batch(self):
        source = self.documents = self.documents if self.documents is not None else self.source.documents(None)
        rows = []
        for _ in range(self.batch_size):
            missing = True
            while missing and not (len(self.packer) >= self.n_waiting and self.packer.ready):
                pair = next(source, (None, None))
                missing = pair[0] is not None
                if missing:
                    self.packer.add(tuple(self.encode(pair[0])))
                    self.position = pair[1]
            try:
                rows += self.packer.row()
            except ValueError:
                raise StopIteration from None
        x, y = torch.tensor(rows).view(self.batch_size, -1).unfold(1, self.block_size, 1).unbind(1)
        return x, y

    def state_dict(self):
        return {"T": self.block_size, "p": self.position, "w": self.packer.state_dict()}

    def load_state_dict(self, state):
        if state["T"] != self.block_size:
            raise ValueError(f"block_size {self.block_size} is not {state['T']}")
        self.packer.load_state_dict(state["w"])
        self.position = state["p"]
        self.documents = self.source.documents(self.position)
''')),
        Variant("at the end all is as it was before the batch that lacks rows", edit(
            "        if self.documents is None:\n", "        before = self.state_dict()\n        if self.documents is None:\n",
            "                raise StopIteration\n", '                self.packer.load_state_dict(before["packer"])\n                self.position = before["position"]\n                raise StopIteration\n',
        )),
        Variant("no Packer, but waiting lists of its own", whole(INIT + '''        self.waiting, self.place, self.stream = [], None, None

    def _row(self):
        if self.stream is None:
            self.stream = self.source.documents(self.place)
        length = self.block_size + 1
        while len(self.waiting) < self.n_waiting or sum(map(len, self.waiting)) < length:
            pair = next(self.stream, None)
            if pair is None:
                break
            tokens = list(self.encode(pair[0]))[:length]
            self.waiting += [tokens] if tokens else []
            self.place = pair[1]
        if sum(map(len, self.waiting)) < length:
            return None
        row = []
        while len(row) < length:
            room = length - len(row)
            fits = [i for i, each in enumerate(self.waiting) if len(each) <= room]
            if fits:
                i = max(fits, key=lambda i: (len(self.waiting[i]), -i))
            else:
                i = min(range(len(self.waiting)), key=lambda i: (len(self.waiting[i]), i))
            row += self.waiting.pop(i)[:room]
        return row

    def next_batch(self):
        rows = [self._row() for _ in range(self.batch_size)]
        if None in rows:
            raise StopIteration
        rows = torch.tensor(rows, dtype=torch.long)
        return rows.narrow(1, 0, self.block_size), rows.narrow(1, 1, self.block_size)

    def state_dict(self):
        return {"T": self.block_size, "place": self.place, "waiting": [each[:] for each in self.waiting]}

    def load_state_dict(self, state):
        if state["T"] != self.block_size:
            raise ValueError("another block_size")
        self.waiting = [list(each) for each in state["waiting"]]
        self.place, self.stream = state["place"], None
''')),
    ]
}
