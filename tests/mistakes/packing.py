"""Ways people get Packer wrong."""

from vibejam_core.course.known import Mistake, edit

WAITING = "self.waiting: list[list[int]] = []"
LEN = "return len(self.waiting)"
READY = "return sum(len(document) for document in self.waiting) >= self.row_length"
IF_ANY = "if len(document) > 0:"
ADD = "self.waiting.append(list(document[: self.row_length]))"
IF_READY = "if not self.ready:"
COUNT = "n_tokens = sum(len(document) for document in self.waiting)"
FEW = 'raise ValueError(f"a row has {self.row_length} tokens, but only {n_tokens} wait. Add documents first.")'
ROW = "row: list[int] = []"
WHILE = "while len(row) < self.row_length:"
ROOM = "room = self.row_length - len(row)"
FITTING = "fitting = [document for document in self.waiting if len(document) <= room]"
CHOSEN = "chosen = max(fitting, key=len) if fitting else min(self.waiting, key=len)"
REMOVE = "self.waiting.remove(chosen)"
PUT = "row += chosen[:room]"
RETURN = "        return row\n"
STATE = 'return {"row_length": self.row_length, "waiting": [list(document) for document in self.waiting]}'
IF_OTHER = 'if state["row_length"] != self.row_length:'
OTHER = '''f"these documents wait for rows of {state['row_length']} tokens, but here a row has {self.row_length}. "'''
OTHER_RAISE = "raise ValueError(\n                f\"these"
LOAD = 'self.waiting = [list(document) for document in state["waiting"]]'
IN = "\n" + " " * 12
"""The next line, as far in as the loop in row()."""


def chosen(new):
    """Another document is chosen."""
    return edit(CHOSEN, new)


MISTAKES = {
    "packing.Packer": [
        # add
        Mistake("a document that is added comes before those that wait", edit(ADD, "self.waiting.insert(0, list(document[: self.row_length]))")),
        Mistake("documents wait as one long row of tokens", edit(ADD, "self.waiting = [[token for each in self.waiting for token in each] + list(document)]")),
        Mistake("a document that is added replaces those that wait", edit(ADD, "self.waiting = [list(document[: self.row_length])]")),
        Mistake("a document longer than a row waits whole", edit(ADD, "self.waiting.append(list(document))")),
        Mistake("the rest of a long document waits as a document of its own", edit(IF_ANY, "for begin in range(0, len(document), self.row_length):", ADD, "self.waiting.append(list(document[begin : begin + self.row_length]))")),
        Mistake("a long document's last tokens wait, not its first", edit(ADD, "self.waiting.append(list(document[-self.row_length :]))")),
        Mistake("a document longer than a row is left out", edit(IF_ANY, "if 0 < len(document) <= self.row_length:")),
        Mistake("a document as long as a row is left out", edit(IF_ANY, "if 0 < len(document) != self.row_length:")),
        Mistake("a document longer than a row is refused", edit(IF_ANY, 'if len(document) > self.row_length:\n            raise ValueError("too long")\n        ' + IF_ANY)),
        Mistake("the last token of each document is left out", edit(ADD, "self.waiting.append(list(document[: self.row_length])[:-1] or list(document))")),
        Mistake("a document is cut to one token less than a row", edit(ADD, "self.waiting.append(list(document[: max(1, self.row_length - 1)]))")),
        Mistake("empty documents wait", edit(IF_ANY, "if True:")),
        Mistake("a document of one token is left out", edit(IF_ANY, "if len(document) > 1:")),
        Mistake("a document whose tokens are all 0 is left out", edit(IF_ANY, "if any(document):")),
        Mistake("tokens of 0 are left out", edit(ADD, "self.waiting.append([token for token in document[: self.row_length] if token])")),
        Mistake("a document that waits already isn't added again", edit(IF_ANY, "if len(document) > 0 and list(document) not in self.waiting:")),
        Mistake("the list that is added isn't copied", edit(ADD, "self.waiting.append(document if len(document) <= self.row_length else document[: self.row_length])", PUT, "row += list(chosen[:room])")),
        Mistake("the list that is added is cut, and not only its copy", edit(ADD, "if isinstance(document, list):\n                del document[self.row_length :]\n            " + ADD)),
        Mistake("the list that is added is emptied", edit(ADD, ADD + "\n            if isinstance(document, list):\n                document.clear()")),
        Mistake("all packers share one list of documents", edit(WAITING, "self.waiting = type(self).__dict__.get('shared')\n        if self.waiting is None:\n            type(self).shared = self.waiting = []", LOAD, "self.waiting[:] = [list(document) for document in state['waiting']]")),
        # row: which document
        Mistake("documents are taken in the order in which they were added, and the last is cut", chosen("chosen = self.waiting[0]")),
        Mistake("the first that fits is taken, not the longest", chosen("chosen = fitting[0] if fitting else min(self.waiting, key=len)")),
        Mistake("the last that fits is taken, not the longest", chosen("chosen = fitting[-1] if fitting else min(self.waiting, key=len)")),
        Mistake("the shortest is taken first", chosen("chosen = min(self.waiting, key=len)")),
        Mistake("the longest is taken, whether it fits or not", chosen("chosen = max(self.waiting, key=len)")),
        Mistake("where none fits the longest is cut, not the shortest", chosen("chosen = max(fitting or self.waiting, key=len)")),
        Mistake("where none fits the first is cut, not the shortest", chosen("chosen = max(fitting, key=len) if fitting else self.waiting[0]")),
        Mistake("where none fits the last is cut, not the shortest", chosen("chosen = max(fitting, key=len) if fitting else self.waiting[-1]")),
        Mistake("among equally long ones the last is taken, if it fits", chosen("chosen = max(reversed(fitting), key=len) if fitting else min(self.waiting, key=len)")),
        Mistake("among equally long ones the last is cut", chosen("chosen = max(fitting, key=len) if fitting else min(reversed(self.waiting), key=len)")),
        Mistake("among equally long ones the one with the smallest tokens is taken", chosen("chosen = max(fitting, key=lambda each: (len(each), [-token for token in each])) if fitting else min(self.waiting, key=len)")),
        Mistake("a document that fills the room exactly counts as too long", edit(FITTING, FITTING.replace("<=", "<"))),
        Mistake("a document one token longer than the room counts as fitting", edit(FITTING, FITTING.replace("<= room", "<= room + 1"))),
        Mistake("only the first ten documents are looked at", edit(FITTING, FITTING.replace("in self.waiting if", "in self.waiting[:10] if"))),
        Mistake("no document is ever cut while the last fits: rows end in the middle of a longer one", chosen("chosen = min((each for each in self.waiting if len(each) >= room), key=len, default=max(self.waiting, key=len))")),
        # row: what becomes of it
        Mistake("what is cut off waits again, so that a row begins in the middle of a document", edit(PUT, PUT + IN + "if len(chosen) > room:" + IN + "    self.waiting.insert(0, chosen[room:])")),
        Mistake("a document that is cut waits on, whole", edit(REMOVE, "if len(chosen) <= room:" + IN + "    self.waiting.remove(chosen)")),
        Mistake("documents in a row wait on", edit(ROW, "before = list(self.waiting)\n        " + ROW, RETURN, "        self.waiting = before\n" + RETURN)),
        Mistake("all documents are dropped behind a row", edit(RETURN, "        self.waiting = []\n" + RETURN)),
        Mistake("all documents that are equal to the chosen one are taken out with it", edit(REMOVE, "self.waiting = [each for each in self.waiting if each != chosen]")),
        Mistake("the end of a cut document comes into the row, not its beginning", edit(PUT, "row += chosen[-room:]")),
        Mistake("a document is put in front of the others in its row", edit(PUT, "row = chosen[:room] + row")),
        Mistake("where none fits the row is filled up with zeros", edit(CHOSEN, "if not fitting:" + IN + "    row += [0] * room" + IN + "    break" + IN + "chosen = max(fitting, key=len)")),
        Mistake("where none fits the row ends early", edit(CHOSEN, "if not fitting:" + IN + "    break" + IN + "chosen = max(fitting, key=len)")),
        Mistake("the last document of a row isn't cut: rows can be too long", edit(PUT, "row += chosen")),
        Mistake("a row is one token too short", edit(RETURN, "        return row[:-1]\n")),
        Mistake("a row is one token too long: its first token comes again", edit(RETURN, "        return row + row[:1]\n")),
        Mistake("documents are parted by a 0", edit(PUT, "row += [0, *chosen][: room] if row else chosen[:room]")),
        Mistake("the order of the documents that wait is turned round behind each row", edit(RETURN, "        self.waiting.reverse()\n" + RETURN)),
        Mistake("the chosen document changes places with the last that waits", edit(REMOVE, "place = self.waiting.index(chosen)" + IN + "self.waiting[place] = self.waiting[-1]" + IN + "self.waiting.pop()")),
        Mistake("a row is a tuple, not a list", edit(RETURN, "        return tuple(row)\n")),
        Mistake("every row is the same list, emptied and filled again", edit(ROW, "row = self.__dict__.setdefault('kept', [])\n        row.clear()")),
        Mistake("a row that is one document is that document's own list, which waits on until the next row", edit(ROW, "self.__dict__.get('held') and self.held.pop()\n        " + ROW, RETURN, "        self.held = row\n" + RETURN)),
        # row: too few tokens
        Mistake("too few tokens aren't refused: the row is filled up with zeros", edit(IF_READY, "if False:", WHILE, "while len(row) < self.row_length and (self.waiting or row.extend([0] * (self.row_length - len(row)))):")),
        Mistake("too few tokens give a short row", edit(IF_READY, "if False:", WHILE, "while len(row) < self.row_length and self.waiting:")),
        Mistake("too few tokens give None", edit(FEW, "return None")),
        Mistake("too few tokens give an empty row", edit(FEW, "return []")),
        Mistake("too few tokens are noticed when the documents are in the row already, and lost", edit(IF_READY, "if False:", CHOSEN, "if not self.waiting:" + IN + '    raise ValueError(f"{self.row_length} {len(row)}")' + IN + CHOSEN)),
        Mistake("too few tokens are a StopIteration", edit(FEW, "raise StopIteration")),
        Mistake("too few tokens are an IndexError", edit(FEW, FEW.replace("ValueError", "IndexError"))),
        Mistake("the tokens that wait are counted in a sum from which a row's are taken off, so that what was cut off counts on", edit(WAITING, WAITING + "\n        self.total = 0", ADD, ADD + "\n            self.total += len(self.waiting[-1])", IF_READY, "if self.total < self.row_length:", RETURN, "        self.total -= self.row_length\n" + RETURN, LOAD, LOAD + "\n        self.total = sum(map(len, self.waiting))")),
        Mistake("the tokens that wait are counted in a sum to which all tokens of a long document are added", edit(WAITING, WAITING + "\n        self.total = 0", ADD, ADD + "\n            self.total += len(document)", IF_READY, "if self.total < self.row_length:", REMOVE, REMOVE + IN + "self.total -= len(chosen)", LOAD, LOAD + "\n        self.total = sum(map(len, self.waiting))")),
        Mistake("as many tokens as a row has are too few", edit(IF_READY, "if not self.ready or sum(map(len, self.waiting)) == self.row_length:")),
        Mistake("the error doesn't name the length of a row", edit(FEW, FEW.replace("{self.row_length} tokens", "more tokens"))),
        Mistake("the error doesn't name how many tokens wait", edit(FEW, FEW.replace("only {n_tokens} wait", "fewer wait"))),
        Mistake("the error names how many documents wait, not how many tokens", edit(COUNT, "n_tokens = -len(self.waiting) / 7")),
        # state_dict
        Mistake("the state has the packer's own list of documents", edit(STATE, 'return {"row_length": self.row_length, "waiting": self.waiting}')),
        Mistake("the state of an empty packer doesn't say for which rows it is", edit(STATE, "if not self.waiting:\n            return {}\n        " + STATE, IF_OTHER, 'if state and state["row_length"] != self.row_length:', LOAD, 'self.waiting = [list(document) for document in state.get("waiting", [])]')),
        Mistake("the state has tensors, which JSON can't hold", edit(STATE, 'import torch\n\n        return {"row_length": self.row_length, "waiting": [torch.tensor(document) for document in self.waiting]}', LOAD, 'self.waiting = [[int(token) for token in document] for document in state["waiting"]]')),
        Mistake("the state is a list, not a dictionary", edit(STATE, "return [self.row_length, [list(document) for document in self.waiting]]", LOAD, "self.waiting = [list(document) for document in state[1]]", IF_OTHER, "if state[0] != self.row_length:", OTHER, 'f"{state[0]} {self.row_length}"')),
        Mistake("the state has documents by their numbers, which JSON makes texts of, so that the tenth comes before the second", edit(STATE, 'return {"row_length": self.row_length, "waiting": {i: list(document) for i, document in enumerate(self.waiting)}}', LOAD, 'self.waiting = [list(state["waiting"][i]) for i in sorted(state["waiting"])]')),
        Mistake("the state has each token of a document once, in order", edit(STATE, STATE.replace("[list(document)", "[sorted(set(document))"))),
        Mistake("the state hasn't the documents", edit(STATE, 'return {"row_length": self.row_length, "waiting": []}')),
        Mistake("the state has only documents for one row", edit(STATE, 'return {"row_length": self.row_length, "waiting": [list(document) for document in self.waiting[: self.row_length // 3]]}')),
        Mistake("the state has all tokens in one row, without the documents' ends", edit(STATE, 'return {"row_length": self.row_length, "waiting": [[token for document in self.waiting for token in document]]}')),
        Mistake("the state has each document once, even if several are alike in length", edit(STATE, STATE.replace("in self.waiting]", "in {len(each): each for each in reversed(self.waiting)}.values()]"))),
        Mistake("asking for the state empties the packer", edit(STATE, 'waiting, self.waiting = self.waiting, []\n        return {"row_length": self.row_length, "waiting": waiting}')),
        # load_state_dict
        Mistake("the state's documents are added to those that wait", edit(LOAD, 'self.waiting += [list(document) for document in state["waiting"]]')),
        Mistake("an empty state leaves what waits", edit(LOAD, 'self.waiting = [list(document) for document in state["waiting"]] or self.waiting')),
        Mistake("loading does nothing", edit(LOAD, "pass")),
        Mistake("the packer goes on with the state's own list, and takes documents out of it", edit(LOAD, 'self.waiting = state["waiting"]')),
        Mistake("documents are taken out of the state as it is loaded", edit(LOAD, 'self.waiting = []\n        while state["waiting"]:\n            self.waiting.append(list(state["waiting"].pop(0)))')),
        Mistake("the documents come in reverse order", edit(LOAD, 'self.waiting = [list(document) for document in reversed(state["waiting"])]')),
        Mistake("the first document of the state is left out", edit(LOAD, 'self.waiting = [list(document) for document in state["waiting"][1:]]')),
        Mistake("a state of other rows is accepted", edit(IF_OTHER, "if False:")),
        Mistake("a state of other rows is accepted, and its row_length taken over", edit(IF_OTHER, 'self.row_length = state["row_length"]\n        if False:')),
        Mistake("a state of shorter rows is accepted", edit(IF_OTHER, 'if state["row_length"] > self.row_length:')),
        Mistake("a state of longer rows is accepted", edit(IF_OTHER, 'if state["row_length"] < self.row_length:')),
        Mistake("a state of other rows is refused when its documents have been taken already", edit(IF_OTHER, 'self.waiting = [list(each) for each in state["waiting"]]\n        ' + IF_OTHER)),
        Mistake("a state of other rows is a TypeError", edit(OTHER_RAISE, OTHER_RAISE.replace("ValueError", "TypeError"))),
        Mistake("the error doesn't name the state's row_length", edit("rows of {state['row_length']} tokens", "other rows")),
        Mistake("the error doesn't name the packer's own row_length", edit("here a row has {self.row_length}.", "not here.")),
    ]
}
