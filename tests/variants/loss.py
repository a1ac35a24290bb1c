"""Correct ways to write language_model_loss that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

HEAD = """def language_model_loss(logits: Tensor, targets: Tensor) -> Tensor:
    if logits.shape[:2] != targets.shape:
        raise ValueError(f"shapes {logits.shape[:2]} and {targets.shape} differ")
"""


def loss(body):
    """A complete language_model_loss that compares the shapes and goes on with this body."""
    return whole(HEAD + body)


VARIANTS = {
    "loss.language_model_loss": [
        Variant(
            "cross_entropy with the vocabulary as the second axis",
            loss("    return F.cross_entropy(logits.float().transpose(1, 2), targets)\n"),
        ),
        Variant(
            "view into (B*T, V)",
            whole("""def language_model_loss(logits: Tensor, targets: Tensor) -> Tensor:
    if list(logits.shape[:2]) != list(targets.shape):
        raise ValueError(f"logits are {list(logits.shape)}, targets are {list(targets.shape)}")
    B, T, V = logits.shape
    return F.cross_entropy(logits.to(F.torch.float32).view(B * T, V), targets.view(B * T))
"""),
        ),
        Variant(
            "log_softmax and gather",
            loss("""    logprobs = F.log_softmax(logits.float(), dim=-1)
    picked = logprobs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return -picked.mean()
"""),
        ),
        Variant(
            "logsumexp less the true token's score, added up and divided",
            loss("""    import torch

    logits = logits.float()
    B, T, _ = logits.shape
    rows, columns = torch.meshgrid(torch.arange(B), torch.arange(T), indexing="ij")
    surprise = logits.logsumexp(dim=2) - logits[rows, columns, targets]
    return surprise.sum() / (B * T)
"""),
        ),
        Variant(
            "nll_loss of log_softmax in float64, rounded at the end",
            loss("""    logprobs = logits.double().log_softmax(-1).reshape(-1, logits.size(-1))
    return F.nll_loss(logprobs, targets.reshape(-1)).float()
"""),
        ),
        Variant(
            "one-hot targets and einsum",
            loss("""    import torch

    truth = F.one_hot(targets, logits.shape[-1]).float()
    logprobs = torch.log_softmax(logits.type(torch.float32), dim=2)
    return -torch.einsum("btv,btv->", logprobs, truth) / targets.numel()
"""),
        ),
        Variant(
            "softmax by hand, the largest score taken off",
            loss("""    import torch

    scores = logits.float()
    scores = scores - scores.max(dim=-1, keepdim=True).values.detach()
    total = scores.exp().sum(dim=-1).log()
    return (total - torch.take_along_dim(scores, targets[..., None], dim=-1)[..., 0]).mean()
"""),
        ),
        Variant(
            "a Python loop over positions",
            loss("""    import torch

    losses = []
    for row, answers in zip(logits.float(), targets):
        for scores, answer in zip(row, answers):
            losses.append(torch.logsumexp(scores, 0) - scores[answer])
    return torch.stack(losses).mean()
"""),
        ),
        Variant(
            "the mean of each row's mean, by nn.CrossEntropyLoss",
            loss("""    import torch

    criterion = torch.nn.CrossEntropyLoss(reduction="mean")
    return torch.stack([criterion(row, answers) for row, answers in zip(logits.float(), targets)]).mean()
"""),
        ),
        Variant(
            "a categorical distribution's log_prob",
            loss("""    from torch.distributions import Categorical

    return -Categorical(logits=logits.float()).log_prob(targets).mean()
"""),
        ),
        Variant(
            "logsumexp of the distances from the true token's score",
            loss("""    scores = logits.to(F.torch.float32)
    return (scores - scores.gather(-1, targets[..., None])).logsumexp(-1).mean()
"""),
        ),
        Variant(
            "cross_entropy with one-hot probabilities as targets",
            loss("""    V = logits.shape[-1]
    return F.cross_entropy(logits.float().reshape(-1, V), F.one_hot(targets, V).float().reshape(-1, V))
"""),
        ),
    ],
}
