"""Ways people get a sharded optimiser wrong: new values on their way back, and what is saved."""

from vibejam_core.course.known import Mistake, edit

# gather
LOOP = """        for parameter, owner in zip(self.parameters, self.owners, strict=True):
            self.world.copy_from(parameter.detach(), owner)
"""
COPY = "self.world.copy_from(parameter.detach(), owner)"

# state_dict
STATE = "        state = {}\n"
EACH = "for i, (parameter, owner) in enumerate(zip(self.parameters, self.owners, strict=True)):"
SHARE = "entries = self.world.share(self.optimizer.state.get(parameter, {}), owner)"
KEEP = "if entries and self.world.rank == 0:"
PUT = "state[i] = entries"
ELSEWHERE = "if self.world.rank != 0:\n            return {}"
RETURN = 'return {"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]}'


def gather(new):
    """Another gather."""
    return edit(LOOP, new)


def each(pairs):
    """Gather goes through other pairs."""
    return edit(LOOP, LOOP.replace("zip(self.parameters, self.owners, strict=True)", pairs))


MISTAKES = {
    "sharded.ShardedOptimizer": [
        # gather: from whom
        Mistake("gather takes everything from rank 0", edit(COPY, "self.world.copy_from(parameter.detach(), 0)")),
        Mistake("gather takes everything from the last rank", edit(COPY, "self.world.copy_from(parameter.detach(), self.world.size - 1)")),
        Mistake("gather takes everything from this rank itself, so ranks name different senders", edit(COPY, "self.world.copy_from(parameter.detach(), self.world.rank)")),
        Mistake("gather takes from the rank after the owner", edit(COPY, "self.world.copy_from(parameter.detach(), (owner + 1) % self.world.size)")),
        Mistake("gather takes from ranks in turns, not by self.owners", each("zip(self.parameters, [i % self.world.size for i in range(len(self.parameters))])")),
        Mistake("gather works the owners out anew, and doesn't look at self.owners", each("zip(self.parameters, owners([p.numel() for p in self.parameters], self.world.size))")),
        Mistake("gather pairs parameters with the owners in reverse order", each("zip(self.parameters, self.owners[::-1])")),
        Mistake("gather takes the mean of all ranks' values, old ones among them", edit(COPY, "parameter.data.copy_(self.world.sum(parameter.detach()) / self.world.size)")),
        Mistake("gather takes the sum of all ranks' values", edit(COPY, "parameter.data.copy_(self.world.sum(parameter.detach()))")),
        Mistake("gather sums up at the owner, which nobody else sees", edit(COPY, "self.world.sum_to(parameter.detach(), owner)")),
        # gather: what, and who takes part
        Mistake("gather sends nothing, or copies: the parameters stay as they are", edit(COPY, "self.world.copy_from(parameter.detach().clone(), owner)")),
        Mistake("gather is called only by a parameter's owner", edit(COPY, f"if owner == self.world.rank:\n                {COPY}")),
        Mistake("gather is left out by a parameter's owner", edit(COPY, f"if owner != self.world.rank:\n                {COPY}")),
        Mistake("gather passes over parameters that have no gradient here", edit(COPY, f"if parameter.grad is not None:\n                {COPY}")),
        Mistake("gather returns at once at a rank that owns nothing", gather("        if self.world.rank not in self.owners:\n            return\n" + LOOP)),
        Mistake("gather sends this rank's own parameters first, so ranks come in different orders", each("sorted(zip(self.parameters, self.owners), key=lambda pair: pair[1] != self.world.rank)")),
        Mistake("gather sends the first group only", each('zip(self.param_groups[0]["params"], self.owners)')),
        Mistake("gather sends everything but the last parameter", each("list(zip(self.parameters, self.owners))[:-1]")),
        Mistake("gather sends only what has two axes or more", edit(COPY, f"if parameter.ndim >= 2:\n                {COPY}")),
        Mistake("gather passes over frozen parameters", edit(COPY, f"if parameter.requires_grad:\n                {COPY}")),
        Mistake("gather gives every rank what the owners' optimisers remember, too",
                gather(LOOP + "            kept = self.world.share(self.optimizer.state.get(parameter, {}), owner)\n            if kept:\n                self.optimizer.state[parameter] = kept\n")),
        Mistake("gather halves the precision on the way", edit(COPY, "small = parameter.detach().half()\n            self.world.copy_from(small, owner)\n            parameter.data.copy_(small)")),
        Mistake("gather makes new parameters, which the model doesn't know",
                gather("        for i, owner in enumerate(self.owners):\n            new = torch.nn.Parameter(self.parameters[i].detach().clone())\n            self.world.copy_from(new.data, owner)\n            self.parameters[i] = new\n")),
        Mistake("gather makes new parameters in the groups too, which the model doesn't know",
                gather("        fresh = {}\n        for i, owner in enumerate(self.owners):\n            new = torch.nn.Parameter(self.parameters[i].detach().clone())\n            self.world.copy_from(new.data, owner)\n            fresh[self.parameters[i]] = self.parameters[i] = new\n"
                       "        for group in self.param_groups:\n            group['params'] = [next(new for old, new in fresh.items() if old is p) for p in group['params']]\n")),
        Mistake("gather freezes what it sends", edit(COPY, f"{COPY}\n            parameter.requires_grad_(False)")),
        # state_dict: whose
        Mistake("state_dict holds rank 0's own part only", edit(SHARE, "entries = dict(self.optimizer.state.get(parameter, {})) if owner == self.world.rank else {}")),
        Mistake("state_dict is the optimiser's own, on every rank its part", edit(STATE, "        return self.optimizer.state_dict()\n" + STATE)),
        Mistake("state_dict is the optimiser's own at rank 0, and {} elsewhere", edit(STATE, "        return self.optimizer.state_dict() if self.world.rank == 0 else {}\n" + STATE)),
        Mistake("state_dict takes from this rank itself, so ranks name different senders", edit(SHARE, "entries = self.world.share(self.optimizer.state.get(parameter, {}), self.world.rank)")),
        Mistake("state_dict takes from the owners in reverse order", edit(EACH, EACH.replace("self.owners", "self.owners[::-1]"))),
        Mistake("state_dict takes from ranks in turns, not by self.owners", edit(EACH, EACH.replace("self.owners", "[i % self.world.size for i in range(len(self.parameters))]"))),
        Mistake("state_dict asks the owner only where this rank remembers nothing itself", edit(SHARE, "entries = self.optimizer.state.get(parameter) or self.world.share(self.optimizer.state.get(parameter, {}), owner)")),
        Mistake("state_dict prefers what rank 0 still has to what the owner has", edit(SHARE, SHARE + "\n            entries = self.optimizer.state.get(parameter) or entries")),
        Mistake("state_dict is given to all ranks", edit(KEEP, "if entries:", ELSEWHERE, "")),
        Mistake("state_dict is given to the last rank, not to rank 0", edit(KEEP, "if entries:", ELSEWHERE, "if self.world.rank != self.world.size - 1:\n            return {}")),
        Mistake("state_dict is None at the other ranks", edit(ELSEWHERE, "if self.world.rank != 0:\n            return None")),
        Mistake("state_dict has the groups at the other ranks, too", edit(ELSEWHERE, "")),
        Mistake("state_dict is asked of rank 0 alone: the others return before they send anything", edit(STATE, "        if self.world.rank != 0:\n            return {}\n" + STATE)),
        Mistake("state_dict lets only owner and rank 0 take part", edit(SHARE, "if self.world.rank not in (0, owner):\n                continue\n            " + SHARE)),
        # state_dict: what it looks like
        Mistake("state_dict numbers the entries by what is remembered, without gaps", edit(PUT, "state[len(state)] = entries")),
        Mistake("state_dict makes tensors of plain numbers", edit(PUT, "state[i] = {name: torch.as_tensor(value) for name, value in entries.items()}")),
        Mistake("state_dict numbers from 1", edit(PUT, "state[i + 1] = entries")),
        Mistake("state_dict numbers each owner's parameters on their own, so that they overwrite each other", edit(PUT, "state[sum(o == owner for o in self.owners[:i])] = entries")),
        Mistake("state_dict numbers by the order of the owners", edit(PUT, "state[sorted(range(len(self.owners)), key=lambda j: self.owners[j]).index(i)] = entries")),
        Mistake("state_dict has the numbers as strings", edit(PUT, "state[str(i)] = entries")),
        Mistake("state_dict has the parameters themselves as keys", edit(PUT, "state[parameter] = entries")),
        Mistake("state_dict lists the entries, without numbers", edit(RETURN, RETURN.replace('"state": state', '"state": list(state.values())'))),
        Mistake("state_dict has an empty entry for what nothing is known of", edit(KEEP, "if self.world.rank == 0:")),
        Mistake("state_dict turns tensors of a single number into plain numbers", edit(PUT, "state[i] = {name: value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value for name, value in entries.items()}")),
        Mistake("state_dict keeps tensors only, not plain numbers", edit(PUT, "state[i] = {name: value for name, value in entries.items() if isinstance(value, torch.Tensor)}")),
        Mistake("state_dict turns every tensor into float32", edit(PUT, "state[i] = {name: value.float() if isinstance(value, torch.Tensor) else value for name, value in entries.items()}")),
        Mistake("state_dict keeps only tensors that have the parameter's shape", edit(PUT, "state[i] = {name: value for name, value in entries.items() if not isinstance(value, torch.Tensor) or value.shape == parameter.shape}")),
        Mistake("state_dict sums the tensors up over the ranks", edit(SHARE, SHARE + "\n            entries = {name: value * self.world.size if isinstance(value, torch.Tensor) else value for name, value in entries.items()}")),
        Mistake("state_dict flattens the tensors", edit(PUT, "state[i] = {name: value.flatten() if isinstance(value, torch.Tensor) else value for name, value in entries.items()}")),
        Mistake("state_dict leaves the groups out", edit(RETURN, 'return {"state": state}')),
        Mistake("state_dict is the entries alone, without the word state", edit(RETURN, "return state")),
        Mistake("state_dict has the groups as they are, with the parameters in them", edit(RETURN, 'return {"state": state, "param_groups": self.optimizer.param_groups}')),
        Mistake("state_dict has the groups without their parameters' numbers", edit(RETURN, 'groups = [{name: value for name, value in group.items() if name != "params"} for group in self.optimizer.param_groups]\n        return {"state": state, "param_groups": groups}')),
        Mistake("state_dict has the first group only", edit(RETURN, RETURN.replace('["param_groups"]}', '["param_groups"][:1]}'))),
        Mistake("state_dict has the owners beside the groups", edit(RETURN, RETURN.replace("}", ', "owners": self.owners}', 1))),
        Mistake("state_dict goes through the first group only", edit(EACH, EACH.replace("self.parameters, self.owners, strict=True", 'self.param_groups[0]["params"], self.owners'))),
        # state_dict: what it does to the optimiser
        Mistake("state_dict leaves what it collected in rank 0's optimiser", edit(PUT, "state[i] = self.optimizer.state[parameter] = entries")),
        Mistake("state_dict leaves what it collected in every rank's optimiser", edit(SHARE, SHARE + "\n            if entries:\n                self.optimizer.state[parameter] = entries")),
        Mistake("state_dict takes what it collects out of the optimiser", edit(SHARE, SHARE.replace(".get(", ".pop("))),
        Mistake("state_dict leaves rank 0 without what it remembered", edit(RETURN, "found = " + RETURN.removeprefix("return ") + "\n        self.optimizer.state.clear()\n        return found")),
        # the whole
        Mistake("update zeroes no gradients but moves only the first group", edit("self.optimizer.step()", "kept = self.optimizer.param_groups[1:]\n        del self.optimizer.param_groups[1:]\n        self.optimizer.step()\n        self.optimizer.param_groups.extend(kept)")),
        Mistake("update is made twice", edit("self.optimizer.step()", "self.optimizer.step()\n        self.optimizer.step()")),
        Mistake("update does nothing", edit("self.optimizer.step()", "pass")),
        Mistake("load_state_dict keeps what other ranks own, and forgets its own", edit("if self.owners[i] == self.world.rank}", "if self.owners[i] != self.world.rank}")),
    ],
}
