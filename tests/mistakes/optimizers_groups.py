"""Ways people sort a model's parameters into the wrong groups."""

from vibejam_core.course.known import Mistake, whole

PLAIN = '''
def parameter_groups(model, weight_decay=0.0):
    tables = set()
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            tables.add(id(module.weight))
    matrices, embeddings, head, scalars = [], [], [], []
    for path, p in model.named_parameters():
        if not p.requires_grad:
            continue
        if id(p) in tables:
            embeddings.append(p)
        elif "lm_head" in path.split("."):
            head.append(p)
        elif p.ndim == 2:
            matrices.append(p)
        else:
            scalars.append(p)
    s = 1 / math.sqrt(model.config.n_embd / 768)
    adamw = {"kind": "adamw", "weight_decay": 0.0, "betas": (0.8, 0.95), "eps": 1e-10}
    groups = [
        {"params": matrices, "name": "matrices", "kind": "muon", "lr_scale": LR_SCALE["matrices"], "weight_decay": weight_decay},
        {"params": embeddings, "name": "embeddings", "lr_scale": LR_SCALE["embeddings"] * s, **adamw},
        {"params": head, "name": "head", "lr_scale": LR_SCALE["head"] * s, **adamw},
        {"params": scalars, "name": "scalars", "lr_scale": LR_SCALE["scalars"], **adamw},
    ]
    return [group for group in groups if group["params"]]
'''
"""The groups written down one by one; the mistakes below change passages of it."""

FUNCTION = "def parameter_groups(model, weight_decay=0.0):"
TABLE = "if isinstance(module, nn.Embedding):"
ADD = "tables.add(id(module.weight))"
LOOP = "for path, p in model.named_parameters():"
FROZEN = "if not p.requires_grad:\n            continue\n"
EMBEDDING = "if id(p) in tables:"
APPEND = "embeddings.append(p)"
HEAD = 'elif "lm_head" in path.split("."):'
MATRIX = "elif p.ndim == 2:"
S = "s = 1 / math.sqrt(model.config.n_embd / 768)"
ADAMW = 'adamw = {"kind": "adamw", "weight_decay": 0.0, "betas": (0.8, 0.95), "eps": 1e-10}'
MUON_GROUP = '{"params": matrices, "name": "matrices", "kind": "muon", "lr_scale": LR_SCALE["matrices"], "weight_decay": weight_decay},'
EMBEDDING_GROUP = '{"params": embeddings, "name": "embeddings", "lr_scale": LR_SCALE["embeddings"] * s, **adamw},'
HEAD_GROUP = '{"params": head, "name": "head", "lr_scale": LR_SCALE["head"] * s, **adamw},'
SCALAR_GROUP = '{"params": scalars, "name": "scalars", "lr_scale": LR_SCALE["scalars"], **adamw},'
RETURN = 'return [group for group in groups if group["params"]]'


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


def but(group, **settings):
    """A group with these entries in the place of its own."""
    return group.removesuffix("},") + "".join(f', "{name}": {value}' for name, value in settings.items()) + "},"


MISTAKES = {
    "optimizers.parameter_groups": [
        # Which parameter goes where
        Mistake("all matrices are matrices, embeddings and head included", plain(EMBEDDING, "if False:", HEAD, "elif False:")),
        Mistake("the head is among the matrices", plain(HEAD, "elif False:")),
        Mistake("the head is among the embeddings", plain(HEAD, 'elif "lm_head" in path.split("."):\n            embeddings.append(p)\n        elif False:')),
        Mistake("the embeddings are among the matrices", plain(EMBEDDING, "if False:")),
        Mistake("the embeddings are among the head's", plain(APPEND, "head.append(p)")),
        Mistake("the embeddings are among the scalars", plain(APPEND, "scalars.append(p)")),
        Mistake("the value embeddings are among the matrices: only the first table counts", plain(ADD, "tables = tables or {id(module.weight)}")),
        Mistake("the value embeddings are among the scalars", plain(APPEND, '(scalars if "value" in path else embeddings).append(p)')),
        Mistake("the value embeddings are in no group", plain(APPEND, 'embeddings.extend([] if "value" in path else [p])')),
        Mistake("an embedding is what is called wte or value_embeds, so the classic GPT has none", plain(EMBEDDING, 'if "wte" in path or "value_embeds" in path:')),
        Mistake("the position embedding is among the matrices", plain(EMBEDDING, 'if id(p) in tables and "position" not in path:')),
        Mistake("the position embedding is among the scalars", plain(APPEND, '(scalars if "position" in path else embeddings).append(p)')),
        Mistake("an embedding is what has one row for each token of the vocabulary, so the head is one", plain(EMBEDDING, "if p.shape[0] >= model.config.vocab_size and p.ndim == 2 and id(p) in tables or path.startswith('lm_head'):")),
        Mistake("an embedding is what has vocab_size rows, so padded tables are matrices", plain(EMBEDDING, "if p.ndim == 2 and p.shape[0] == model.config.vocab_size:")),
        Mistake("an embedding is what has \"embedding\" in its name, so wte is a matrix", plain(EMBEDDING, 'if "embed" in path:')),
        Mistake("the head is lm_head.weight alone, and its bias is a scalar", plain(HEAD, 'elif path == "lm_head.weight":')),
        Mistake("the head is looked for first, so a tied table that comes as lm_head.weight is the head", plain(EMBEDDING, 'if "lm_head" in path.split("."):\n            head.append(p)\n        elif id(p) in tables:', HEAD, "elif False:")),
        Mistake("a model without lm_head breaks it", plain(HEAD, "elif any(p is each for each in model.lm_head.parameters()):")),
        Mistake("the head is whatever is called head, lm_head or not", plain(HEAD, 'elif any(part.endswith("head") for part in path.split(".")):')),
        Mistake("a matrix with one column is a scalar", plain(MATRIX, "elif p.ndim == 2 and min(p.shape) > 1:")),
        Mistake("a matrix that isn't called weight is a scalar", plain(MATRIX, 'elif p.ndim == 2 and path.endswith("weight"):')),
        Mistake("frozen biases are in a group", plain(FROZEN, FROZEN.replace("requires_grad:", "requires_grad and p.ndim > 1:"))),
        Mistake("the weight decay is 0.1 unless another is given", plain(FUNCTION, FUNCTION.replace("0.0", "0.1"))),
        Mistake("the scalars are in no group", plain(SCALAR_GROUP, "")),
        Mistake("the head is in no group", plain(HEAD_GROUP, "")),
        Mistake("the matrices are in no group: they have an optimiser of their own", plain(MUON_GROUP, "")),
        Mistake("only what has the dimension 1 is a scalar; a tensor of three axes is a matrix", plain(MATRIX, "elif p.ndim >= 2:")),
        Mistake("biases are among the matrices", plain(MATRIX, 'elif p.ndim == 2 or path.endswith("bias"):')),
        Mistake("biases are in no group", plain(FROZEN, 'if not p.requires_grad or path.endswith("bias"):\n            continue\n')),
        Mistake("vectors are in no group", plain(FROZEN, "if not p.requires_grad or p.ndim == 1:\n            continue\n")),
        Mistake("everything that isn't an embedding is trained by Muon", plain(MATRIX, "elif True:")),
        Mistake("only the weights of nn.Linear are matrices", plain(MATRIX, "elif p.ndim == 2 and id(p) in {id(m.weight) for m in model.modules() if isinstance(m, nn.Linear) and m.in_features != m.out_features}:")),
        Mistake("matrices whose sides differ are scalars", plain(MATRIX, "elif p.ndim == 2 and p.shape[0] == p.shape[1]:")),
        Mistake("only blocks are looked through for matrices, so others are scalars", plain(MATRIX, 'elif p.ndim == 2 and any(part.isdigit() for part in path.split(".")):')),
        Mistake("the embeddings are in two groups: a tied table is in the head's as well", plain(APPEND, APPEND + "\n            if any(p is q for path, q in model.named_parameters(remove_duplicate=False) if \"lm_head\" in path):\n                head.append(p)")),
        Mistake("a tied table is twice among the embeddings", plain(LOOP, "for path, p in model.named_parameters(remove_duplicate=False):")),
        Mistake("a tied table belongs to the head", plain(LOOP, 'tied = getattr(model.lm_head, "weight", None)\n    ' + LOOP, EMBEDDING, 'if id(p) in tables and p is not tied:', HEAD, "elif p is tied or \"lm_head\" in path:")),
        Mistake("what is frozen is in a group too", plain(FROZEN, "pass\n")),
        Mistake("only what is frozen is in a group", plain(FROZEN, FROZEN.replace("not ", ""))),
        Mistake("every matrix is in its group twice", plain(MATRIX, MATRIX + "\n            matrices.append(p)")),
        Mistake("every parameter has a group of its own", plain(RETURN, 'return [{**group, "params": [p]} for group in groups for p in group["params"]]')),
        Mistake("the groups hold names, not parameters", plain(RETURN, 'names = {id(p): path for path, p in model.named_parameters()}\n    return [{**group, "params": [names[id(p)] for p in group["params"]]} for group in groups if group["params"]]')),
        Mistake("the groups hold copies of the parameters", plain(LOOP, "for path, p in [(path, nn.Parameter(p.detach().clone(), p.requires_grad)) if id(p) not in tables else (path, p) for path, p in model.named_parameters()]:")),
        # How the groups come
        Mistake("the groups are in the order embeddings, matrices, head, scalars", plain(RETURN, "groups[0], groups[1] = groups[1], groups[0]\n    " + RETURN)),
        Mistake("the groups are in the alphabet's order", plain(RETURN, 'groups.sort(key=lambda group: group["name"])\n    ' + RETURN)),
        Mistake("the groups are in the opposite order", plain(RETURN, RETURN.replace("in groups", "in reversed(groups)"))),
        Mistake("groups without parameters are kept", plain(RETURN, "return groups")),
        Mistake("the groups come as a dictionary by their names", plain(RETURN, 'return {group["name"]: group for group in groups if group["params"]}')),
        Mistake("nothing is returned", plain(RETURN, RETURN.removeprefix("return "))),
        Mistake("the groups come as a generator, which can be gone through once", plain(RETURN, 'return (group for group in groups if group["params"])')),
        Mistake("the parameters of a group are a set, in no order", plain(RETURN, 'return [{**group, "params": set(group["params"])} for group in groups if group["params"]]')),
        Mistake("the parameters of a group are a generator", plain(RETURN, 'return [{**group, "params": (p for p in group["params"])} for group in groups if group["params"]]')),
        Mistake("the parameters of a group are a tuple", plain(RETURN, 'return [{**group, "params": tuple(group["params"])} for group in groups if group["params"]]')),
        Mistake("within a group the parameters are sorted by their size", plain(RETURN, 'for group in groups:\n        group["params"].sort(key=lambda p: -p.numel())\n    ' + RETURN)),
        Mistake("within a group the parameters come last to first", plain(RETURN, 'for group in groups:\n        group["params"].reverse()\n    ' + RETURN)),
        Mistake("the groups have no names", plain(RETURN, 'for group in groups:\n        del group["name"]\n    ' + RETURN)),
        Mistake("the names of head and embeddings are swapped", plain(EMBEDDING_GROUP, but(EMBEDDING_GROUP, name='"head"'), HEAD_GROUP, but(HEAD_GROUP, name='"embeddings"'))),
        Mistake("the kinds are swapped", plain(ADAMW, ADAMW.replace('"adamw",', '"muon",'), MUON_GROUP, but(MUON_GROUP, kind='"adamw"'))),
        Mistake("the head is trained by Muon too", plain(HEAD_GROUP, but(HEAD_GROUP, kind='"muon"'))),
        Mistake("the embeddings are trained by Muon too", plain(EMBEDDING_GROUP, but(EMBEDDING_GROUP, kind='"muon"'))),
        Mistake("everything is trained by AdamW", plain(MUON_GROUP, but(MUON_GROUP, kind='"adamw"'))),
        Mistake("the kinds are written with capitals: AdamW and Muon", plain(ADAMW, ADAMW.replace('"adamw",', '"AdamW",'), MUON_GROUP, but(MUON_GROUP, kind='"Muon"'))),
        # The learning rate's factor
        Mistake("s is inverted: wide models train their tables faster", plain(S, "s = math.sqrt(model.config.n_embd / 768)")),
        Mistake("s has no root", plain(S, "s = 768 / model.config.n_embd")),
        Mistake("s is 1 / sqrt(C), without the 768", plain(S, "s = 1 / math.sqrt(model.config.n_embd)")),
        Mistake("s is left out", plain(S, "s = 1")),
        Mistake("s scales the matrices too", plain(MUON_GROUP, but(MUON_GROUP, lr_scale='LR_SCALE["matrices"] * s'))),
        Mistake("s scales the scalars too", plain(SCALAR_GROUP, but(SCALAR_GROUP, lr_scale='LR_SCALE["scalars"] * s'))),
        Mistake("s scales all groups", plain(RETURN, 'groups[0]["lr_scale"] *= s\n    groups[3]["lr_scale"] *= s\n    ' + RETURN)),
        Mistake("s scales the matrices and the scalars, in the tables' place", plain(RETURN, 'for group, factor in zip(groups, (s, 1 / s, 1 / s, s)):\n        group["lr_scale"] *= factor\n    ' + RETURN)),
        Mistake("s scales the head only", plain(EMBEDDING_GROUP, but(EMBEDDING_GROUP, lr_scale='LR_SCALE["embeddings"]'))),
        Mistake("s scales the embeddings only", plain(HEAD_GROUP, but(HEAD_GROUP, lr_scale='LR_SCALE["head"]'))),
        Mistake("s never makes a rate larger: it is at most 1", plain(S, "s = min(1, 1 / math.sqrt(model.config.n_embd / 768))")),
        Mistake("s goes by the vocabulary's size, not the width", plain(S, "s = 1 / math.sqrt(model.config.vocab_size / 768)")),
        Mistake("s goes by the rows of the first table, not by its width", plain(S, "s = 1 / math.sqrt((embeddings or [model.lm_head.weight])[0].shape[0] / 768)")),
        Mistake("s goes by the columns of the last embedding, not by the model's width", plain(S, "s = 1 / math.sqrt((embeddings[-1].shape[1] if embeddings else 768) / 768)")),
        Mistake("the group's own factor is forgotten: lr_scale is s", plain(EMBEDDING_GROUP, but(EMBEDDING_GROUP, lr_scale="s"), HEAD_GROUP, but(HEAD_GROUP, lr_scale="s"))),
        Mistake("the head has the embeddings' own factor", plain(HEAD_GROUP, HEAD_GROUP.replace('LR_SCALE["head"]', 'LR_SCALE["embeddings"]'))),
        Mistake("the matrices' own factor is forgotten", plain(MUON_GROUP, but(MUON_GROUP, lr_scale="1.0"))),
        Mistake("the factors of embeddings and head are swapped", plain(EMBEDDING_GROUP, EMBEDDING_GROUP.replace('LR_SCALE["embeddings"]', 'LR_SCALE["head"]'), HEAD_GROUP, HEAD_GROUP.replace('LR_SCALE["head"]', 'LR_SCALE["embeddings"]'))),
        Mistake("lr_scale is missing in the groups", plain(RETURN, 'for group in groups:\n        del group["lr_scale"]\n    ' + RETURN)),
        # Decay and the settings of AdamW
        Mistake("all groups have the weight decay", plain(ADAMW, ADAMW.replace('"weight_decay": 0.0', '"weight_decay": weight_decay'))),
        Mistake("no group has the weight decay", plain(MUON_GROUP, but(MUON_GROUP, weight_decay="0.0"))),
        Mistake("the embeddings have the weight decay too", plain(EMBEDDING_GROUP, but(EMBEDDING_GROUP, weight_decay="weight_decay"))),
        Mistake("the head has the weight decay too", plain(HEAD_GROUP, but(HEAD_GROUP, weight_decay="weight_decay"))),
        Mistake("the scalars have the weight decay too", plain(SCALAR_GROUP, but(SCALAR_GROUP, weight_decay="weight_decay"))),
        Mistake("everything but the matrices has the weight decay", plain(ADAMW, ADAMW.replace('"weight_decay": 0.0', '"weight_decay": weight_decay'), MUON_GROUP, but(MUON_GROUP, weight_decay="0.0"))),
        Mistake("the weight decay is 0.1 where 0 is asked for", plain(MUON_GROUP, but(MUON_GROUP, weight_decay="weight_decay or 0.1"))),
        Mistake("weight_decay is missing where there is none", plain(ADAMW, ADAMW.replace('"weight_decay": 0.0, ', ""))),
        Mistake("the betas are AdamW's usual ones", plain(ADAMW, ADAMW.replace("(0.8, 0.95)", "(0.9, 0.999)"))),
        Mistake("the betas are swapped", plain(ADAMW, ADAMW.replace("(0.8, 0.95)", "(0.95, 0.8)"))),
        Mistake("the betas are missing", plain(ADAMW, ADAMW.replace('"betas": (0.8, 0.95), ', ""))),
        Mistake("the scalars have AdamW's usual betas", plain(SCALAR_GROUP, but(SCALAR_GROUP, betas="(0.9, 0.999)"))),
        Mistake("eps is AdamW's usual 1e-8", plain(ADAMW, ADAMW.replace("1e-10", "1e-8"))),
        Mistake("eps is missing", plain(ADAMW, ADAMW.replace(', "eps": 1e-10', ""))),
        # What else a call does
        Mistake("the embeddings are frozen on the way", plain(APPEND, APPEND + "\n            p.requires_grad_(False)")),
        Mistake("the tables are scaled themselves, by s", plain(RETURN, "with torch.no_grad():\n        for p in embeddings + head:\n            p.mul_(s)\n    " + RETURN)),
        Mistake("the groups are kept for the model, and a second call hands out the same ones", plain(FUNCTION, FUNCTION + '\n    if hasattr(model, "groups_"):\n        return model.groups_', RETURN, "object.__setattr__(model, 'groups_', " + RETURN.removeprefix("return ") + ")\n    return model.groups_")),
    ]
}
