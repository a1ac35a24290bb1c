"""Checks of lab 13: who gets which optimiser, and the trapezoid."""

import torch
from torch import nn

from vibejam_core.course import expect
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model

MODERN = ModelConfig(
    vocab_size=11, block_size=8, n_layer=3, n_head=4, n_kv_head=2, n_embd=192,
    value_embeddings=True, residual_scalars=True,
)  # fmt: skip
CLASSIC = ModelConfig(vocab_size=11, block_size=8, n_layer=2, n_head=2, n_embd=48)


class Odd(nn.Module):
    """A model with a table that is embedding and head at once, a frozen matrix and a tensor of three axes."""

    def __init__(self):
        super().__init__()
        self.config = ModelConfig(vocab_size=7, n_embd=12, n_head=2)
        self.words = nn.Embedding(7, 12)
        self.inner = nn.Linear(12, 12, bias=False)
        self.frozen = nn.Linear(12, 5).requires_grad_(False)
        self.cube = nn.Parameter(torch.zeros(2, 3, 4))
        self.lm_head = nn.Linear(12, 7, bias=False)
        self.lm_head.weight = self.words.weight


class Rare(nn.Module):
    """A model with a head that has a bias, and with matrices outside of layers."""

    def __init__(self):
        super().__init__()
        self.config = ModelConfig(vocab_size=7, n_embd=12, n_head=2)
        self.lookup = nn.Embedding(7, 12)
        self.mix = nn.Parameter(torch.zeros(12, 12))
        self.column = nn.Parameter(torch.zeros(12, 1))
        self.inner = nn.Linear(12, 12)
        self.lm_head = nn.Linear(12, 7)


class HeadFirst(nn.Module):
    """A model whose head, the same table as its embedding, comes first."""

    def __init__(self):
        super().__init__()
        self.config = ModelConfig(vocab_size=7, n_embd=12, n_head=2)
        self.lm_head = nn.Linear(12, 7, bias=False)
        self.words = nn.Embedding(7, 12)
        self.words.weight = self.lm_head.weight


def by_name(groups):
    """The groups, found by their names."""
    return {group["name"]: group for group in groups}


def paths(model, group):
    """The names in the model of a group's parameters, in the group's order."""
    known = {id(parameter): path for path, parameter in model.named_parameters()}
    return [known.get(id(parameter), "(not of this model)") for parameter in group["params"]]


# --- parameter_groups -------------------------------------------------------------------------------------------------


def test_parameter_groups_each_once(parameter_groups):
    """Every parameter of the model is in one group, and in one only."""
    for arch, config in (("modern_gpt", MODERN), ("gpt", CLASSIC)):
        model = build_model(arch, config)
        found = sorted(path for group in parameter_groups(model) for path in paths(model, group))
        expect.equal(found, sorted(path for path, _ in model.named_parameters()), f"the parameters of {arch}")


def test_parameter_groups_of_the_modern_gpt(parameter_groups):
    """Of the modern GPT: the blocks' matrices, the embeddings with the value embeddings, the head, both lambdas."""
    model = build_model("modern_gpt", MODERN)
    groups = by_name(parameter_groups(model))
    tables = ["transformer.wte.weight", "value_embeds.0.weight", "value_embeds.2.weight"]
    expect.equal(sorted(paths(model, groups["embeddings"])), tables, "the embeddings")
    expect.equal(paths(model, groups["head"]), ["lm_head.weight"], "the head")
    expect.equal(sorted(paths(model, groups["scalars"])), ["resid_lambdas", "x0_lambdas"], "the scalars")
    expect.equal(len(groups["matrices"]["params"]), 3 * 6, "how many matrices three blocks have")


def test_parameter_groups_of_the_classic_gpt(parameter_groups):
    """Of the classic GPT: both embeddings are embeddings; biases and norms are scalars."""
    model = build_model("gpt", CLASSIC)
    groups = by_name(parameter_groups(model))
    where = {path: name for name, group in groups.items() for path in paths(model, group)}
    tables = ("token_embedding.weight", "position_embedding.weight", "lm_head.weight")
    expect.equal([where[path] for path in tables], ["embeddings", "embeddings", "head"], f"the groups of {tables}")
    expect.true(all(p.ndim == 1 for p in groups["scalars"]["params"]), "among the scalars are parameters with two axes")
    expect.true(all(p.ndim == 2 for p in groups["matrices"]["params"]), "among the matrices are some with one axis")


def test_parameter_groups_order(parameter_groups):
    """The groups come in the order of the table: matrices, embeddings, head, scalars."""
    groups = parameter_groups(build_model("modern_gpt", MODERN))
    expect.true(isinstance(groups, list), f"the groups should be a list, not a {type(groups).__name__}")
    names = [group["name"] for group in groups]
    expect.equal(names, ["matrices", "embeddings", "head", "scalars"], "the groups' names")


def test_parameter_groups_keep_the_models_order(parameter_groups):
    """Within a group the parameters stand in the model's order, in a list."""
    model = build_model("modern_gpt", MODERN)
    order = {path: i for i, (path, _) in enumerate(model.named_parameters())}
    for group in parameter_groups(model):
        expect.true(isinstance(group["params"], list), f'"params" of {group["name"]} is no list')
        places = [order[path] for path in paths(model, group)]
        expect.equal(places, sorted(places), f"where the parameters of {group['name']} stand in the model")


def test_parameter_groups_kinds(parameter_groups):
    """Muon trains the matrices, AdamW all else."""
    kinds = {group["name"]: group["kind"] for group in parameter_groups(build_model("modern_gpt", MODERN))}
    expect.equal(kinds, {"matrices": "muon", "embeddings": "adamw", "head": "adamw", "scalars": "adamw"}, "the kinds")


def test_parameter_groups_scales(parameter_groups):
    """The tables' scale is their own times 1 / sqrt(n_embd / 768): 0.8 at width 1200, 2 at width 192."""
    own = parameter_groups.__globals__["LR_SCALE"]
    wide = ModelConfig(vocab_size=11, n_embd=1200, n_head=2, n_layer=1, residual_scalars=True)
    for config, factor in ((wide, 0.8), (MODERN, 2.0)):
        with torch.device("meta"):  # the shapes alone, without numbers
            model = build_model("modern_gpt", config)
        scales = {group["name"]: group["lr_scale"] for group in parameter_groups(model)}
        want = [own[name] * (factor if name in ("embeddings", "head") else 1.0) for name in scales]
        expect.close(list(scales.values()), want, f"lr_scale of the {', the '.join(scales)} at width {config.n_embd}")


def test_parameter_groups_decay(parameter_groups):
    """Only the matrices have the weight decay, which is 0 unless one is given."""
    for decay, given in ((0.3, [0.3]), (0.0, [0.0]), (0.0, [])):
        groups = parameter_groups(build_model("modern_gpt", MODERN), *given)
        found = {group["name"]: group["weight_decay"] for group in groups}
        expect.equal(found, {"matrices": decay, "embeddings": 0.0, "head": 0.0, "scalars": 0.0}, "the weight decays")


def test_parameter_groups_settings_of_adamw(parameter_groups):
    """AdamW's groups have betas (0.8, 0.95) and eps 1e-10."""
    for group in parameter_groups(build_model("modern_gpt", MODERN)):
        if group["kind"] == "adamw":
            expect.equal(tuple(group.get("betas", ())), (0.8, 0.95), f"the betas of {group['name']}")
            expect.close(group.get("eps", -1.0), 1e-10, f"eps of {group['name']}", atol=1e-13, rtol=1e-6)


def test_parameter_groups_without_what_is_not_there(parameter_groups):
    """Groups that would be empty are left out."""
    plain = ModelConfig(vocab_size=11, block_size=8, n_layer=1, n_head=2, n_embd=16)
    names = [group["name"] for group in parameter_groups(build_model("modern_gpt", plain))]
    expect.equal(names, ["matrices", "embeddings", "head"], "the groups of a model without scalars")
    names = [group["name"] for group in parameter_groups(build_model("gram", plain))]
    expect.equal(names, ["matrices", "embeddings"], "the groups of a model without a module called lm_head")


def test_parameter_groups_frozen_tied_and_odd(parameter_groups):
    """What is frozen is in no group, a table that is embedding and head is an embedding, three axes are no matrix."""
    model = Odd()
    groups = {group["name"]: paths(model, group) for group in parameter_groups(model)}
    want = {"matrices": ["inner.weight"], "embeddings": ["words.weight"], "scalars": ["cube"]}
    expect.equal(groups, want, "the groups of a model with tied, frozen and odd parameters")


def test_parameter_groups_go_by_what_a_parameter_is(parameter_groups):
    """All of lm_head is the head, its bias too; whatever else has two axes is a matrix, whatever it is called."""
    model = Rare()
    groups = {group["name"]: paths(model, group) for group in parameter_groups(model)}
    want = {
        "matrices": ["mix", "column", "inner.weight"],
        "embeddings": ["lookup.weight"],
        "head": ["lm_head.weight", "lm_head.bias"],
        "scalars": ["inner.bias"],
    }
    expect.equal(groups, want, "the groups of a model with unusual parts")


def test_parameter_groups_tied_table_whose_head_comes_first(parameter_groups):
    """A table that is embedding and head is an embedding, also where the model names the head first."""
    model = HeadFirst()
    groups = {group["name"]: paths(model, group) for group in parameter_groups(model)}
    expect.equal(groups, {"embeddings": ["lm_head.weight"]}, "the groups of a model that is one table")


def test_parameter_groups_leave_the_model_alone(parameter_groups):
    """The model is the same afterwards; the groups hold its own parameters."""
    model = build_model("modern_gpt", MODERN)
    before = {path: parameter.detach().clone() for path, parameter in model.named_parameters()}
    parameter_groups(model, 0.5)
    for path, parameter in model.named_parameters():
        expect.equal(parameter.detach(), before[path], path)
        expect.true(parameter.requires_grad, f"{path} is not trained any more")


def test_parameter_groups_are_new_each_time(parameter_groups):
    """What is done to the groups of one call doesn't show in those of another."""
    model = build_model("modern_gpt", MODERN)
    for group in parameter_groups(model, 0.5):
        group["lr_scale"] = group["weight_decay"] = -1.0
        group["params"].clear()
    again = parameter_groups(model, 0.5)
    expect.true(
        all(group["params"] and group["lr_scale"] > 0 for group in again), "an earlier call shows in a later one"
    )


# --- trapezoid --------------------------------------------------------------------------------------------------------


def outcome(trapezoid, cooldown):
    """What comes of this cooldown: the kind of error, or the share."""
    try:
        share = trapezoid(0.5, cooldown)
    except Exception as error:
        return type(error).__name__
    return f"{share:g}" if isinstance(share, int | float) else type(share).__name__ + " returned"


def test_trapezoid_stays_at_the_top(trapezoid):
    """Until the cooldown begins the share is 1."""
    for progress in (0.0, 0.3, 0.59, 0.6):
        expect.close(trapezoid(progress, 0.4), 1.0, f"the share at progress {progress}, cooldown 0.4")


def test_trapezoid_falls_in_a_straight_line(trapezoid):
    """In the cooldown the share falls in a straight line, to 0 at the end."""
    for progress, share in ((0.7, 0.75), (0.8, 0.5), (0.9, 0.25), (1.0, 0.0)):
        expect.close(trapezoid(progress, 0.4), share, f"the share at progress {progress}, cooldown 0.4")


def test_trapezoid_other_cooldowns(trapezoid):
    """The cooldown may be short, or last from the beginning to the end."""
    for progress, cooldown, share in ((0.9, 1.0, 0.1), (0.1, 1.0, 0.9), (0.95, 0.1, 0.5), (0.85, 0.1, 1.0),
                                      (0.5, 0.7, 5 / 7), (0.9995, 0.001, 0.5), (0.75, 1, 0.25)):  # fmt: skip
        expect.close(trapezoid(progress, cooldown), share, f"the share at progress {progress}, cooldown {cooldown}")


def test_trapezoid_outside_the_run(trapezoid):
    """Below progress 0 the share is 1, above 1 it is 0."""
    for cooldown in (0.4, 1.0):
        expect.close(trapezoid(-0.5, cooldown), 1.0, f"the share at progress -0.5, cooldown {cooldown}")
        expect.close(trapezoid(1.1, cooldown), 0.0, f"the share at progress 1.1, cooldown {cooldown}")


def test_trapezoid_is_a_float(trapezoid):
    """The share is a Python float."""
    kinds = [type(trapezoid(progress, 0.4)).__name__ for progress in (0, 0.5, 0.9, 1, -1, 2)]
    expect.equal(kinds, ["float"] * 6, "what the shares at progress 0, 0.5, 0.9, 1, -1 and 2 are")


def test_trapezoid_refuses_a_wrong_cooldown(trapezoid):
    """A cooldown of 0 or less, or of more than 1, is a ValueError that names it."""
    wrong = (0.0, -0.25, 1.5)
    outcomes = [outcome(trapezoid, cooldown) for cooldown in wrong]
    expect.equal(outcomes, ["ValueError"] * 3, f"what comes of the cooldowns {wrong}")
    for cooldown in wrong:
        expect.raises(ValueError, lambda cooldown=cooldown: trapezoid(0.5, cooldown), [f"{cooldown:g}"],
                      f"a cooldown of {cooldown}")  # fmt: skip


def test_trapezoid_refuses_a_wrong_cooldown_everywhere(trapezoid):
    """A wrong cooldown is refused at every progress, not only where the share depends on it."""
    for progress in (-0.5, 0.0, 1.0, 1.5):
        for cooldown in (-0.25, 1.5):
            expect.raises(ValueError, lambda at=progress, cooldown=cooldown: trapezoid(at, cooldown), [f"{cooldown:g}"],
                          f"a cooldown of {cooldown} at progress {progress}")  # fmt: skip
