"""What the checks of labs 03 and 04 share: small probes, and a way to pour known weights into a learner's layers.

A check must not depend on how a component computes. So it finds the layers by the names in the exercise's text (and,
leniently, by the usual synonyms), pours weights of its own choice into them, and compares what comes out with the
sums done by hand in ``helpers_by_hand``.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from tests.labs.helpers_by_hand import Attention, Layer, Model, Wide, rand
from vibejam_core.course import expect


def tokens(*shape: int, vocab: int, seed: int) -> Tensor:
    """Random token ids, from a generator of their own."""
    return torch.randint(vocab, shape, generator=torch.Generator().manual_seed(seed))


def n_parameters(module: nn.Module) -> int:
    """How many numbers the module can learn, each counted once."""
    return sum(parameter.numel() for parameter in module.parameters())


def changed(x: Tensor, token: int, seed: int) -> Tensor:
    """A copy of (B, T, C) in which this one token of every row is another."""
    copy = x.clone()
    copy[:, token] = rand(x.shape[0], x.shape[2], seed=seed)
    return copy


def token_gradient(module: nn.Module, x: Tensor, token: int) -> Tensor:
    """(T,): how much each token of the first row matters to one output: the size of the gradient at each input."""
    x = x.clone().requires_grad_()
    out = module(x)[0, token]
    expect.true(out.requires_grad, "no gradient flows from the output back to the input: it is cut somewhere")
    weights = rand(out.shape[-1], seed=99)  # a plain sum would cancel behind a layer norm
    (gradient,) = torch.autograd.grad((out * weights).sum(), x, allow_unused=True)
    expect.true(gradient is not None, "no gradient flows from the output back to the input: it is cut somewhere")
    return gradient[0].abs().sum(dim=-1)


def loss_after_training(model: nn.Module, idx: Tensor, targets: Tensor, steps: int) -> Tensor:
    """The loss when every weight has taken ``steps`` shrinking steps against the sign of its averaged gradient."""
    parameters = list(model.parameters())
    averages = [torch.zeros_like(parameter) for parameter in parameters]
    for step in range(steps):
        gradients = torch.autograd.grad(model(idx, targets)[1], parameters, allow_unused=True)
        for parameter, average, gradient in zip(parameters, averages, gradients, strict=True):
            if gradient is not None:
                average.mul_(0.9).add_(gradient, alpha=0.1)
                parameter.detach().sub_(0.02 * (1 - step / steps) * average.sign())
    return model(idx, targets)[1]


# --- Finding a learner's layers ---------------------------------------------------------------------------------------


ROLES = ("query", "key", "value")

NAMES = {  # the exercise's own name comes first
    "query": "query queries q wq w_q q_proj query_proj to_q to_query q_linear query_linear w_query query_layer",
    "key": "key keys k wk w_k k_proj key_proj to_k to_key k_linear key_linear w_key key_layer",
    "value": "value values v wv w_v v_proj value_proj to_v to_value v_linear value_linear w_value value_layer",
    "qkv": "qkv to_qkv qkv_proj w_qkv wqkv c_attn in_proj query_key_value",
    "proj": "proj projection c_proj out_proj output_proj o_proj proj_out to_out out output wo w_o o linear out_linear",
    "attention": "attention attn self_attention self_attn sa mha att multi_head_attention",
    "feed_forward": "feed_forward feedforward ff ffn ffwd mlp",
    "ln_1": "ln_1 ln1 norm1 norm_1 layer_norm_1 layer_norm1 layernorm1 attention_norm attn_norm",
    "ln_2": "ln_2 ln2 norm2 norm_2 layer_norm_2 layer_norm2 layernorm2 feed_forward_norm ffn_norm mlp_norm",
    "token_embedding": "token_embedding token_embeddings token_embedding_table tok_emb tok_embedding wte",
    "position_embedding": "position_embedding position_embeddings position_embedding_table pos_emb pos_embedding wpe",
    "blocks": "blocks layers h stack",
    "ln_f": "ln_f final_norm norm norm_f ln_final final_layer_norm ln",
    "lm_head": "lm_head head unembedding output out to_logits decoder",
}


def ask_for(found: object, module: nn.Module, names: str) -> None:
    """Fail in plain words if a layer was not found."""
    if found is None:
        own = ", ".join(f"self.{name}" for name, _ in module.named_children()) or "no layers"
        expect.true(False, f"the exercise asks for {names}; this {type(module).__name__} has {own}")


def child(module: nn.Module, role: str, shape: tuple[int, ...] | None = None) -> Any:
    """The layer or bare parameter of this role, or None. With a shape, only one whose matrix has that many numbers."""
    own = [*module.named_children(), *module.named_parameters(recurse=False)]
    own += [pair for _, inner in own if isinstance(inner, nn.ModuleDict) for pair in inner.items()]
    for name, thing in own:
        numbers = getattr(thing, "weight", thing)
        fits = shape is None or (isinstance(numbers, Tensor) and numbers.numel() == math.prod(shape))
        if name.lower() in NAMES[role].split() and fits:
            return thing
    return None


def matrix(layer: Any, n_in: int) -> Tensor:
    """The matrix (out, in) of an ``nn.Linear``, or of a bare parameter of either orientation, to read or to write."""
    if isinstance(layer, nn.Module):
        return layer.weight.detach().flatten(1)  # a convolution of width 1 is a linear layer, too
    return layer.detach().T if layer.shape[0] == n_in else layer.detach()


def pour(layer: Any, weight: Tensor, bias: Tensor | None = None) -> None:
    """Write a matrix (out, in), and a bias, into a layer."""
    matrix(layer, weight.shape[1]).copy_(weight)
    if bias is not None:
        layer.bias.detach().copy_(bias)


def pour_norm(norm: nn.Module, gain: Tensor, shift: Tensor) -> None:
    """Write a layer norm's two vectors. The one that starts at one is the gain, whatever it is called."""
    for parameter in norm.parameters():
        parameter.detach().copy_(gain if bool((parameter != 0).all()) else shift)


def head_matrices(head: nn.Module, n_in: int, n_out: int) -> dict[str, Tensor]:
    """A head's query, key and value matrices, (n_out, n_in) each, to read or to write."""
    fused = child(head, "qkv", (3 * n_out, n_in))
    if fused is not None:
        return dict(zip(ROLES, matrix(fused, n_in).split(n_out), strict=True))
    found = {role: child(head, role, (n_out, n_in)) for role in ROLES}
    for layer in found.values():
        ask_for(layer, head, "self.query, self.key and self.value (or one fused self.qkv)")
    return {role: matrix(layer, n_in) for role, layer in found.items()}


def pour_head(head: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give one attention head its query, key and value matrices, each (D, C)."""
    n_out, n_in = weights["query"].shape
    for role, own in head_matrices(head, n_in, n_out).items():
        own.copy_(weights[role])


def heads_of(attention: nn.Module, n_head: int) -> Any:
    """The list of head modules, or None where all heads are fused."""
    for _, layers in attention.named_children():
        if isinstance(layers, nn.ModuleList) and len(layers) == n_head and not isinstance(layers[0], nn.Linear):
            return layers
    return None


def heads_matrices(attention: nn.Module, n_embd: int, n_head: int) -> list[dict[str, Tensor]]:
    """Every head's three matrices: from a list of heads, or from matrices that hold all heads in their order."""
    heads = heads_of(attention, n_head)
    if heads is not None:
        return [head_matrices(head, n_embd, n_embd // n_head) for head in heads]
    fused = {role: own.chunk(n_head) for role, own in head_matrices(attention, n_embd, n_embd).items()}
    return [{role: fused[role][h] for role in ROLES} for h in range(n_head)]


def pour_attention(attention: nn.Module, weights: Attention) -> None:
    """Give a multi-head attention its matrices."""
    n_embd = weights.proj.shape[1]
    for own, head in zip(heads_matrices(attention, n_embd, len(weights.heads)), weights.heads, strict=True):
        for role in ROLES:
            own[role].copy_(head[role])
    proj = child(attention, "proj", tuple(weights.proj.shape))
    ask_for(proj, attention, "self.proj, an nn.Linear(n_embd, n_embd)")
    pour(proj, weights.proj, weights.proj_bias)


def pour_feed_forward(feed_forward: nn.Module, weights: Wide) -> None:
    """Give a feed-forward network its two layers, told apart by their shapes alone."""
    for weight, bias in ((weights.up, weights.up_bias), (weights.down, weights.down_bias)):
        layers = [m for m in feed_forward.modules() if getattr(m, "weight", bias).shape[:2] == weight.shape]
        ask_for(layers[0] if layers else None, feed_forward, f"an nn.Linear({weight.shape[1]}, {weight.shape[0]})")
        pour(layers[0], weight, bias)


def pour_block(block: nn.Module, weights: Layer) -> None:
    """Give a block all its weights."""
    pieces = {role: child(block, role) for role in ("ln_1", "attention", "ln_2", "feed_forward")}
    for role, piece in pieces.items():
        ask_for(piece, block, f"self.{role}")
    pour_norm(pieces["ln_1"], *weights.norm_1)
    pour_attention(pieces["attention"], weights.attention)
    pour_norm(pieces["ln_2"], *weights.norm_2)
    pour_feed_forward(pieces["feed_forward"], weights.wide)


def piece_of(model: nn.Module, role: str) -> Any:
    """One of a GPT's five pieces, asked for by name."""
    piece = child(model, role)
    ask_for(piece, model, f"self.{role}")
    return piece


def pour_model(model: nn.Module, weights: Model) -> None:
    """Give a GPT all its weights."""
    pour_table(piece_of(model, "token_embedding"), weights.tokens)
    pour_table(piece_of(model, "position_embedding"), weights.positions)
    for block, layer in zip(piece_of(model, "blocks"), weights.layers, strict=True):
        pour_block(block, layer)
    pour_norm(piece_of(model, "ln_f"), *weights.norm)
    pour(piece_of(model, "lm_head"), weights.head)


def pour_table(layer: Any, rows: Tensor) -> None:
    """Write an embedding's rows, into an ``nn.Embedding`` or a bare parameter."""
    (layer.weight if isinstance(layer, nn.Module) else layer).detach().copy_(rows)


# --- Looking at dropout -----------------------------------------------------------------------------------------------


def survivors(out: Tensor, clean: Tensor) -> Tensor:
    """By what factor each number of ``out`` differs from the output without dropout."""
    return out.detach().double() / clean


def close_per_row(ratio: Tensor, what: str) -> None:
    """The factors of one token's numbers must be one and the same."""
    expect.close(ratio, ratio[..., :1].expand_as(ratio), what, atol=1e-3)
