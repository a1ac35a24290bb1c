"""Correct ways to sort a model's parameters that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

VARIANTS = {
    "optimizers.parameter_groups": [
        Variant("one list for each group, written down one by one", whole('''
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
    own = LR_SCALE
    groups = []
    if matrices:
        groups.append(dict(params=matrices, name="matrices", kind="muon", lr_scale=own["matrices"], weight_decay=weight_decay))
    if embeddings:
        groups.append(dict(params=embeddings, name="embeddings", kind="adamw", lr_scale=own["embeddings"] * s, weight_decay=0.0, betas=(0.8, 0.95), eps=1e-10))
    if head:
        groups.append(dict(params=head, name="head", kind="adamw", lr_scale=own["head"] * s, weight_decay=0.0, betas=(0.8, 0.95), eps=1e-10))
    if scalars:
        groups.append(dict(params=scalars, name="scalars", kind="adamw", lr_scale=own["scalars"], weight_decay=0.0, betas=(0.8, 0.95), eps=1e-10))
    return groups
''')),
        Variant("a function that names a parameter's group, and comprehensions", whole('''
def parameter_groups(model, weight_decay=0.0):
    tables = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
    head = list(model.lm_head.parameters()) if hasattr(model, "lm_head") else []

    def name_of(p):
        if any(p is table for table in tables):
            return "embeddings"
        if any(p is other for other in head):
            return "head"
        return "matrices" if p.dim() == 2 else "scalars"

    def group(name, params):
        s = (768 / model.config.n_embd) ** 0.5 if name in ("embeddings", "head") else 1
        entry = {"name": name, "params": params, "lr_scale": s * LR_SCALE[name]}
        if name == "matrices":
            return entry | {"kind": "muon", "weight_decay": weight_decay}
        return entry | {"kind": "adamw", "weight_decay": 0, "betas": (0.8, 0.95), "eps": 1e-10}

    trained = [p for p in model.parameters() if p.requires_grad]
    sorted_ = {name: [p for p in trained if name_of(p) == name] for name in LR_SCALE}
    return [group(name, params) for name, params in sorted_.items() if len(params) > 0]
''')),
        Variant("module by module, with a set of what has been seen", whole('''
def parameter_groups(model, weight_decay=0.0):
    found = {"matrices": [], "embeddings": [], "head": [], "scalars": []}
    seen = set()
    for wanted in ("embeddings", "head", "rest"):
        for path, module in model.named_modules():
            for p in module.parameters(recurse=False):
                if p in seen or not p.requires_grad:
                    continue
                if wanted == "embeddings" and isinstance(module, nn.Embedding):
                    found["embeddings"].append(p)
                elif wanted == "head" and path.split(".")[-1] == "lm_head":
                    found["head"].append(p)
                elif wanted == "rest":
                    found["matrices" if len(p.shape) == 2 else "scalars"].append(p)
                else:
                    continue
                seen.add(p)
    order = {id(p): i for i, p in enumerate(model.parameters())}
    groups = []
    for name, params in found.items():
        if not params:
            continue
        params.sort(key=lambda p: order[id(p)])
        scale = LR_SCALE[name]
        if name in {"embeddings", "head"}:
            scale /= math.sqrt(model.config.n_embd / 768)
        settings = {"lr_scale": scale, "kind": "muon" if name == "matrices" else "adamw"}
        settings["weight_decay"] = weight_decay if name == "matrices" else 0.0
        if settings["kind"] == "adamw":
            settings.update(betas=(0.8, 0.95), eps=1e-10)
        groups.append({"params": params, "name": name, **settings})
    return groups
''')),
        Variant("paths and sets of names, empty groups deleted last", whole('''
def parameter_groups(model, weight_decay=0.0):
    every = {path: p for path, p in model.named_parameters() if p.requires_grad}
    weights = [module.weight for module in model.modules() if type(module) is nn.Embedding]
    tables = {path for path, p in every.items() if any(p is weight for weight in weights)}
    head = {path for path in every if path == "lm_head" or path.startswith("lm_head.") or ".lm_head." in path} - tables
    rest = [path for path in every if path not in tables | head]
    names = {
        "matrices": [path for path in rest if every[path].ndim == 2],
        "embeddings": [path for path in every if path in tables],
        "head": [path for path in every if path in head],
        "scalars": [path for path in rest if every[path].ndim != 2],
    }
    s = (model.config.n_embd / 768.0) ** -0.5
    factors = {"matrices": 1.0, "embeddings": s, "head": s, "scalars": 1.0}
    groups = [
        {
            "params": [every[path] for path in paths],
            "name": name,
            "kind": "adamw",
            "lr_scale": LR_SCALE[name] * factors[name],
            "weight_decay": 0.0,
            "betas": (0.8, 0.95),
            "eps": 1e-10,
        }
        for name, paths in names.items()
    ]
    groups[0] = {key: value for key, value in groups[0].items() if key not in ("betas", "eps")}
    groups[0].update(kind="muon", weight_decay=weight_decay)
    for group in list(groups):
        if not group["params"]:
            groups.remove(group)
    return groups
''')),
        Variant("partitioned step by step: tables, then the head, then what has two axes", whole('''
def parameter_groups(model, weight_decay=0.0):
    left = [(path, p) for path, p in model.named_parameters() if p.requires_grad]

    def take(test):
        nonlocal left
        taken = [p for path, p in left if test(path, p)]
        left = [(path, p) for path, p in left if not test(path, p)]
        return taken

    tables = {m.weight for m in model.modules() if isinstance(m, nn.Embedding)}
    embeddings = take(lambda path, p: p in tables)
    head = take(lambda path, p: "lm_head" in path)
    matrices = take(lambda path, p: p.dim() == 2)
    scalars = take(lambda path, p: True)
    s = math.sqrt(768) / math.sqrt(model.config.n_embd)
    rows = [
        ("matrices", matrices, "muon", 1, weight_decay),
        ("embeddings", embeddings, "adamw", s, 0.0),
        ("head", head, "adamw", s, 0.0),
        ("scalars", scalars, "adamw", 1, 0.0),
    ]
    for_adamw = {"betas": (0.8, 0.95), "eps": 1e-10}
    return [
        {"name": name, "params": params, "kind": kind, "lr_scale": LR_SCALE[name] * f, "weight_decay": decay}
        | (for_adamw if kind == "adamw" else {})
        for name, params, kind, f, decay in rows
        if params
    ]
''')),
    ]
}
