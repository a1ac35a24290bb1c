"""Ways people get language_model_loss wrong."""

from vibejam_core.course.known import Mistake, edit

RETURN = "return F.cross_entropy(flat_logits, targets.flatten())  # (B*T, V), (B*T,) -> ()"
FLAT = "flat_logits = logits.float().flatten(0, -2)  # (B, T, V) -> (B*T, V)"
CHECK = "if logits.shape[:-1] != targets.shape:"
NAMES = """            f"logits of shape {tuple(logits.shape)} need targets of shape {tuple(logits.shape[:-1])}, "
            f"but targets have shape {tuple(targets.shape)}"
"""


def loss(new):
    """The loss of the flat logits is computed in another way."""
    return edit(RETURN, new)


MISTAKES = {
    "loss.language_model_loss": [
        # what comes back
        Mistake("the loss is computed but not returned", loss("F.cross_entropy(flat_logits, targets.flatten())")),
        Mistake("the loss is a Python float", loss("return F.cross_entropy(flat_logits, targets.flatten()).item()")),
        Mistake(
            "the losses of all positions are returned, not their mean",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="none")'),
        ),
        Mistake(
            "the losses of all positions are returned as (B, T), not their mean",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="none").view_as(targets)'),
        ),
        Mistake(
            "there is one loss per row, not one for the batch",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="none").view_as(targets).mean(1)'),
        ),
        Mistake(
            "the loss has an axis of length 1", loss("return F.cross_entropy(flat_logits, targets.flatten()).view(1)")
        ),
        # the sum
        Mistake(
            "the losses are added up, not averaged",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="sum")'),
        ),
        Mistake(
            "the losses are averaged over the rows only, and added up along each row",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="sum") / len(targets)'),
        ),
        Mistake(
            "the losses are averaged along each row only, and added up over the rows",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="sum") / targets.shape[1]'),
        ),
        Mistake(
            "the sum of the losses is divided by B * T * V",
            loss("return F.cross_entropy(flat_logits, targets.flatten()) / flat_logits.shape[1]"),
        ),
        Mistake("the sign is missing", loss("return -F.cross_entropy(flat_logits, targets.flatten())")),
        Mistake(
            "the loss is in bits: a logarithm to base 2",
            loss("import math\n\n    return F.cross_entropy(flat_logits, targets.flatten()) / math.log(2)"),
        ),
        Mistake(
            "the logarithm is to base 10",
            loss("import math\n\n    return F.cross_entropy(flat_logits, targets.flatten()) / math.log(10)"),
        ),
        Mistake(
            "the perplexity is returned, e to the loss",
            loss("return F.cross_entropy(flat_logits, targets.flatten()).exp()"),
        ),
        Mistake(
            "the mean probability of the true tokens is returned, without its logarithm",
            loss("return flat_logits.softmax(-1).gather(1, targets.flatten()[:, None]).mean()"),
        ),
        Mistake(
            "the logarithm is taken of the mean probability, not the mean of the logarithms",
            loss("return -flat_logits.softmax(-1).gather(1, targets.flatten()[:, None]).mean().log()"),
        ),
        Mistake(
            "the share of wrong guesses is returned",
            loss("return (flat_logits.argmax(-1) != targets.flatten()).float().mean()"),
        ),
        Mistake(
            "the largest loss is returned",
            loss('return F.cross_entropy(flat_logits, targets.flatten(), reduction="none").max()'),
        ),
        # the softmax
        Mistake(
            "the softmax is applied before cross_entropy, which applies it again",
            loss("return F.cross_entropy(flat_logits.softmax(-1), targets.flatten())"),
        ),
        Mistake(
            "the softmax is missing: scores are taken for log-probabilities",
            loss("return F.nll_loss(flat_logits, targets.flatten())"),
        ),
        Mistake(
            "the probability is used without its logarithm",
            loss("return F.nll_loss(flat_logits.softmax(-1), targets.flatten())"),
        ),
        Mistake(
            "the scores are taken for probabilities", loss("return F.nll_loss(flat_logits.log(), targets.flatten())")
        ),
        Mistake(
            "the softmax runs over the positions, not over the vocabulary",
            loss("return F.nll_loss(flat_logits.log_softmax(0), targets.flatten())"),
        ),
        Mistake(
            "the softmax runs over the time axis, not over the vocabulary",
            edit(
                FLAT,
                "flat_logits = logits.float().log_softmax(1).flatten(0, -2)",
                RETURN,
                "return F.nll_loss(flat_logits, targets.flatten())",
            ),
        ),
        Mistake(
            "each score gets its own sigmoid, not one softmax for all",
            loss("return F.nll_loss(F.logsigmoid(flat_logits), targets.flatten())"),
        ),
        Mistake(
            "the squared error of the probabilities is returned",
            loss(
                "return ((flat_logits.softmax(-1) - F.one_hot(targets.flatten(), flat_logits.shape[1])) ** "
                "2).sum(-1).mean()"
            ),
        ),
        Mistake(
            "binary cross-entropy is used, one yes or no per token of the vocabulary",
            loss(
                "return F.binary_cross_entropy_with_logits(flat_logits, F.one_hot(targets.flatten(), "
                "flat_logits.shape[1]).float())"
            ),
        ),
        Mistake(
            "labels are smoothed", loss("return F.cross_entropy(flat_logits, targets.flatten(), label_smoothing=0.1)")
        ),
        Mistake("the softmax has a temperature", loss("return F.cross_entropy(flat_logits / 2, targets.flatten())")),
        # which target for which position
        Mistake(
            "token 0 is ignored, as if it were padding",
            loss("return F.cross_entropy(flat_logits, targets.flatten(), ignore_index=0)"),
        ),
        Mistake("only the last position counts", loss("return F.cross_entropy(logits[:, -1].float(), targets[:, -1])")),
        Mistake("only the first row counts", loss("return F.cross_entropy(logits[0].float(), targets[0])")),
        Mistake(
            "the targets are shifted by one more, though they are the next tokens already",
            loss("return F.cross_entropy(logits[:, :-1].float().flatten(0, 1), targets[:, 1:].flatten())"),
        ),
        Mistake(
            "the last position is left out",
            loss("return F.cross_entropy(logits[:, :-1].float().flatten(0, 1), targets[:, :-1].flatten())"),
        ),
        Mistake(
            "the first position is left out",
            loss("return F.cross_entropy(logits[:, 1:].float().flatten(0, 1), targets[:, 1:].flatten())"),
        ),
        Mistake(
            "the targets are flattened column by column, the scores row by row",
            loss("return F.cross_entropy(flat_logits, targets.T.flatten())"),
        ),
        Mistake(
            "the scores are reshaped to (V, B*T) and turned, which mixes positions",
            edit(FLAT, "flat_logits = logits.float().reshape(logits.shape[-1], -1).T"),
        ),
        Mistake(
            "the scores are reshaped to (B, V, T), which mixes positions",
            loss(
                "return F.cross_entropy(logits.float().reshape(logits.shape[0], logits.shape[2], "
                "logits.shape[1]), targets)"
            ),
        ),
        Mistake(
            "the time axis is taken for the vocabulary",
            loss("return F.cross_entropy(logits.float(), logits.float().argmax(-1) * 0 + targets)"),
        ),
        Mistake(
            "the scores' own best guess is taken for the target",
            loss("return F.cross_entropy(flat_logits, flat_logits.argmax(-1))"),
        ),
        Mistake(
            "axes of length 1 are squeezed away",
            edit(
                FLAT,
                "flat_logits = logits.float().squeeze().flatten(0, -2)",
                RETURN,
                "return F.cross_entropy(flat_logits, targets.squeeze().flatten())",
            ),
        ),
        # numerics
        Mistake(
            "the exponentials are taken as they are, so large scores overflow",
            loss(
                "powers = flat_logits.exp()\n"
                "    return -(powers / powers.sum(-1, keepdim=True)).gather(1, targets.flatten()[:, "
                "None]).log().mean()"
            ),
        ),
        Mistake(
            "the largest score of the whole batch is taken off, so low rows become 0",
            loss(
                "scores = flat_logits - flat_logits.max()\n"
                "    picked = scores.gather(1, targets.flatten()[:, None])[:, 0]\n"
                "    return (scores.exp().sum(-1).log() - picked).mean()"
            ),
        ),
        Mistake(
            "the square of the normalisation is added, a z-loss",
            loss(
                "extra = 1e-3 * flat_logits.logsumexp(-1).square().mean()\n"
                "    return F.cross_entropy(flat_logits, targets.flatten()) + extra"
            ),
        ),
        Mistake(
            "the last token of the vocabulary is ignored",
            loss("return F.cross_entropy(flat_logits, targets.flatten(), ignore_index=logits.shape[-1] - 1)"),
        ),
        Mistake(
            "the logarithm is taken of a probability that has become 0",
            loss("return -flat_logits.softmax(-1).gather(1, targets.flatten()[:, None]).log().mean()"),
        ),
        *(
            Mistake(
                f"small probabilities are kept away from 0 by {least}, which is added to them or is their minimum",
                loss(f"return -(flat_logits.softmax(-1).gather(1, targets.flatten()[:, None]) + {least}).log().mean()"),
            )
            for least in ("1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12")
        ),
        Mistake(
            "the scores are cut off at 100", edit("logits.float().flatten", "logits.float().clamp(-100, 100).flatten")
        ),
        Mistake(
            "the largest score is left in: only the sum of exponentials is moved down",
            loss(
                "top = flat_logits.amax(-1)\n"
                "    total = (flat_logits - top[:, None]).exp().sum(-1).log()\n"
                "    return (total - flat_logits.gather(1, targets.flatten()[:, None])[:, 0]).mean()"
            ),
        ),
        Mistake("half-precision scores are not converted to float32", edit("logits.float().flatten", "logits.flatten")),
        Mistake(
            "the loss is computed in half precision and converted afterwards",
            edit(
                "logits.float().flatten",
                "logits.flatten",
                RETURN,
                "return F.cross_entropy(flat_logits, targets.flatten()).float()",
            ),
        ),
        Mistake(
            "the softmax is computed in half precision, and only then converted",
            edit(
                "logits.float().flatten",
                "logits.log_softmax(-1).float().flatten",
                RETURN,
                "return F.nll_loss(flat_logits, targets.flatten())",
            ),
        ),
        Mistake(
            "the loss has the dtype of the scores",
            edit(RETURN, "return F.cross_entropy(flat_logits, targets.flatten()).to(logits.dtype)"),
        ),
        Mistake(
            "float64 scores give a float64 loss",
            edit("logits.float()", "(logits if logits.dtype == F.torch.float64 else logits.float())"),
        ),
        Mistake("the loss is float64", edit("logits.float()", "logits.double()")),
        Mistake(
            "the scores are changed in place",
            edit(FLAT, "logits.data.sub_(logits.data.amax(-1, keepdim=True))\n    " + FLAT),
        ),
        Mistake(
            "the targets are changed in place",
            edit(
                RETURN,
                "answer = F.cross_entropy(flat_logits, targets.flatten())\n    targets.zero_()\n    return answer",
            ),
        ),
        # gradients
        Mistake(
            "the loss is detached from the scores",
            loss("return F.cross_entropy(flat_logits, targets.flatten()).detach()"),
        ),
        Mistake(
            "the scores or the loss are detached, so no gradient flows",
            loss("return F.cross_entropy(flat_logits, targets.flatten()).detach().requires_grad_()"),
        ),
        Mistake(
            "gradients flow through the true tokens' scores only, not through the normalisation",
            loss(
                "picked = flat_logits.gather(1, targets.flatten()[:, None])[:, 0]\n"
                "    return (flat_logits.detach().logsumexp(-1) - picked).mean()"
            ),
        ),
        # errors
        Mistake("the shapes are not compared", edit(CHECK, "if False:")),
        Mistake("only the number of rows is compared", edit(CHECK, "if len(logits) != len(targets):")),
        Mistake(
            "only the number of targets is compared", edit(CHECK, "if logits.shape[:-1].numel() != targets.numel():")
        ),
        Mistake(
            "the targets' last axis is not compared",
            edit(CHECK, "if logits.shape[0] != targets.shape[0] or targets.ndim != 2:"),
        ),
        Mistake("a wrong shape is an AssertionError", edit("raise ValueError(", "raise AssertionError(")),
        Mistake("a wrong shape is a TypeError", edit("raise ValueError(", "raise TypeError(")),
        Mistake(
            "targets of a wrong shape are reshaped or repeated until they fit",
            edit(
                CHECK,
                "if logits.shape[:-1] != targets.shape:\n"
                "        targets = targets.flatten().repeat(logits.shape[:-1].numel())[: "
                "logits.shape[:-1].numel()]\n"
                "    if False:",
            ),
        ),
        Mistake(
            "the error doesn't name the targets' shape",
            edit("but targets have shape {tuple(targets.shape)}", "but targets have another"),
        ),
        Mistake(
            "the error doesn't name the scores' shape",
            edit(
                '''f"logits of shape {tuple(logits.shape)} need targets of shape {tuple(logits.shape[:-1])}, "''',
                '"these logits need other targets, "',
            ),
        ),
        Mistake("the error names no shape", edit(NAMES, '            "logits and targets have different shapes"\n')),
    ],
}
