"""What a check may demand of a learner's component, and how it tells the learner what came instead.

Every function takes what came first and what was expected second. When the two disagree it raises :class:`CheckFailed`
with a message for a learner: expected, got, and where the first difference is. Agree or not, each call also notes what
came in :data:`trace`; the diagnosis compares that with the traces of known mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

Plain: TypeAlias = Any
"""What JSON can hold: None, bool, int, float, str, and lists and dictionaries of these."""

MAX_NUMBERS = 512
"""How many numbers of a tensor the trace keeps."""

trace: list[tuple[str, str, Plain]] = []
"""One ``(kind, what, got)`` for each demand since the last :func:`start_trace`, the failed one included."""


class CheckFailed(AssertionError):
    """A demand that was not met; the message is written for the learner."""


def start_trace() -> None:
    """Forget what earlier checks noted."""
    trace.clear()


def shape(got: Any, expected: Sequence[int], what: str = "the output") -> None:
    """``got`` must be a tensor of exactly this shape."""
    wanted = tuple(expected)
    _note("shape", what, list(got.shape) if isinstance(got, Tensor) else _type_name(got))
    _need_tensor(got, what, f"of shape {wanted}")
    if tuple(got.shape) != wanted:
        raise CheckFailed(f"the shape of {what}: expected {wanted}, got {tuple(got.shape)}")


def dtype(got: Any, expected: torch.dtype, what: str = "the output") -> None:
    """``got`` must be a tensor of exactly this dtype."""
    _note("dtype", what, str(got.dtype) if isinstance(got, Tensor) else _type_name(got))
    _need_tensor(got, what, f"of dtype {expected}")
    if got.dtype != expected:
        raise CheckFailed(f"the dtype of {what}: expected {expected}, got {got.dtype}")


def equal(got: Any, expected: Any, what: str = "the result") -> None:
    """``got`` must be exactly this value: a tensor, a number, a string, or a list, tuple or dictionary of these."""
    _note("equal", what, plain(got))
    if isinstance(expected, Tensor):
        _need_tensor(got, what, f"of shape {tuple(expected.shape)}")
        _compare(got, expected, what, atol=0.0, rtol=0.0)
        return
    _same_kind(got, expected, what)
    difference = _first_difference(plain(got), plain(expected), "")
    if difference is not None:
        raise CheckFailed(f"{what}{difference}")


def close(got: Any, expected: Any, what: str = "the result", atol: float = 1e-5, rtol: float = 1e-4) -> None:
    """``got`` must be these numbers, up to rounding: a tensor, a number, or a list of numbers."""
    _note("close", what, plain(got))
    if isinstance(expected, Tensor) and expected.ndim > 0:
        _need_tensor(got, what, f"of shape {tuple(expected.shape)}")
    wanted = _as_numbers(expected, what)
    _compare(_as_numbers(got, what), wanted, what, atol, rtol)


def between(value: Any, low: float, high: float, what: str = "the result") -> None:
    """``value`` must be one number, at least ``low`` and at most ``high``."""
    _note("between", what, plain(value))
    number = _as_numbers(value, what)
    if number.numel() != 1:
        raise CheckFailed(f"{what} should be one number, but it has shape {tuple(number.shape)}")
    if not low <= number.item() <= high:
        raise CheckFailed(f"{what}: expected between {_show(low)} and {_show(high)}, got {_show(number.item())}")


def true(condition: Any, sentence: str) -> None:
    """``condition`` must hold; ``sentence`` says what is wrong when it doesn't."""
    holds = bool(condition)
    _note("true", sentence, holds)
    if not holds:
        raise CheckFailed(sentence)


def raises(
    error: type[BaseException],
    act: Callable[[], object],
    mentions: Iterable[str] = (),
    what: str = "bad input",
) -> None:
    """``act`` must raise ``error`` (or a kind of it), with a message that contains each of ``mentions``."""
    needed = tuple(mentions)
    try:
        result = act()
    except error as caught:
        message = str(caught)
        absent = [text for text in needed if text not in message]
        _note("raises", what, [type(caught).__name__, *absent])
        if absent:
            named = ", ".join(absent)
            raise CheckFailed(
                f"the {error.__name__} for {what} should name {named}; its message is: {_short(message)}"
            ) from None
        return
    except Exception as caught:
        _note("raises", what, [type(caught).__name__])
        raise CheckFailed(
            f"{what}: expected a {error.__name__}, got {type(caught).__name__}: {_short(str(caught))}"
        ) from caught
    _note("raises", what, ["nothing", plain(result)])
    raise CheckFailed(
        f"{what}: expected a {error.__name__}, but nothing was raised; it returned {_short(repr(result))}"
    )


def gradients(module: Any, what: str = "the module") -> None:
    """After a backward pass every parameter of ``module`` must have a gradient that is finite and not all zero."""
    states: list[list[str]] = []
    for name, parameter in module.named_parameters() if isinstance(module, nn.Module) else ():
        gradient = parameter.grad
        if gradient is None:
            states.append([name, "none"])
        elif not bool(torch.isfinite(gradient).all()):
            states.append([name, "not finite"])
        else:
            states.append([name, "ok" if bool(gradient.any()) else "zero"])
    _note("gradients", what, sorted(states))
    if not states:
        raise CheckFailed(f"{what} has no parameters, so there is nothing that training could change")
    sentences = {
        "none": "received no gradient: the loss doesn't depend on it, or something on the way detaches it",
        "zero": "received a gradient that is zero everywhere: nothing would train it",
        "not finite": "received a gradient that is not finite (nan or inf)",
    }
    for name, state in states:
        if state != "ok":
            raise CheckFailed(f"{name} of {what} {sentences[state]}")


def plain(value: Any) -> Plain:
    """The value as data that JSON can hold, so that it can be compared and sent without trusting its class."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Tensor):
        return _plain_tensor(value)
    if isinstance(value, Mapping):
        # Sorted by the keys' text: the order of a dictionary is nobody's demand.
        items = [[plain(key), plain(entry)] for key, entry in value.items()]
        return {"dict": sorted(items, key=lambda item: repr(item[0]))}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return {"set": sorted((plain(entry) for entry in value), key=repr)}
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return plain(value.tolist())
    return {"other": _type_name(value)}


def _note(kind: str, what: str, got: Plain) -> None:
    trace.append((kind, what, got))


def _bare(tensor: Tensor) -> Tensor:
    """The numbers alone: no graph, no device, no subclass with opinions of its own."""
    with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
        return tensor.detach().as_subclass(Tensor).cpu()


def _plain_tensor(value: Tensor) -> Plain:
    tensor = _bare(value)
    numbers = tensor.flatten()[:MAX_NUMBERS]
    if numbers.dtype.is_floating_point:
        numbers = numbers.double()
    elif numbers.is_complex():  # JSON has no complex numbers: real, imaginary, real, ...
        numbers = torch.view_as_real(numbers.to(torch.complex128)).flatten()
    return {"tensor": list(tensor.shape), "dtype": str(tensor.dtype), "numbers": numbers.tolist()}


def _type_name(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _article(value: Any) -> str:
    name = _type_name(value)
    if value is None:
        return "None (is a return missing?)"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _need_tensor(got: Any, what: str, wanted: str) -> None:
    if not isinstance(got, Tensor):
        raise CheckFailed(f"{what}: expected a tensor {wanted}, got {_article(got)}")


def _same_kind(got: Any, expected: Any, what: str) -> None:
    """Refuse a value of another kind before values are compared: ``[1, 2]`` is no tensor, ``"3"`` is no number."""
    if isinstance(got, Tensor) and got.ndim == 0 and isinstance(expected, bool | int | float):
        return
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "a bool"),
        (int | float, "a number"),
        (str, "a string"),
        (Mapping, "a dictionary"),
        (list | tuple, "a list or tuple"),
        (set | frozenset, "a set"),
    )
    if expected is None:
        if got is not None:
            raise CheckFailed(f"{what}: expected None, got {_article(got)}")
        return
    for kind, name in kinds:
        if isinstance(expected, kind):
            numpy_number = type(got).__module__ == "numpy" and name in ("a number", "a bool") and not got.shape
            if not isinstance(got, kind) and not numpy_number:
                raise CheckFailed(f"{what}: expected {name}, {_short(repr(expected))}, got {_article(got)}")
            return


def _as_numbers(value: Any, what: str) -> Tensor:
    """Any number, list of numbers or tensor as one float64 (or, for whole numbers, int64) tensor."""
    if isinstance(value, Tensor):
        tensor = _bare(value)
        return tensor.double() if tensor.dtype.is_floating_point else tensor
    try:
        tensor = torch.as_tensor(plain(value))
    except (TypeError, ValueError, RuntimeError):
        raise CheckFailed(f"{what}: expected numbers, got {_article(value)}") from None
    return tensor.double() if tensor.dtype.is_floating_point else tensor


def _compare(got: Tensor, expected: Tensor, what: str, atol: float, rtol: float) -> None:
    """Raise where two tensors differ in shape or value, naming the first place and the size of the difference."""
    left, right = _bare(got), _bare(expected)
    if left.shape != right.shape:
        raise CheckFailed(f"the shape of {what}: expected {tuple(right.shape)}, got {tuple(left.shape)}")
    if left.is_complex() or right.is_complex():
        raise CheckFailed(f"{what}: expected real numbers, got {left.dtype}")
    exact = atol == 0 and rtol == 0
    whole = not (left.is_floating_point() or right.is_floating_point())
    if not (exact and whole):
        left, right = left.double(), right.double()
    same = left == right if exact else torch.isclose(left, right, atol=atol, rtol=rtol, equal_nan=False)
    same |= torch.isnan(left) & torch.isnan(right)
    if bool(same.all()):
        return
    wrong = ~same
    index = tuple(wrong.nonzero()[0].tolist())
    message = f"{what}{f' at {list(index)}' if index else ''}: expected {_show(right[index].item())}, "
    message += f"got {_show(left[index].item())}"
    if left.numel() > 1:
        count = int(wrong.sum())
        message += f"; {count} of {left.numel()} numbers differ"
        gap = (left[wrong].double() - right[wrong].double()).abs()
        if count > 1 and bool(torch.isfinite(gap).all()) and not whole:
            message += f", by up to {_show(gap.max().item())}"
    raise CheckFailed(message)


def _first_difference(got: Plain, expected: Plain, path: str) -> str | None:
    """A clause that says where two plain values part, or None when they are the same."""
    where = f" at {path}" if path else ""
    if isinstance(got, dict) and isinstance(expected, dict) and "dict" in got and "dict" in expected:
        left, right = ({repr(key): value for key, value in side["dict"]} for side in (got, expected))
        for key in right.keys() - left.keys():
            return f"{where}: expected an entry for {key} ({_short(repr(right[key]))}), but there is none"
        for key in left.keys() - right.keys():
            return f"{where}: there should be no entry for {key}, but there is: {_short(repr(left[key]))}"
        for key, value in right.items():
            difference = _first_difference(left[key], value, f"{path}[{key}]")
            if difference is not None:
                return difference
        return None
    if isinstance(got, list) and isinstance(expected, list):
        for index, (one, other) in enumerate(zip(got, expected, strict=False)):
            difference = _first_difference(one, other, f"{path}[{index}]")
            if difference is not None:
                return difference
        if len(got) != len(expected):
            return f"{where}: expected {len(expected)} entries, got {len(got)}"
        return None
    if isinstance(got, dict) and got.get("tensor") == [] and isinstance(expected, bool | int | float):
        got = got["numbers"][0]
    if isinstance(got, float) and isinstance(expected, float) and math.isnan(got) and math.isnan(expected):
        return None
    if got == expected:
        return None
    return f"{where}: expected {_short(repr(expected))}, got {_short(repr(got))}"


def _show(number: float) -> str:
    """A number as a person would write it: whole numbers whole, others with five figures."""
    return str(number) if isinstance(number, bool | int) else f"{number:.5g}"


def _short(text: str, limit: int = 160) -> str:
    """The text on one line, cut in the middle when it is long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit // 2]} … {line[-limit // 2 :]}"
