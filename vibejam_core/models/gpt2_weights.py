"""OpenAI's GPT-2 in the GPT of lab 04: every tensor of the checkpoint finds its place, or the error names it.

The two models are the same but for three things, which :func:`load_gpt2` sees to:

- GPT-2's projections to queries, keys and values have biases: they become ``nn.Linear`` layers that have them.
- GPT-2's head and token embedding are one table: they become one parameter.
- GPT-2 keeps its matrices as (in, out), because its code multiplies from the right; ``nn.Linear`` keeps (out, in).

Source: Radford et al. 2019; the format is that of https://huggingface.co/openai-community/gpt2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gpt import GPTModel
from vibejam_core.models.gpt2_config import FIELDS, GPT2Config, read_gpt2_config
from vibejam_core.models.hub import fetch

REPO = "openai-community/gpt2"
CONFIG, WEIGHTS = "config.json", "model.safetensors"
MASKS = re.compile(r"h\.\d+\.attn\.(masked_)?bias")
"""Not weights: causal masks, which some checkpoints keep, and the number that stands for minus infinity."""


def fetch_gpt2(repo: str = REPO, *, endpoint: str | None = None, cache_dir: Path | None = None) -> Path:
    """The folder, in the Hub's cache, of a repository's config.json and model.safetensors.

    The settings come first: of a model that ours can't be, no weights are fetched. Raises what
    :func:`vibejam_core.models.hub.fetch` and :func:`read_gpt2_config` raise.
    """
    settings = fetch(repo, CONFIG, endpoint=endpoint, cache_dir=cache_dir)
    read_gpt2_config(settings)
    try:
        return fetch(repo, WEIGHTS, endpoint=endpoint, cache_dir=cache_dir).parent
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error} The course reads weights from one safetensors file and from nothing else: other formats are "
            "pickles, which can run any code when they are opened."
        ) from error


def load_gpt2(folder: Path, model: BaseLM | None = None) -> BaseLM:
    """The GPT of lab 04 with the weights of a GPT-2 checkpoint, on the CPU, in float32 and in evaluation mode.

    Parts are found by the names in the docstrings of labs 03 and 04, whoever wrote them: queries, keys and values are
    ``query``, ``key`` and ``value`` or one ``qkv``, on each of the ``heads`` or on the attention itself.

    Args:
        folder: has config.json and model.safetensors, as :func:`fetch_gpt2` or ``save_pretrained`` left them.
        model: the one to fill, of the checkpoint's shape (see :func:`read_gpt2_config`); None makes a ``GPTModel``.

    Returns:
        The model. ``lm_head.weight`` is ``token_embedding.weight``, unless the checkpoint says they are not tied.

    Raises:
        FileNotFoundError: if one of the files isn't there.
        ValueError: if a file is damaged; if tensors are missing, unknown or of a wrong shape; if the model has no such
            parts, or computes something else than GPT-2 with them. The message names them.
    """
    config = read_gpt2_config(folder / CONFIG)
    with opened(folder / WEIGHTS) as weights:
        checked = Checked(weights, config, folder / WEIGHTS)
        model = GPTModel(config.shape) if model is None else model
        differing = [name for name in FIELDS.values() if getattr(model.config, name) != getattr(config.shape, name)]
        if differing:
            wanted = ", ".join(f"{name} {getattr(config.shape, name)}" for name in differing)
            raise ValueError(f"the checkpoint in {folder} needs a model with {wanted}; this one has another shape.")
        fill(model, checked, config)
    model.eval()
    return model


class Checked:
    """The tensors of a checkpoint, all there and of the right shapes, read one at a time."""

    def __init__(self, weights: Any, config: GPT2Config, path: Path) -> None:
        self.weights = weights
        stored = list(weights.keys())
        self.prefix = "transformer." if any(name.startswith("transformer.") for name in stored) else ""
        wanted = shapes(config.shape)
        if not config.tied:
            wanted["lm_head.weight"] = wanted["wte.weight"]
        have = {name.removeprefix(self.prefix): name for name in stored}
        missing = [name for name in wanted if name not in have]
        unknown = [n for n in have if n not in wanted and not MASKS.fullmatch(n) and n != "lm_head.weight"]
        if missing or unknown:
            raise ValueError(
                f"{path} is not the checkpoint of a GPT-2 with {config.shape.n_layer} layers: it lacks "
                f"{some(missing)} and has, besides what belongs there, {some(unknown)}."
            )
        for name, shape in wanted.items():
            found = tuple(weights.get_slice(have[name]).get_shape())
            if found != shape:
                raise ValueError(
                    f"{path}: {name} has shape {found}, but by the {CONFIG} beside it it should be {shape}"
                )
        self.names = have

    def __getitem__(self, name: str) -> Tensor:
        """A tensor by its name without prefix, in float32; matrices of linear layers turned to (out, in)."""
        tensor: Tensor = self.weights.get_tensor(self.names[name]).float()
        turned = re.search(r"\.c_\w+\.weight$", name)
        return tensor.T.contiguous() if turned else tensor


def shapes(shape: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor of a GPT-2, and its shape in the file."""
    C = shape.n_embd
    found: dict[str, tuple[int, ...]] = {"wte.weight": (shape.vocab_size, C), "wpe.weight": (shape.block_size, C)}
    layers = {"attn.c_attn": (C, 3 * C), "attn.c_proj": (C, C), "mlp.c_fc": (C, 4 * C), "mlp.c_proj": (4 * C, C)}
    for i in range(shape.n_layer):
        for name, (wide, narrow) in layers.items():
            found |= {f"h.{i}.{name}.weight": (wide, narrow), f"h.{i}.{name}.bias": (narrow,)}
        for name in ("ln_1", "ln_2"):
            found |= {f"h.{i}.{name}.weight": (C,), f"h.{i}.{name}.bias": (C,)}
    return found | {"ln_f.weight": (C,), "ln_f.bias": (C,)}


def fill(model: BaseLM, weights: Checked, config: GPT2Config) -> None:
    """Put every tensor in its place."""
    tokens = part(model, "token_embedding", nn.Embedding)
    put(tokens, weights["wte.weight"])
    put(part(model, "position_embedding", nn.Embedding), weights["wpe.weight"])
    blocks = list(part(model, "blocks", nn.Module).children())
    if len(blocks) != config.shape.n_layer:
        raise ValueError(f"this model has {len(blocks)} blocks, but the checkpoint has {config.shape.n_layer}")
    for i, block in enumerate(blocks):
        for norm in ("ln_1", "ln_2"):
            put_norm(part(block, norm, nn.LayerNorm), weights, f"h.{i}.{norm}", config.epsilon)
        attention = part(block, "attention", nn.Module)
        put_attention(attention, weights[f"h.{i}.attn.c_attn.weight"], weights[f"h.{i}.attn.c_attn.bias"], config)
        put_linear(part(attention, "proj", nn.Linear), weights, f"h.{i}.attn.c_proj")
        put_feed_forward(part(block, "feed_forward", nn.Module), weights, f"h.{i}.mlp", config)
        if i == 0:  # the others run the same code
            check_attention(attention.eval(), weights, config)
    put_norm(part(model, "ln_f", nn.LayerNorm), weights, "ln_f", config.epsilon)
    head = part(model, "lm_head", nn.Linear)
    if config.tied:
        head.weight = tokens.weight
    else:
        put(head, weights["lm_head.weight"])


def put_attention(attention: nn.Module, weight: Tensor, bias: Tensor, config: GPT2Config) -> None:
    """Give queries, keys and values GPT-2's weights, (3C, C), and biases, (3C,): all queries', keys', then values'."""
    H, D, C = config.shape.n_head, config.shape.head_dim, config.shape.n_embd
    if hasattr(attention, "qkv") or hasattr(attention, "query"):
        put_projections(attention, weight.view(3, C, C), bias.view(3, C))
        return
    heads = list(part(attention, "heads", nn.Module).children())
    if len(heads) != H:
        raise ValueError(f"the attention of this model has {len(heads)} heads, but the checkpoint has {H}")
    weight, bias = weight.view(3, H, D, C), bias.view(3, H, D)  # of each of the three, head after head
    for h, head in enumerate(heads):
        put_projections(head, weight[:, h], bias[:, h])  # (3, D, C), (3, D)


def put_projections(module: nn.Module, weight: Tensor, bias: Tensor) -> None:
    """Replace a module's projections by linear layers with biases; weight (3, rows, C), bias (3, rows)."""
    if hasattr(module, "qkv"):
        replace(module, "qkv", weight.flatten(0, 1), bias.flatten())
        return
    for name, rows, offsets in zip(("query", "key", "value"), weight, bias, strict=True):
        replace(module, name, rows, offsets)


def replace(module: nn.Module, name: str, weight: Tensor, bias: Tensor) -> None:
    """Put a linear layer with these weights, (out, in), and this bias, (out,), where one without a bias was."""
    old = part(module, name, nn.Linear)
    if old.weight.shape != weight.shape:
        raise ValueError(
            f"{type(module).__name__}.{name} has weights of shape {tuple(old.weight.shape)}, GPT-2's are "
            f"{tuple(weight.shape)}"
        )
    layer = nn.Linear(weight.shape[1], weight.shape[0], device="meta")  # no random weights that would be thrown away
    layer.weight = nn.Parameter(weight.clone(memory_format=torch.contiguous_format))  # no view of the other heads'
    layer.bias = nn.Parameter(bias.clone())
    setattr(module, name, layer)


def put_feed_forward(network: nn.Module, weights: Checked, name: str, config: GPT2Config) -> None:
    """Fill the two linear layers, which are told apart by their shapes, and choose the GELU that GPT-2 has."""
    C = config.shape.n_embd
    layers = {tuple(layer.weight.shape): layer for layer in network.modules() if isinstance(layer, nn.Linear)}
    if set(layers) != {(4 * C, C), (C, 4 * C)}:
        raise ValueError(
            f"{type(network).__name__} should hold two linear layers, with weights of shape {(4 * C, C)} and "
            f"{(C, 4 * C)}, but there are {some([str(shape) for shape in layers])}."
        )
    put_linear(layers[4 * C, C], weights, f"{name}.c_fc")
    put_linear(layers[C, 4 * C], weights, f"{name}.c_proj")
    for module in network.modules():
        if isinstance(module, nn.GELU):
            module.approximate = config.gelu


def put_linear(layer: nn.Linear, weights: Checked, name: str) -> None:
    """Fill a linear layer that has a bias."""
    if layer.bias is None:
        raise ValueError(
            f"GPT-2 has a bias at {name}, but the linear layer in its place has none: leave out bias=False"
        )
    put(layer, weights[f"{name}.weight"])
    put(layer, weights[f"{name}.bias"], "bias")


def put_norm(norm: nn.LayerNorm, weights: Checked, name: str, epsilon: float) -> None:
    """Fill a norm."""
    put(norm, weights[f"{name}.weight"])
    put(norm, weights[f"{name}.bias"], "bias")
    norm.eps = epsilon


def put(module: nn.Module, value: Tensor, name: str = "weight") -> None:
    """Copy a tensor into a parameter of its shape."""
    parameter = module.get_parameter(name)
    if parameter.shape != value.shape:
        raise ValueError(
            f"the {name} of this {type(module).__name__} has shape {tuple(parameter.shape)}, "
            f"GPT-2's has {tuple(value.shape)}"
        )
    with torch.no_grad():
        parameter.copy_(value)


def part(module: nn.Module, name: str, kind: type[Any]) -> Any:
    """A module's part. Raises ValueError if it has none of this name and kind."""
    found = getattr(module, name, None)
    if not isinstance(found, kind):
        raise ValueError(
            f"GPT-2's weights find their places by the names of labs 03 and 04, but {type(module).__name__} has no "
            f"nn.{kind.__name__} called {name}. Call it as the docstring of {type(module).__name__} does."
        )
    return found


def check_attention(attention: nn.Module, weights: Checked, config: GPT2Config) -> None:
    """Compare the first layer's attention with GPT-2's, computed in another way: is everything used that was put there?

    Raises:
        ValueError: if it isn't, as in a forward that multiplies with ``self.qkv.weight`` and so misses the biases.
    """
    C, T = config.shape.n_embd, min(5, config.shape.block_size)
    x = torch.randn(1, T, C, generator=torch.Generator().manual_seed(0))
    joined = F.linear(x, weights["h.0.attn.c_attn.weight"], weights["h.0.attn.c_attn.bias"])  # (1, T, 3C)
    q, k, v = joined.view(T, 3, config.shape.n_head, -1).permute(1, 2, 0, 3)  # each (H, T, D)
    gathered = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(0, 1).reshape(1, T, C)
    wanted = F.linear(gathered, weights["h.0.attn.c_proj.weight"], weights["h.0.attn.c_proj.bias"])
    with torch.no_grad():
        found = attention(x)
    off = float((found - wanted).norm() / wanted.norm())
    if not off < 1e-3:
        raise ValueError(
            f"with GPT-2's weights, {type(attention).__name__} computes something else than GPT-2 ({off:.1%} off). "
            "Its projections have biases now, which are used only where forward calls them, as in self.query(x)."
        )


def some(names: list[str]) -> str:
    """The first few of some names."""
    if not names:
        return "nothing"
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file, of which only what is asked for is read."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}. Fetch it again, or give the folder that has it.")
    try:
        with safe_open(path, framework="pt") as weights:
            yield weights
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or cut off: {error}. Delete it and fetch it again.") from error
