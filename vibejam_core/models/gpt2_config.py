"""What a GPT-2 checkpoint says of itself in its config.json, and whether the GPT of lab 04 can be that model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibejam_core.models.config import ModelConfig

FIELDS = {
    "vocab_size": "vocab_size",
    "n_positions": "block_size",
    "n_layer": "n_layer",
    "n_head": "n_head",
    "n_embd": "n_embd",
}
"""GPT-2's names for a model's shape, and ours."""

GELU = {"gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu_fast": "tanh", "gelu": "none"}
"""The activations that nn.GELU has, and what it calls them (its ``approximate``). OpenAI's weights want the first."""

FIXED = {"scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False}
"""What would change the computation, with the only value that ours can do, which is also the default."""


@dataclass(frozen=True)
class GPT2Config:
    """A checkpoint's config.json, as far as it matters here."""

    shape: ModelConfig
    """The shape of the model, with dropout off."""
    gelu: str
    """``approximate`` of nn.GELU."""
    epsilon: float
    """What the norms add to the variance."""
    tied: bool
    """Whether the head's weights are those of the token embedding."""


def read_gpt2_config(path: Path) -> GPT2Config:
    """Read a config.json.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it can't be read, is of another architecture, or of a GPT-2 that ours can't be; the message
            names the field and its value.
    """
    data = read_json(path)
    kind = data.get("model_type")
    if kind != "gpt2":
        raise ValueError(
            f"{path} is of a model of type {kind!r}, but the classic GPT of lab 04 can be a 'gpt2' only: other "
            "architectures have other parts. Take a GPT-2, such as openai-community/gpt2 or distilbert/distilgpt2."
        )
    missing = [name for name in FIELDS if type(data.get(name)) is not int]
    if missing:
        raise ValueError(f"{path} gives no whole number for {', '.join(missing)}, so the model's shape isn't known.")
    for name, value in FIXED.items():
        if data.get(name, value) != value:
            raise ValueError(f"{path} sets {name} to {data[name]}; the GPT of lab 04 computes as with {value} only.")
    activation = data.get("activation_function", "gelu_new")
    if activation not in GELU:
        raise ValueError(
            f"{path} sets activation_function to {activation!r}, but the feed-forward network of lab 04 has a GELU: "
            f"{', '.join(GELU)}."
        )
    inner = data.get("n_inner") or 4 * data["n_embd"]
    if inner != 4 * data["n_embd"]:
        raise ValueError(
            f"{path} sets n_inner to {inner}, but the feed-forward network of lab 04 is 4 * n_embd = "
            f"{4 * data['n_embd']} wide."
        )
    return GPT2Config(
        shape=ModelConfig(**{ours: data[theirs] for theirs, ours in FIELDS.items()}),
        gelu=GELU[activation],
        epsilon=float(data.get("layer_norm_epsilon", 1e-5)),
        tied=bool(data.get("tie_word_embeddings", True)),
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises FileNotFoundError or ValueError, for people."""
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no {path}. A checkpoint of the Hugging Face kind is a folder with config.json and "
            "model.safetensors."
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not UTF-8
        raise ValueError(f"{path} is damaged: it is not JSON ({error}). Fetch it again.") from error
    if not isinstance(data, dict):
        raise ValueError(f"{path} is damaged: it holds a {type(data).__name__} and no settings. Fetch it again.")
    return data
