"""Correct datasets of windows that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

HEAD = "class TokenDataset(Dataset[tuple[Tensor, Tensor]]):\n"

VARIANTS = {
    "token_dataset.TokenDataset": [
        Variant("all windows as one view, by unfold", whole(HEAD + """    def __init__(self, tokens, block_size, stride=1):
        if tokens.ndim != 1:
            raise ValueError(f"expected one dimension, got {tokens.shape}")
        if tokens.dtype.is_floating_point or tokens.dtype.is_complex:
            raise ValueError(f"{tokens.dtype} holds no integers")
        if block_size <= 0:
            raise ValueError(f"block_size={block_size}")
        if stride <= 0:
            raise ValueError(f"stride={stride}")
        if tokens.numel() <= block_size:
            raise ValueError(f"only {tokens.numel()} tokens")
        self.windows = tokens.unfold(0, block_size + 1, stride)  # (windows, T + 1), a view

    def __len__(self):
        return self.windows.shape[0]

    def __getitem__(self, index):
        if index >= len(self) or index < -len(self):
            raise IndexError(f"{index} of {len(self)}")
        window = self.windows[index].long()
        return window[:-1], window[1:]
""")),
        Variant("the starts in a list, two slices", whole(HEAD + """    def __init__(self, tokens, block_size, stride=1):
        n = tokens.shape[0] if tokens.dim() == 1 else None
        if n is None:
            raise ValueError(f"tokens of shape {list(tokens.shape)}")
        if tokens.dtype not in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
            raise ValueError(f"tokens of dtype {tokens.dtype}")
        if min(block_size, stride) < 1:
            raise ValueError(f"block_size {block_size} and stride {stride} must be positive")
        self.starts = list(range(0, n - block_size, stride))
        if not self.starts:
            raise ValueError(f"{n} tokens are too few for a block_size of {block_size}")
        self.t, self.width = tokens, block_size

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        try:
            start = self.starts[index]
        except IndexError:
            raise IndexError(f"window {index} of {len(self.starts)}") from None
        x = self.t[start : start + self.width].clone().to(torch.long)
        y = self.t[start + 1 : start + 1 + self.width].clone().to(torch.long)
        return x, y
""")),
        Variant("converted once, fancy indexing, lists returned", whole(HEAD + """    def __init__(self, tokens, block_size, stride=1):
        problem = None
        if tokens.dim() != 1:
            problem = f"tokens have shape {tuple(tokens.shape)}"
        elif tokens.is_complex() or torch.is_floating_point(tokens):
            problem = f"tokens have dtype {tokens.dtype}"
        elif block_size < 1:
            problem = f"block_size is {block_size}"
        elif stride < 1:
            problem = f"stride is {stride}"
        elif tokens.size(0) - block_size < 1:
            problem = f"there are {tokens.size(0)} tokens, which is no more than block_size {block_size}"
        if problem:
            raise ValueError(problem)
        self.tokens = tokens.to(torch.int64)
        self.block_size, self.stride = block_size, stride
        self.offsets = torch.arange(block_size)

    def __len__(self):
        return -(-(self.tokens.numel() - self.block_size) // self.stride)

    def __getitem__(self, index):
        n = self.__len__()
        position = n + index if index < 0 else index
        if position < 0 or position >= n:
            raise IndexError("index %d, but %d windows" % (index, n))
        places = position * self.stride + self.offsets
        return [self.tokens[places], self.tokens[places + 1]]
""")),
        Variant("a range that does the sums, narrow", edit(
            "self.tokens, self.block_size, self.stride = tokens, block_size, stride",
            "self.tokens, self.block_size, self.stride = tokens.detach(), block_size, stride\n"
            "        self.starts = range(0, len(tokens) - block_size, stride)",
            "return (len(self.tokens) - self.block_size - 1) // self.stride + 1",
            "return len(self.starts)",
            """        start = index % n * self.stride
        window = self.tokens[start : start + self.block_size + 1].to(torch.int64)  # (T + 1,)
        return window[:-1], window[1:]  # each (T,)
""",
            """        start = self.starts[index]
        x = self.tokens.narrow(0, start, self.block_size)
        y = self.tokens.narrow(0, start + 1, self.block_size)
        return x.type(torch.LongTensor), y.type(torch.LongTensor)
""",
        )),
        Variant("a NumPy array and a sliding window", whole(HEAD + """    def __init__(self, tokens, block_size, stride=1):
        import numpy as np

        if len(tokens.shape) != 1:
            raise ValueError(f"not a row: {tuple(tokens.shape)}")
        row = tokens.cpu().numpy()
        if not np.issubdtype(row.dtype, np.integer):
            raise ValueError(f"not integers: {row.dtype}")
        for name in ("block_size", "stride"):
            if locals()[name] < 1:
                raise ValueError(f"{name} = {locals()[name]}")
        if row.size < block_size + 1:
            raise ValueError(f"{row.size} tokens, block_size {block_size}")
        self.windows = np.lib.stride_tricks.sliding_window_view(row, block_size + 1)[::stride]

    def __len__(self):
        return len(self.windows)

    def __getitem__(self, index):
        if index not in range(-len(self), len(self)):
            raise IndexError(f"{index} not in -{len(self)} to {len(self) - 1}")
        window = torch.from_numpy(self.windows[index].astype("int64"))
        return window[:-1].clone(), window[1:].clone()
""")),
        Variant("counted by a loop, as_strided", whole(HEAD + """    def __init__(self, tokens: Tensor, block_size: int, stride: int = 1) -> None:
        super().__init__()
        if tokens.dim() != 1 or tokens.dtype.is_floating_point or tokens.dtype.is_complex:
            raise ValueError(f"tokens: {tokens.dtype}, {tokens.shape}")
        if block_size < 1 or stride < 1:
            raise ValueError(f"block_size: {block_size}, stride: {stride}")
        if len(tokens) <= block_size:
            raise ValueError(f"too short: {len(tokens)}")
        self.tokens, self.block_size, self.stride = tokens.contiguous(), block_size, stride
        self.count, end = 0, block_size
        while end < len(tokens):
            self.count += 1
            end += stride

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if index < 0:
            if index + self.count < 0:
                raise IndexError(f"no window {index} among {self.count}")
            return self[index + self.count]
        if index >= self.count:
            raise IndexError(f"no window {index} among {self.count}")
        first = self.tokens.storage_offset() + index * self.stride
        x, y = (self.tokens.as_strided((self.block_size,), (1,), first + shift) for shift in (0, 1))
        return x.to(dtype=torch.int64), y.to(dtype=torch.int64)
""")),
    ],
}
