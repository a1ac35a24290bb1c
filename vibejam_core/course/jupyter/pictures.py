"""The picture under a verdict: what your component does, drawn from your component itself.

A picture is a bonus. Drawing one can fail, and it may not take long; neither changes a verdict.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vibejam_core.course.figures import Picture

SECONDS = 5
"""How long drawing may take before it is given up."""

SENTENCE = "to be or not to be"


def draw(component: str, piece: Any) -> Picture | str | None:
    """The picture for a component, a one-line note where it couldn't be drawn, or None where there is none.

    Args:
        component: its id.
        piece: the learner's function or class.
    """
    if component not in PICTURES:
        return None
    import torch

    try:
        with time_limit(SECONDS), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return PICTURES[component](piece)
    except Exception as error:
        return f"(No picture this time: drawing it raised {type(error).__name__}: {str(error)[:200]})"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after a while, where the system has alarms; elsewhere there is no limit."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"it took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def can_limit_time() -> bool:
    """Whether code that never ends could be stopped here; only then is a failed component drawn."""
    return hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()


def _count_characters(count_characters: Callable[[str], dict[str, int]]) -> Picture:
    from vibejam_core.course.figures import bars, visible

    counts = count_characters(SENTENCE)
    labels = [visible(character) for character in counts]
    return bars(labels, list(counts.values()), ylabel="times", title=f'your counts for "{SENTENCE}"',
                alt=f"Bar chart: {counts}")  # fmt: skip


def _char_tokenizer(tokenizer_class: Any) -> Picture:
    from vibejam_core.course.figures import letters

    ids = tokenizer_class.build(SENTENCE).encode(SENTENCE)  # 7 different characters, so each id is one digit
    digits = "".join(str(id) for id in ids)
    return letters({"text": (0, SENTENCE), "ids": (0, digits)}, marked=["ids"],
                   alt=f"The sentence {SENTENCE!r} above your tokenizer's ids: {digits}.")  # fmt: skip


def _split_corpus(split_corpus: Callable[..., tuple[Tensor, Tensor]]) -> Picture:
    import torch

    from vibejam_core.course.figures import letters

    train, val = split_corpus(torch.arange(len(SENTENCE)), 0.25)
    rows = {"corpus": (0, SENTENCE), "train": _window(train), "val": _window(val)}
    return letters(rows, marked=["val"], alt=f"Of {len(SENTENCE)} characters, {len(train)} are for training.")


def _get_batch(get_batch: Callable[..., tuple[Tensor, Tensor]]) -> Picture:
    import torch

    from vibejam_core.course.figures import letters

    generator = torch.Generator().manual_seed(3)
    x, y = get_batch(torch.arange(len(SENTENCE)), 5, 3, generator=generator)
    rows = {"corpus": (0, SENTENCE)}
    for b in range(len(x)):
        rows |= {f"x[{b}]": _window(x[b]), f"y[{b}]": _window(y[b])}
    return letters(rows, marked=[f"y[{b}]" for b in range(len(x))],
                   alt="Windows of the corpus: under each x its y, one character to the right.")  # fmt: skip


def _window(positions: Tensor) -> tuple[int, str]:
    """Where in the sentence some positions begin, and what stands there."""
    places = positions.tolist()
    return (places[0] if places else 0), "".join(SENTENCE[place] for place in places)


def _language_model_loss(language_model_loss: Callable[[Tensor, Tensor], Tensor]) -> Picture:
    import torch

    from vibejam_core.course.figures import curves

    shares = [step / 50 for step in range(1, 50)]
    right = torch.zeros(1, 1, dtype=torch.long)
    losses = [float(language_model_loss(torch.tensor([[[p, 1 - p]]]).log(), right)) for p in shares]
    return curves({"your loss": (shares, losses)}, {"even odds: ln 2 =": math.log(2)},
                  xlabel="probability given to the token that came", ylabel="loss (nats)",
                  alt="Your loss falls from high to zero as the right token's probability rises to 1.")  # fmt: skip


def _bigram(bigram_class: Any) -> Picture:
    import torch

    from vibejam_core.course.figures import heatmaps, visible
    from vibejam_core.models.config import ModelConfig

    characters = sorted(set(SENTENCE))
    tokens = torch.tensor([[characters.index(character) for character in SENTENCE]])
    size = len(characters)
    model = bigram_class(ModelConfig(vocab_size=size))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(150):
        loss = model(tokens[:, :-1], tokens[:, 1:])[1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    guessed = model(torch.arange(size)[None])[0][0].detach().softmax(-1)
    counted = torch.zeros(size, size)
    for before, after in zip(tokens[0, :-1], tokens[0, 1:], strict=True):
        counted[before, after] += 1
    counted = counted / counted.sum(1, keepdim=True).clamp(min=1)
    labels = [visible(character) for character in characters]
    return heatmaps({"your table, trained": guessed, "counted": counted}, rows=labels, columns=labels,
                    ylabel="after this character", xlabel="comes this one",
                    alt="Two tables of next-character shares: learned by your model, and counted.")  # fmt: skip


def _head(head_class: Any) -> Picture:
    from vibejam_core.course.figures import heatmaps

    T, D = 8, 8
    C = 2 * D
    head = head_class(C, D, T).eval()
    x = _positions_in_view(C, T)
    if hasattr(head, "qkv"):
        query, key, value = head.qkv.weight.chunk(3)
    else:
        query, key, value = head.query.weight, head.key.weight, head.value.weight
    _show_positions(value, query, key)
    got = head(x)[0].detach()
    return heatmaps({"your weights": got, "expected": _expected(x[0], query, key)}, ylabel="position",
                    xlabel="looks at", alt="Your head's attention weights beside the expected ones.")  # fmt: skip


def _multi_head(attention_class: Any) -> Picture:
    import torch

    from vibejam_core.course.figures import heatmaps

    T, D, H = 8, 8, 3
    C = D * H
    attention = attention_class(C, H, T).eval()
    x = _positions_in_view(C, T)
    if hasattr(attention, "qkv"):
        parts = [weight.chunk(H) for weight in attention.qkv.weight.chunk(3)]  # queries, keys, values of all heads
        heads = list(zip(*parts, strict=True))
    else:
        heads = [
            tuple(h.qkv.weight.chunk(3)) if hasattr(h, "qkv") else (h.query.weight, h.key.weight, h.value.weight)
            for h in attention.heads
        ]
    for number, (query, key, value) in enumerate(heads):
        _show_positions(value, query, key, seed=number)
    with torch.no_grad():
        attention.proj.weight.copy_(torch.eye(C))  # the output is then the heads' outputs, side by side
        attention.proj.bias.zero_()
    got = attention(x)[0].detach().split(D, dim=-1)
    maps = {f"head {h}": weights for h, weights in enumerate(got)}
    return heatmaps(maps, ylabel="position", xlabel="looks at", alt="Attention weights of each of your heads.")


def _positions_in_view(C: int, T: int) -> Tensor:
    """An input whose last T numbers per token are its position, one-hot: (1, T, C)."""
    import torch

    content = torch.randn(T, C - T, generator=torch.Generator().manual_seed(1))
    return torch.cat([content, torch.eye(T)], dim=1)[None]


def _show_positions(value: Tensor, query: Tensor, key: Tensor, seed: int = 0) -> None:
    """Make each value its token's one-hot position: the weighted sum of the values is then the weights themselves."""
    import torch

    T = value.shape[0]
    generator = torch.Generator().manual_seed(2 + seed)
    with torch.no_grad():
        value.zero_()
        value[:, -T:] = torch.eye(T)
        for weight in (query, key):  # large enough that the weights aren't all alike
            weight.copy_(torch.randn(weight.shape, generator=generator) * 2 * weight.shape[1] ** -0.5)


def _expected(x: Tensor, query: Tensor, key: Tensor) -> Tensor:
    """Attention weights by the formula, row by row."""
    import torch

    q, k = (x @ query.T).detach(), (x @ key.T).detach()
    weights = torch.zeros(len(x), len(x))
    for t in range(len(x)):
        weights[t, : t + 1] = (k[: t + 1] @ q[t] / math.sqrt(len(q[t]))).softmax(0)
    return weights


def _feed_forward(feed_forward_class: Any) -> Picture:
    return _influence(feed_forward_class(16), 16, "Only the diagonal: each position is worked on by itself.")


def _block(block_class: Any) -> Picture:
    return _influence(block_class(16, 2, 8), 16, "Nothing right of the diagonal: no output depends on a later input.")


def _influence(module: nn.Module, C: int, alt: str) -> Picture:
    """How strongly each output position depends on each input position, from gradients."""
    import torch

    from vibejam_core.course.figures import heatmaps

    module.eval()
    x = torch.randn(1, 8, C, requires_grad=True)
    out = module(x)
    rows = [torch.autograd.grad(out[0, t].pow(2).sum(), x, retain_graph=True)[0][0].norm(dim=-1) for t in range(8)]
    return heatmaps({"what your outputs depend on": torch.stack(rows)}, ylabel="output position",
                    xlabel="input position", alt=alt)  # fmt: skip


def _gpt(gpt_class: Any) -> Picture:
    import torch

    from vibejam_core.course.figures import curves
    from vibejam_core.models.config import ModelConfig

    characters = sorted(set(SENTENCE))
    tokens = torch.tensor([[characters.index(character) for character in SENTENCE]])
    T = tokens.shape[1] - 1
    model = gpt_class(ModelConfig(vocab_size=len(characters), block_size=T, n_layer=2, n_head=2, n_embd=32))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = model(tokens[:, :-1], tokens[:, 1:])[1]
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return curves({"your model learns one sentence": (list(range(len(losses))), losses)},
                  {"knowing nothing: ln V =": math.log(len(characters))},
                  alt="Your model's loss on one sentence starts near ln V and falls.")  # fmt: skip


PICTURES: dict[str, Callable[[Any], Picture]] = {
    "counting.count_characters": _count_characters,
    "characters.CharTokenizer": _char_tokenizer,
    "windows.split_corpus": _split_corpus,
    "windows.get_batch": _get_batch,
    "loss.language_model_loss": _language_model_loss,
    "bigram.BigramLM": _bigram,
    "gpt.Head": _head,
    "gpt.MultiHeadAttention": _multi_head,
    "gpt.FeedForward": _feed_forward,
    "gpt.Block": _block,
    "gpt.GPTModel": _gpt,
}
