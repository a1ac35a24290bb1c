"""Correct ways to write a sharded optimiser that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

CLASS = "class ShardedOptimizer:\n"

VARIANTS = {
    "sharded.ShardedOptimizer": [
        Variant("every rank gets every sum, and drops what it doesn't need", whole(CLASS + '''
    def reduce(self):
        for i, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                total = self.world.sum(parameter.grad)
                parameter.grad = total / self.world.size if self.owners[i] == self.world.rank else None

    def clip(self, limit):
        own = [p.grad.detach().double().flatten() for p in self.parameters if p.grad is not None]
        squares = torch.cat([torch.zeros(1, dtype=torch.float64), *own]).square().sum()
        length = float(self.world.sum(squares)) ** 0.5
        if limit > 0 and length > limit:
            for p in self.parameters:
                if p.grad is not None:
                    p.grad = p.grad * (limit / length)
        return length

    def gather(self):
        for parameter, owner in zip(self.parameters, self.owners):
            kept = parameter.data if owner == self.world.rank else torch.zeros_like(parameter.data)
            parameter.data = self.world.sum(kept)

    def state_dict(self):
        own = {}
        for i, parameter in enumerate(self.parameters):
            if self.owners[i] == self.world.rank:
                for name, value in self.optimizer.state.get(parameter, {}).items():
                    own[f"{i}.{name}"] = value
        state = {}
        for rank in range(self.world.size):
            for key, value in self.world.share(own, rank).items():
                i, name = key.split(".", 1)
                state.setdefault(int(i), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        return dict(param_groups=groups, state=state) if self.world.rank == 0 else dict()
''')),
        Variant("flat buffers, one for each owner", whole(CLASS + '''
    @torch.no_grad()
    def reduce(self):
        for rank in range(self.world.size):
            theirs = [p for p, owner in zip(self.parameters, self.owners) if owner == rank and p.grad is not None]
            if not theirs:
                continue
            flat = torch.cat([p.grad.reshape(-1) for p in theirs]) / self.world.size
            self.world.sum_to(flat, rank)
            at = 0
            for p in theirs:
                n = p.numel()
                p.grad = flat[at : at + n].view(p.shape).clone() if rank == self.world.rank else None
                at += n

    @torch.no_grad()
    def clip(self, limit):
        mine = [p for p, owner in zip(self.parameters, self.owners) if owner == self.world.rank and p.grad is not None]
        squares = torch.tensor([sum((p.grad**2).sum().item() for p in mine)], dtype=torch.float32)
        norm = self.world.sum(squares).item() ** 0.5
        factor = limit / norm if limit and norm > limit else 1.0
        for p in mine:
            p.grad *= factor
        return norm

    @torch.no_grad()
    def gather(self):
        for rank in reversed(range(self.world.size)):
            theirs = [p for p, owner in zip(self.parameters, self.owners) if owner == rank]
            if theirs:
                flat = torch.nn.utils.parameters_to_vector(theirs).detach().clone()
                self.world.copy_from(flat, rank)
                torch.nn.utils.vector_to_parameters(flat, theirs)

    def state_dict(self):
        whole = {"state": {}, "param_groups": self.optimizer.state_dict()["param_groups"]}
        for i in reversed(range(len(self.parameters))):
            mine = self.optimizer.state[self.parameters[i]] if self.parameters[i] in self.optimizer.state else {}
            found = self.world.share(dict(mine), self.owners[i])
            if found:
                whole["state"][i] = found
        return {} if self.world.rank else whole
''')),
        Variant("largest parameters first; a gradient for each parameter's place by its number", whole(CLASS + '''
    def order(self):
        return sorted(range(len(self.parameters)), key=lambda i: -self.parameters[i].numel())

    def reduce(self):
        for i in self.order():
            grad = self.parameters[i].grad
            self.parameters[i].grad = None
            if grad is None:
                continue
            grad = grad.detach().clone()
            self.world.sum_to(grad, self.owners[i])
            if self.owners[i] == self.world.rank:
                self.parameters[i].grad = grad.mul_(1 / self.world.size)

    def clip(self, limit):
        squares = torch.zeros(len(self.parameters))
        for i, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                squares[i] = (parameter.grad.detach() ** 2).sum()
        length = self.world.sum(squares).sum().sqrt()
        if limit > 0:
            factor = torch.clamp(limit / (length + 1e-9), max=1.0)
            for parameter in self.parameters:
                if parameter.grad is not None:
                    parameter.grad.detach().mul_(factor)
        return length.item()

    def gather(self):
        with torch.no_grad():
            for i in self.order():
                values = self.parameters[i].clone()
                self.world.copy_from(values, self.owners[i])
                self.parameters[i].copy_(values)

    def state_dict(self):
        entries = [
            self.world.share(self.optimizer.state.get(parameter, {}), owner)
            for parameter, owner in zip(self.parameters, self.owners)
        ]
        if self.world.rank == 0:
            groups = self.optimizer.state_dict()["param_groups"]
            return {"state": {i: kept for i, kept in enumerate(entries) if kept}, "param_groups": groups}
        return {}
''')),
        Variant("sums where the reference sends from one: every rank sends zeros for what isn't its own", whole(CLASS + '''
    @torch.no_grad()
    def reduce(self):
        owned = {id(p) for p, owner in zip(self.parameters, self.owners) if owner == self.world.rank}
        for p, owner in zip(self.parameters, self.owners):
            if p.grad is None:
                continue
            p.grad.div_(self.world.size)
            self.world.sum_to(p.grad, owner)
            if id(p) not in owned:
                p.grad = None

    @torch.no_grad()
    def clip(self, limit):
        lengths = [p.grad.norm() for p in self.parameters if p.grad is not None]
        mine = torch.stack(lengths).norm() if lengths else torch.zeros(())
        by_rank = torch.zeros(self.world.size)
        by_rank[self.world.rank] = mine
        length = float(torch.linalg.vector_norm(self.world.sum(by_rank)))
        if limit != 0 and not length <= limit:
            torch._foreach_mul_([p.grad for p in self.parameters if p.grad is not None] or [torch.zeros(1)], limit / length)
        return length

    @torch.no_grad()
    def gather(self):
        for p, owner in zip(self.parameters, self.owners):
            if owner != self.world.rank:
                p.zero_()
            p.set_(self.world.sum(p.detach()))

    def state_dict(self):
        numbers = {p: i for i, p in enumerate(self.parameters)}
        collected = {}
        for p in self.parameters:
            shared = self.world.share(dict(self.optimizer.state.get(p, {})), self.owners[numbers[p]])
            if len(shared) > 0:
                collected[numbers[p]] = shared
        result = self.optimizer.state_dict()
        result["state"] = collected
        if self.world.rank != 0:
            result.clear()
        return result
''')),
        Variant("zeros are sent for what has no gradient; one vector of squares; what is remembered, through the optimiser's own state", whole(CLASS + '''
    def reduce(self):
        me = self.world.rank
        for owner, parameter in zip(self.owners, self.parameters):
            missing = parameter.grad is None
            gradient = torch.zeros_like(parameter).detach() if missing else parameter.grad.detach()
            self.world.sum_to(gradient, owner)
            parameter.grad = None if missing or owner != me else gradient / self.world.size

    def clip(self, limit):
        squares = [torch.zeros(()) if p.grad is None else (p.grad * p.grad).sum() for p in self.parameters]
        length = self.world.sum(torch.stack(squares)).sum().sqrt().item()
        if limit and limit < length:
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.grad.mul_(limit).div_(length)
        return length

    @torch.no_grad()
    def gather(self):
        for rank in range(self.world.size):
            for i in range(len(self.parameters)):
                if self.owners[i] == rank:
                    fresh = self.parameters[i].detach().clone()
                    self.world.copy_from(fresh, rank)
                    self.parameters[i].data = fresh

    def state_dict(self):
        packed = self.optimizer.state_dict()
        everything = {}
        for i, owner in enumerate(self.owners):
            mine = packed["state"].get(i, {}) if owner == self.world.rank else {}
            everything[i] = self.world.share(mine, owner)
        if self.world.rank > 0:
            return {}
        return dict(packed, state={i: entries for i, entries in everything.items() if entries})
''')),
    ],
}
