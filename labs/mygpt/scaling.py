# Yours to write, in lab 15 (Pretraining on a GPU).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check scaling.shape_for
"""One dial: a model's shape, its batch, its learning rate and its horizon, all from how many layers it has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vibejam_core.models.config import ModelConfig

REFERENCE_TOKENS = 2**29
"""A horizon, in tokens, at which this course has settled on a batch and a learning rate. Laws scale from there."""
REFERENCE_BATCH = 2**16
"""The batch for that horizon, in tokens."""
REFERENCE_RATE = 5e-3
"""The learning rate for that batch; ``LR_SCALE`` of the optimisers is relative to it."""
BATCH_EXPONENT = 0.383
"""With which power of the horizon the best batch grows ("Power Lines", Bergsma et al. 2025)."""


@dataclass(frozen=True)
class Plan:
    """How a run goes: so many steps, each on so many rows. None of it depends on how many machines share the work."""

    block_size: int
    """T: how many tokens a row has."""
    rows: int
    """How many rows one optimiser step is made of, over all ranks and micro-batches."""
    steps: int
    """How many optimiser steps."""
    learning_rate: float
    """The highest one, which a schedule starts from."""

    @property
    def batch_tokens(self) -> int:
        """How many tokens one optimiser step is made of."""
        return self.rows * self.block_size

    @property
    def n_tokens(self) -> int:
        """How many tokens the whole run is trained on."""
        return self.steps * self.batch_tokens


@dataclass(frozen=True)
class Memory:
    """What one rank needs to train, in bytes."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits


def shape_for(depth: int, vocab_size: int, block_size: int) -> ModelConfig:
    r"""The shape of a modern GPT with so many layers.

    - as many layers as ``depth``
    - 64 times as wide as deep: :math:`C = 64 \cdot depth`
    - heads of 128 numbers where ``depth`` is even and at least 8, else of 64
    - every other field of the config as it is by default, so each head has its own keys
      and values, and the compute dtype is float32

    A model of the same size that is wider, or deeper, learns about as well over a large
    range, so one ratio does for all sizes.

    Args:
        depth: at least 1.
        vocab_size: V.
        block_size: T, the longest context.

    Returns:
        The config.

    Raises:
        ValueError: if the depth isn't at least 1; the message names it.

    Source: that the ratio hardly matters, "Scaling Laws for Neural Language Models",
    Kaplan et al. 2020, section 3.1; 64 and heads of 128: nanochat, Karpathy 2025.
    """
    raise NotImplementedError(
        "scaling.shape_for: from the depth: the width, the heads, the whole shape (lab 15)"
    )


def plan_for(counts: Mapping[str, int], block_size: int, ratio: float = 20.0) -> Plan:
    r"""How long to train a model, on how much at a time, and how fast.

    The horizon grows with the parameters that multiply: those of the matrices and of
    the head. Embeddings are only looked up, and aren't counted.

    .. math:: D = ratio \cdot (\mathrm{matrices} + \mathrm{head})

    The batch grows with the horizon. With the reference batch
    :math:`B_0` = ``REFERENCE_BATCH`` and :math:`D_0` = ``REFERENCE_TOKENS``:

    .. math:: B = B_0 \left(\frac{D}{D_0}\right)^{0.383}, \qquad
       rows = 2^{\,\mathrm{round}(\log_2 (B / T))}, \text{ at least 1}

    A power of two, the nearest on the logarithmic scale, can be shared out evenly.
    The steps are the fewest in which at least D tokens are seen. The learning rate grows
    with the root of the batch that came out, :math:`rows \cdot T` tokens:

    .. math:: \eta = \eta_0 \sqrt{\frac{rows \cdot T}{B_0}}, \qquad
       \eta_0 = \texttt{REFERENCE\_RATE}

    (That rates of tables also shrink as models get wider is the optimisers' affair:
    see ``parameter_groups``.)

    Args:
        counts: what the model's ``parameter_counts()`` returns: ``"matrices"``,
            ``"head"`` and more.
        block_size: T, how many tokens a row has.
        ratio: tokens per counted parameter, above 0.

    Returns:
        The plan; ``rows`` and ``steps`` are ints of at least 1, the learning rate is a
        float.

    Raises:
        ValueError: if the ratio isn't above 0; the message names it.

    Source: 20 tokens per parameter, "Training Compute-Optimal Large Language Models",
    Hoffmann et al. 2022 (who count nearly all parameters); the exponent, "Power Lines",
    Bergsma et al. 2025; the root, "On the SDEs and Scaling Rules for Adaptive Gradient
    Algorithms", Malladi et al. 2022. The reference point is this course's choice.
    """
    raise NotImplementedError(
        "scaling.plan_for: tokens by parameters, batch by tokens, learning rate by batch "
        "(lab 15)"
    )


def memory_for(config: ModelConfig, counts: Mapping[str, int], rows: int, world_size: int = 1) -> Memory:
    r"""An estimate of what one rank needs to train a modern GPT on ``rows`` rows at once.

    All is in bytes. With P parameters, M of them in matrices, H in the head, W ranks,
    and numbers of b bytes to compute with (4, or 2 in half precision):

    - weights: 4 P, and in half precision also a copy of what multiplies, 2 (M + H)
    - gradients: 4 P
    - optimiser: (4 M + 8 (P - M)) / W, rounded up: Muon remembers one number of a
      matrix's number, AdamW two, and the ranks share the work
    - activations: 24 C b for each token in each layer, kept for the way back
    - logits: 16 V for each token, V the padded vocabulary: four tensors in float32.
      With a large vocabulary and few layers this is most of it.
    """
    size = 4 if config.compute_dtype == "float32" else 2
    tokens, matrices, total = rows * config.block_size, counts["matrices"], counts["total"]
    copies = 0 if size == 4 else size * (matrices + counts["head"])
    return Memory(
        weights=4 * total + copies,
        gradients=4 * total,
        optimizer=math.ceil((4 * matrices + 8 * (total - matrices)) / world_size),
        activations=24 * config.n_embd * size * config.n_layer * tokens,
        logits=16 * config.padded_vocab_size * tokens,
    )


def micro_batch_size(
    config: ModelConfig, counts: Mapping[str, int], rows: int, free_bytes: int, world_size: int = 1
) -> int:
    """How many rows a rank takes at a time.

    That is the largest divisor of ``rows`` for which the estimate of
    :func:`memory_for`, its ``total``, is at most ``free_bytes``. The rank takes
    ``rows`` divided by it such micro-batches for one optimiser step, and adds up their
    gradients: what is learned is the same, whatever the memory.

    Args:
        config: the model's shape.
        counts: what its ``parameter_counts()`` returns.
        rows: how many rows of each step are this rank's, at least 1.
        free_bytes: how much memory may be used, a whole number.
        world_size: how many ranks share the optimiser's memory.

    Returns:
        From 1 to ``rows``, an int.

    Raises:
        ValueError: if not even one row fits; the message names the bytes that one row
            needs and ``free_bytes``, as plain digits.
    """
    raise NotImplementedError(
        "scaling.micro_batch_size: the most rows at a time that the free memory holds (lab "
        "15)"
    )


def mfu(tokens_per_second: float, flops_per_token: float, peak_flops: float) -> float:
    r"""Model FLOPs utilisation: how much of what the hardware can do goes into the model.

    .. math:: \mathrm{MFU} = \frac{\text{tokens per second} \cdot \text{FLOPs per token}}
       {\text{peak FLOPs per second}}

    Args:
        tokens_per_second: of the whole job.
        flops_per_token: what training on one token takes, as the model's
            ``estimate_flops()`` counts: what the mathematics needs, so that computing a
            thing twice doesn't look like progress.
        peak_flops: what all of the job's devices could do per second, above 0.

    Returns:
        A share, not a percentage: 0.5 for half.

    Raises:
        ValueError: if ``peak_flops`` isn't above 0; the message names it.

    Source: "PaLM", Chowdhery et al. 2022, appendix B.
    """
    raise NotImplementedError(
        "scaling.mfu: what the model needs a second, as a share of what the chip could do "
        "(lab 15)"
    )
