"""Ways people get DocumentLoader wrong."""

from vibejam_core.course.known import Mistake, edit

KEEP = "self.batch_size, self.block_size, self.n_waiting = batch_size, block_size, n_waiting"
PACKER = "self.packer = Packer(block_size + 1)"
DEFAULT = "n_waiting: int = 100,"
IF_NONE = "        if self.documents is None:\n"
ASK = "self.documents = self.source.documents(self.position)"
ROWS = "rows: list[list[int]] = []"
LOOP = "while len(rows) < self.batch_size:"
FILL = "while len(self.packer) < self.n_waiting or not self.packer.ready:"
NEXT = "found = next(self.documents, None)"
BREAK = "if found is None:\n                    break"
TAKE = "text, self.position = found"
ADD = "self.packer.add(self.encode(text))"
IF_READY = "if not self.packer.ready:"
STOP = "raise StopIteration"
PACK = "rows.append(self.packer.row())"
BATCH = "batch = torch.tensor(rows)  # (B, T + 1)"
RETURN = "return batch[:, :-1], batch[:, 1:]  # each (B, T)"
STATE = 'return {"position": self.position, "packer": self.packer.state_dict()}'
LOAD = 'self.packer.load_state_dict(state["packer"])'
POSITION = 'self.position, self.documents = state["position"], None'
IN = "\n" + " " * 16
"""The next line, as far in as the loop that takes documents."""


def returns(new):
    """Other tensors come."""
    return edit(RETURN, f"return {new}")


MISTAKES = {
    "document_loader.DocumentLoader": [
        # x and y
        Mistake("y is x: each token is its own target", returns("batch[:, :-1], batch[:, :-1]")),
        Mistake("the targets are shifted twice", edit(PACKER, "self.packer = Packer(block_size + 2)", RETURN, "return batch[:, :-2], batch[:, 2:]")),
        Mistake("the targets are shifted twice, and the last one is made up", returns("batch[:, :-1], torch.cat([batch[:, 2:], batch[:, :1]], dim=1)")),
        Mistake("x and y are swapped", returns("batch[:, 1:], batch[:, :-1]")),
        Mistake("rows have T tokens, so that x and y have one fewer", edit(PACKER, "self.packer = Packer(block_size)")),
        Mistake("rows have T tokens, and the last target is the row's first token", edit(PACKER, "self.packer = Packer(block_size)", RETURN, "return batch, batch.roll(-1, dims=1)")),
        Mistake("x and y are T + 1 long", edit(PACKER, "self.packer = Packer(block_size + 2)")),
        Mistake("one tensor comes, x and y in one", returns("batch")),
        Mistake("x and y are transposed", returns("batch[:, :-1].T, batch[:, 1:].T")),
        Mistake("x and y are one long row each", returns("batch[:, :-1].flatten(), batch[:, 1:].flatten()")),
        Mistake("lists come, not tensors", returns("[row[:-1] for row in rows], [row[1:] for row in rows]")),
        Mistake("the tokens come as int32", edit(BATCH, "batch = torch.tensor(rows, dtype=torch.int32)")),
        Mistake("the tokens come as floats", edit(BATCH, "batch = torch.tensor(rows, dtype=torch.float32)")),
        Mistake("only x is int64", edit(RETURN, "return batch[:, :-1], batch[:, 1:].int()")),
        Mistake("the tokens pass through 16 bits", edit(BATCH, "batch = torch.tensor([[token % 2**16 for token in row] for row in rows])")),
        Mistake("the tokens pass through 32 bits", edit(BATCH, "batch = torch.tensor([[token % 2**32 for token in row] for row in rows])")),
        Mistake("the tokens pass through float32, in which large ones are rounded", edit(BATCH, "batch = torch.Tensor(rows).long()")),
        Mistake("the rows of a batch come in reverse order", edit(BATCH, "batch = torch.tensor(rows[::-1])")),
        Mistake("the rows of a batch are sorted", edit(BATCH, "batch = torch.tensor(sorted(rows))")),
        Mistake("a batch has B + 1 rows", edit(LOOP, "while len(rows) < self.batch_size + 1:")),
        Mistake("a batch has one row", edit(LOOP, "while len(rows) < 1:")),
        Mistake("the same row comes B times", edit(BATCH, "batch = torch.tensor([rows[0]] * len(rows))")),
        Mistake("all batches are made in the same memory", edit(RETURN, 'self.kept = self.__dict__.get("kept", batch)\n        self.kept.copy_(batch)\n        return self.kept[:, :-1], self.kept[:, 1:]')),
        # Which documents the packer chooses from
        Mistake("documents are taken until there are enough tokens, without waiting for more to choose from", edit(FILL, "while not self.packer.ready:")),
        Mistake("documents are taken until n_waiting wait, whether they are a row or not", edit(FILL, "while len(self.packer) < self.n_waiting:")),
        Mistake("documents are taken only as long as both are missing, documents and tokens", edit(FILL, FILL.replace(" or ", " and "))),
        Mistake("one document more than n_waiting waits", edit(FILL, FILL.replace("<", "<="))),
        Mistake("one document fewer than n_waiting waits", edit(FILL, FILL.replace("self.n_waiting", "self.n_waiting - 1"))),
        Mistake("n_waiting counts tokens, not documents", edit(FILL, "while sum(map(len, self.packer.waiting)) < self.n_waiting or not self.packer.ready:")),
        Mistake("100 documents wait, whatever n_waiting is", edit(FILL, FILL.replace("self.n_waiting", "100"))),
        Mistake("10 documents wait unless another number is given", edit(DEFAULT, "n_waiting: int = 10,")),
        Mistake("n_waiting new documents are taken for each row", edit(FILL, "for _ in range(self.n_waiting):")),
        Mistake("n_waiting documents are taken whenever there are too few", edit(FILL, "if len(self.packer) < self.n_waiting or not self.packer.ready:\n                before = self.n_waiting\n            else:\n                before = 0\n            while before > 0 or not self.packer.ready:\n                before -= 1")),
        Mistake("documents are taken before each batch only, not before each row", edit(FILL, "while (not rows and len(self.packer) < self.n_waiting) or not self.packer.ready:")),
        Mistake("documents without tokens count among those that wait", edit(FILL, "empty = 0\n            while len(self.packer) + empty < self.n_waiting or not self.packer.ready:", ADD, "tokens = self.encode(text)" + IN + "empty += not tokens" + IN + "self.packer.add(tokens)")),
        Mistake("a document without tokens ends the documents", edit(ADD, "tokens = self.encode(text)" + IN + "if not tokens:" + IN + "    self.documents = iter(())" + IN + "self.packer.add(tokens)")),
        Mistake("an empty text ends the documents", edit(BREAK, "if found is None or not found[0]:\n                    break")),
        Mistake("an empty text isn't encoded, so that its end token is missing", edit(ADD, "if text:" + IN + "    " + ADD)),
        Mistake("white space around a text is cut off", edit(ADD, "self.packer.add(self.encode(text.strip()))")),
        Mistake("an error of the source counts as its end", edit(NEXT, "try:" + IN + "    " + NEXT + IN + "except Exception:" + IN + "    found = None")),
        Mistake("a document whose encoding fails is skipped in silence", edit(ADD, "try:" + IN + "    " + ADD + IN + "except Exception:" + IN + "    continue")),
        Mistake("all documents are taken before the first row", edit(FILL, "while True:")),
        Mistake("all documents are read into a list before the first row", edit(ASK, "self.documents = iter(list(self.source.documents(self.position)))")),
        Mistake("documents are put into the packer in front of those that wait", edit(ADD, ADD + IN + "if self.packer.waiting:" + IN + "    self.packer.waiting.insert(0, self.packer.waiting.pop())")),
        Mistake("the first document is left out", edit(ASK, ASK + "\n            if self.position is None:\n                next(self.documents, None)")),
        Mistake("every other document is skipped, as if there were two ranks", edit(TAKE, TAKE + IN + "next(self.documents, None)")),
        Mistake("a document longer than a row is left out", edit(ADD, "tokens = self.encode(text)" + IN + "self.packer.add(tokens if len(tokens) <= self.block_size + 1 else [])")),
        Mistake("only the first T tokens of a document are used", edit(ADD, "self.packer.add(self.encode(text)[: self.block_size])")),
        Mistake("a long document is cut into several, of which all but the first begin in its middle", edit(ADD, "tokens = self.encode(text)" + IN + "for begin in range(0, max(1, len(tokens)), self.block_size + 1):" + IN + "    self.packer.add(tokens[begin : begin + self.block_size + 1])")),
        Mistake("each document is encoded twice", edit(ADD, "if len(self.encode(text)) > 0:" + IN + "    " + ADD)),
        Mistake("the lists that encode returns are emptied", edit(ADD, "tokens = self.encode(text)" + IN + "self.packer.add(tokens)" + IN + "if isinstance(tokens, list):" + IN + "    tokens.clear()")),
        Mistake("an end token is put behind each document, on top of what encode does", edit(ADD, "self.packer.add([*self.encode(text), 0])")),
        Mistake("the source is asked anew for each batch, from the position", edit(IF_NONE, "        if True:\n")),
        Mistake("the source is asked anew for each batch, from the beginning", edit(IF_NONE, "        if True:\n", ASK, "self.documents = self.source.documents()")),
        Mistake("all loaders share one packer", edit(PACKER, "self.packer = Packer(block_size + 1)\n        self.packer.waiting = type(self).__dict__.get('shared') or []\n        type(self).shared = self.packer.waiting")),
        Mistake("all loaders of a source share its iterator", edit(ASK, "self.documents = self.source.__dict__.setdefault('kept', self.source.documents(self.position)) if self.position is None else self.source.documents(self.position)")),
        # The end
        Mistake("the last incomplete batch is returned", edit(STOP, "if not rows:\n                    raise StopIteration\n                break")),
        Mistake("the last incomplete batch is filled up with its first row", edit(STOP, "if not rows:\n                    raise StopIteration\n                rows += [rows[0]] * (self.batch_size - len(rows))\n                break")),
        Mistake("the last row is filled up with zeros", edit(STOP, "if not len(self.packer):\n                    raise StopIteration\n                self.packer.add([0] * (self.block_size + 1 - sum(map(len, self.packer.waiting))))")),
        Mistake("an empty batch comes at the end, no StopIteration", edit(STOP, "return torch.empty(0, self.block_size).long(), torch.empty(0, self.block_size).long()")),
        Mistake("the end is None", edit(STOP, "return None")),
        Mistake("the end is an EOFError", edit(STOP, "raise EOFError")),
        Mistake("the end is the packer's ValueError", edit(IF_READY, "if False:")),
        Mistake("the end comes when the documents are over, and those that wait are lost", edit(BREAK, "if found is None:\n                    raise StopIteration")),
        Mistake("behind the end it begins anew: StopIteration comes only once", edit(STOP, "self.documents, self.position = None, None\n                raise StopIteration")),
        Mistake("behind the end it begins anew, without any StopIteration", edit(BREAK, "if found is None:\n                    self.documents = self.source.documents()\n                    found = next(self.documents, None)\n                    if found is None:\n                        break")),
        Mistake("the source is asked again, from its last position, whenever a batch is asked for behind the end", edit(STOP, "self.documents = None\n                raise StopIteration")),
        Mistake("the rows of a batch that isn't full are given to the next one, which then is", edit(STOP, "self.left = rows\n                raise StopIteration", ROWS, "rows = self.__dict__.pop('left', [])\n        if rows and len(rows) == self.batch_size - 1:\n            rows = rows + rows[:1]")),
        Mistake("the end comes one batch too early: rows that take the last tokens aren't made", edit(IF_READY, "if sum(map(len, self.packer.waiting)) <= self.block_size + 1:")),
        Mistake("a source without documents is a ValueError", edit(STOP, 'if self.position is None:\n                    raise ValueError("there are no documents")\n                raise StopIteration')),
        # state_dict
        Mistake("the position is kept as a text", edit(STATE, STATE.replace("self.position", "None if self.position is None else str(self.position)"))),
        Mistake("the state's position has no epoch: the later ones count as the first", edit(STATE, STATE.replace("self.position", 'self.position | {"epoch": 0} if isinstance(self.position, dict) else self.position'))),
        Mistake("the documents that wait aren't in the state, so that they are lost", edit(STATE, 'return {"position": self.position, "packer": Packer(self.block_size + 1).state_dict()}')),
        Mistake("the state hasn't the position", edit(STATE, 'return {"position": None, "packer": self.packer.state_dict()}')),
        Mistake("the state has the loader's own list of documents", edit(STATE, 'return {"position": self.position, "packer": {**self.packer.state_dict(), "waiting": self.packer.waiting}}')),
        Mistake("the state has the packer itself, which JSON can't hold", edit(STATE, 'return {"position": self.position, "packer": self.packer}', LOAD, 'self.packer.load_state_dict(state["packer"].state_dict())')),
        Mistake("the state is a tuple, not a dictionary", edit(STATE, "return self.position, self.packer.state_dict()", LOAD, "self.packer.load_state_dict(state[1])", POSITION, "self.position, self.documents = state[0], None")),
        Mistake("the state is the loader's __dict__", edit(STATE, "return self.__dict__")),
        Mistake("the position in the state is the one in front of the last document, which comes again", edit(TAKE, "self.before = self.position" + IN + TAKE, STATE, 'return {"position": self.__dict__.get("before"), "packer": self.packer.state_dict()}')),
        Mistake("asking for the state takes a document", edit(STATE, "if self.documents is None:\n            self.documents = self.source.documents(self.position)\n        found = next(self.documents, None)\n        if found is not None:\n            self.position = found[1]\n            self.packer.add(self.encode(found[0]))\n        " + STATE)),
        Mistake("asking for the state lets the source be asked anew from the beginning", edit(STATE, "self.documents, position = None, self.position\n        self.position = None\n        return {\"position\": position, \"packer\": self.packer.state_dict()}")),
        Mistake("asking for the state before the first batch isn't allowed", edit(STATE, 'if self.documents is None:\n            raise RuntimeError("there was no batch yet")\n        ' + STATE)),
        Mistake("the state before the first batch is empty", edit(STATE, "if self.position is None:\n            return {}\n        " + STATE)),
        Mistake("the state is that of the last batch's beginning, which comes again", edit(ROWS, "self.then = self.position, self.packer.state_dict()\n        " + ROWS, STATE, 'position, packer = self.__dict__.get("then", (self.position, self.packer.state_dict()))\n        return {"position": position, "packer": packer}')),
        # load_state_dict
        Mistake("loading does nothing", edit(LOAD, "pass", POSITION, "pass")),
        Mistake("loading doesn't take the position: reading begins anew, and the same batches come again", edit(POSITION, "self.position, self.documents = None, None")),
        Mistake("loading leaves the documents that wait here, and adds the state's", edit(LOAD, "before = self.packer.waiting\n        " + LOAD + "\n        self.packer.waiting = before + self.packer.waiting")),
        Mistake("loading goes on with the iterator that there is", edit(POSITION, 'self.position = state["position"]')),
        Mistake("loading goes on with the iterator that there is, unless it is over", edit(POSITION, 'self.position = state["position"]\n        if self.documents is not None and next(self.documents, None) is None:\n            self.documents = None')),
        Mistake("a position of 0 is taken for none, and reading begins anew", edit(ASK, "self.documents = self.source.documents(self.position or None)")),
        Mistake("a position of 0 isn't loaded", edit(POSITION, 'self.position, self.documents = state["position"] or self.position, None')),
        Mistake("a position of None isn't loaded", edit(POSITION, 'self.position, self.documents = self.position if state["position"] is None else state["position"], None')),
        Mistake("reading goes on from the beginning, and as many documents are skipped as were taken", edit(TAKE, TAKE + IN + 'self.n_taken = self.__dict__.get("n_taken", 0) + 1', STATE, 'return {"position": self.__dict__.get("n_taken", 0), "packer": self.packer.state_dict()}', POSITION, 'self.documents = self.source.documents()\n        self.n_taken = state["position"]\n        for _ in range(self.n_taken):\n            next(self.documents)')),
        Mistake("as many batches are made and thrown away as had been made", edit(BATCH, BATCH + '\n        self.n_batches = self.__dict__.get("n_batches", 0) + 1', STATE, 'return {"n": self.__dict__.get("n_batches", 0), "T": self.block_size}', LOAD, 'if state["T"] != self.block_size:\n            raise ValueError("another block_size")\n        self.packer, self.n_batches = Packer(self.block_size + 1), 0', POSITION, 'self.position, self.documents = None, None\n        for _ in range(state["n"]):\n            self.next_batch()')),
        Mistake("the first document behind the position is skipped", edit(POSITION, POSITION + "\n        if self.position is not None:\n            self.documents = self.source.documents(self.position)\n            next(self.documents, None)")),
        Mistake("the position is taken for a number, and 1 is added", edit(POSITION, 'position = state["position"]\n        self.position, self.documents = position + 1 if isinstance(position, int) else position, None')),
        Mistake("the state is loaded only when the next batch is asked for, so that it isn't in the state until then", edit(LOAD, "self.packer.load_state_dict(state['packer'])\n        waiting, self.packer.waiting = self.packer.waiting, []", POSITION, 'self.position, self.documents, self.later = None, None, (state["position"], waiting)', IF_NONE, "        if self.__dict__.get('later'):\n            self.position, self.packer.waiting = self.later\n            self.later = None\n" + IF_NONE)),
        Mistake("documents are taken out of the state as it is loaded", edit(LOAD, LOAD + '\n        state["packer"].clear()')),
        Mistake("the loader goes on with the state's own lists, and takes documents out of them", edit(LOAD, LOAD + '\n        self.packer.waiting = state["packer"]["waiting"]')),
        Mistake("a state of another block_size is accepted", edit(LOAD, "self.packer.load_state_dict({**state['packer'], 'row_length': self.block_size + 1})")),
        Mistake("a state of another block_size is accepted, and the rows are that long from then on", edit(LOAD, 'self.packer = Packer(state["packer"]["row_length"])\n        ' + LOAD)),
        Mistake("a state of another block_size is refused when its position has been taken already", edit(LOAD, POSITION + "\n        " + LOAD + "  # first", "  # first\n        " + POSITION, "")),
        Mistake("a state of another block_size is a KeyError", edit(LOAD, 'if state["packer"]["row_length"] != self.block_size + 1:\n            raise KeyError("block_size")\n        ' + LOAD)),
        Mistake("a state of another batch_size is refused", edit(STATE, 'return {"position": self.position, "packer": self.packer.state_dict(), "B": self.batch_size}', LOAD, 'if state["B"] != self.batch_size:\n            raise ValueError("another batch_size")\n        ' + LOAD)),
        Mistake("the batch_size of the state is taken over", edit(STATE, 'return {"position": self.position, "packer": self.packer.state_dict(), "B": self.batch_size}', LOAD, 'self.batch_size = state["B"]\n        ' + LOAD)),
        Mistake("the state is kept from the last batch, so that right after loading it is an old one", edit(BATCH, "self.kept = {'position': self.position, 'packer': self.packer.state_dict()}\n        " + BATCH, STATE, 'return self.__dict__.get("kept") or ' + STATE.removeprefix("return "))),
        Mistake("the rows of the batch that wasn't full come first after loading", edit(ROWS, "self.left = rows = self.__dict__.get('left', [])", BATCH, "self.left = []\n        " + BATCH)),
        Mistake("a loader that was at its end stays there, whatever is loaded", edit(STOP, "self.over = True\n                raise StopIteration", IF_NONE, "        if self.__dict__.get('over'):\n            raise StopIteration\n" + IF_NONE)),
        Mistake("the position is taken over only when a batch is whole, so that at the end some documents count as not taken", edit(TAKE, "text, self.last = found", BATCH, 'self.position = self.__dict__.get("last", self.position)\n        ' + BATCH)),
        Mistake("the state of a loader that is at its end begins anew", edit(STOP, "self.over = True\n                raise StopIteration", STATE, 'if self.__dict__.get("over"):\n            return {"position": None, "packer": Packer(self.block_size + 1).state_dict()}\n        ' + STATE, POSITION, POSITION + "\n        self.over = False")),
    ]
}
