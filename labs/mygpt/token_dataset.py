# Yours to write, in lab 09 (Tokenisers at scale).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check token_dataset.TokenDataset
"""Windows over a row of tokens as a PyTorch dataset, whatever tokenizer made them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import Dataset


class TokenDataset(Dataset[tuple[Tensor, Tensor]]):
    r"""Every window of a row of tokens, with the tokens that come next, in order.

    .. math:: x_i = (t_{iS}, \dots, t_{iS+T-1}) \qquad y_i = (t_{iS+1}, \dots, t_{iS+T})

    It knows nothing of text: the tokens may be characters, bytes or merges. A
    ``torch.utils.data.DataLoader`` shuffles and batches it.

    ``self.tokens``, ``self.block_size`` and ``self.stride`` are what was handed in. As
    long as you have written only some of the methods, the others rely on these names.
    """

    def __init__(self, tokens: Tensor, block_size: int, stride: int = 1) -> None:
        """Keep the tokens, without copying them for every window.

        Args:
            tokens: (N,) token ids of any integer dtype; they stay as they are.
            block_size: T, the length of a window.
            stride: S, from the start of one window to the start of the next. With
                ``block_size``, windows don't overlap, and every token but the first is a
                target at most once.

        Raises:
            ValueError: if ``tokens`` isn't one-dimensional or holds no integers;
                ``block_size`` or ``stride`` is below 1; or N is less than
                ``block_size + 1``, too few for one window and its next token. The
                message names what is wrong: the shape or the dtype of ``tokens``,
                ``block_size`` or ``stride`` with its value, or N.
        """
        raise NotImplementedError(
            "token_dataset.TokenDataset.__init__: check and keep tokens, block_size and "
            "stride (lab 09)"
        )

    def __len__(self) -> int:
        """How many windows there are: as many as fit, each with its next token.

        The tokens after the last whole window are in none.
        """
        raise NotImplementedError(
            "token_dataset.TokenDataset.__len__: how many windows fit, each with its next "
            "token (lab 09)"
        )

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """One window and its targets.

        Args:
            index: which window: 0 is the first, -1 the last, as in a list.

        Returns:
            ``(x, y)``, each (T,) int64; ``y[i]`` is the token that follows ``x[i]``.

        Raises:
            IndexError: if there is no such window; the message names ``index`` and how
                many there are. (A ``for`` loop over the dataset ends by it.)
        """
        raise NotImplementedError(
            "token_dataset.TokenDataset.__getitem__: window number index and, one token "
            "later, its targets (lab 09)"
        )
