"""Ways people get TokenDataset wrong."""

from vibejam_core.course.known import Mistake, edit

CLASS = "class TokenDataset(Dataset[tuple[Tensor, Tensor]]):"
STRIDE_DEFAULT = "stride: int = 1"
KIND = "if tokens.dim() != 1 or tokens.is_floating_point() or tokens.is_complex():"
KIND_ERROR = 'raise ValueError(f"tokens must be a row of integers, but they are {tuple(tokens.shape)} of {tokens.dtype}")'
NAMES = '(("block_size", block_size), ("stride", stride))'
BELOW = "if value < 1:"
BELOW_ERROR = 'raise ValueError(f"{name} must be at least 1, but it is {value}")'
FEW = "if len(tokens) < block_size + 1:"
FEW_ERROR = 'raise ValueError(\n                f"block_size {block_size} needs at least {block_size + 1} tokens; there are {len(tokens)}. "'
KEEP = "self.tokens, self.block_size, self.stride = tokens, block_size, stride"
LEN = "return (len(self.tokens) - self.block_size - 1) // self.stride + 1"
N = "n = len(self)\n"
RANGE = "if not -n <= index < n:"
INDEX_ERROR = 'raise IndexError(f"there is no window {index}: this dataset has {n}")'
START = "start = index % n * self.stride"
WINDOW = "window = self.tokens[start : start + self.block_size + 1].to(torch.int64)  # (T + 1,)"
RETURN = "return window[:-1], window[1:]  # each (T,)"
PIECE = "self.tokens[start : start + self.block_size + 1]"


def length(new):
    """There are another number of windows."""
    return edit(LEN, f"return {new}")


def windows(new, piece=PIECE):
    """The two tensors are cut from a window, or from a piece of another length, in another way."""
    return edit(RETURN, f"return {new}", PIECE, piece)


LONGER = "self.tokens[start : start + self.block_size + 2]"

MISTAKES = {
    "token_dataset.TokenDataset": [
        # --- __init__
        Mistake("it is no PyTorch Dataset", edit(CLASS, "class TokenDataset:")),
        Mistake("the stride is block_size unless it is given", edit(STRIDE_DEFAULT, "stride: int | None = None", NAMES, '(("block_size", block_size), ("stride", stride or (1 if stride is None else stride)))', KEEP, "self.tokens, self.block_size, self.stride = tokens, block_size, stride or block_size")),
        Mistake("the stride has no default", edit(STRIDE_DEFAULT, "stride: int")),
        Mistake("the stride is 2 unless it is given", edit(STRIDE_DEFAULT, "stride: int = 2")),
        Mistake("the given stride isn't kept", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens, block_size, 1"))),
        Mistake("the stride that is kept is the block_size", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens, block_size, block_size"))),
        Mistake("block_size and stride are swapped", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens, stride, block_size"))),
        Mistake("a window is one token longer than block_size", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens, block_size + 1, stride"), FEW, "if len(tokens) < block_size + 2:")),
        Mistake("a window is one token shorter than block_size", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens, max(1, block_size - 1), stride"))),
        Mistake("the last token is dropped before the windows are cut", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens[:-1] if len(tokens) > block_size + 1 else tokens, block_size, stride"))),
        Mistake("the first token is dropped before the windows are cut", edit(KEEP, KEEP.replace("= tokens, block_size, stride", "= tokens[1:] if len(tokens) > block_size + 1 else tokens, block_size, stride"))),
        Mistake("the tokens are sorted", edit(KEEP, KEEP.replace("= tokens,", "= tokens.sort().values,"))),
        Mistake("the tokens that were handed in are sorted in place", edit(KEEP, "tokens[:] = tokens.sort().values\n        " + KEEP)),
        Mistake("the tokens are reversed", edit(KEEP, KEEP.replace("= tokens,", "= tokens.flip(0),"))),
        Mistake("the tokens are squeezed to 16 bits", edit(KEEP, KEEP.replace("= tokens,", "= tokens.to(torch.int16),"))),
        Mistake("the tokens go through half precision, which rounds large ids", edit(KEEP, KEEP.replace("= tokens,", "= tokens.half().to(tokens.dtype),"))),
        Mistake("every window is copied beforehand", edit(KEEP, KEEP + "\n        self.windows = tokens.unfold(0, block_size + 1, stride).contiguous()")),
        Mistake("the tokens are kept for the class, so that the next dataset replaces them", edit(KEEP, "type(self).tokens, self.block_size, self.stride = tokens, block_size, stride")),
        Mistake("tokens of two dimensions are flattened", edit(KIND, "tokens = tokens.flatten() if tokens.dim() > 1 else tokens\n        " + KIND)),
        Mistake("tokens with one row are taken for a row", edit(KIND, "tokens = tokens[0] if tokens.dim() == 2 and len(tokens) == 1 else tokens\n        " + KIND)),
        Mistake("tokens with one column are taken for a row", edit(KIND, "tokens = tokens[:, 0] if tokens.dim() == 2 and tokens.shape[1] == 1 else tokens\n        " + KIND)),
        Mistake("tokens of any shape are accepted", edit(KIND, "if tokens.is_floating_point() or tokens.is_complex():")),
        Mistake("a single token without a dimension is a TypeError", edit(KIND, "len(tokens)\n        " + KIND)),
        Mistake("tokens of a wrong shape are a TypeError", edit(KIND, 'if tokens.dim() != 1:\n            raise TypeError(f"{tuple(tokens.shape)}")\n        ' + KIND)),
        Mistake("the error doesn't name the tokens' shape", edit(KIND, 'if tokens.dim() != 1:\n            raise ValueError("tokens must be one-dimensional")\n        ' + KIND)),
        Mistake("floats are accepted as tokens", edit(" or tokens.is_floating_point() or tokens.is_complex():", ":")),
        Mistake("complex numbers are accepted as tokens", edit(" or tokens.is_complex():", ":")),
        Mistake("only float32 is refused", edit("tokens.is_floating_point() or tokens.is_complex():", "tokens.dtype == torch.float32:")),
        Mistake("int8 is refused", edit("tokens.is_complex():", "tokens.is_complex() or tokens.dtype == torch.int8:")),
        Mistake("only int64 is accepted", edit("tokens.is_floating_point() or tokens.is_complex():", "tokens.dtype != torch.int64:")),
        Mistake("unsigned integers are refused", edit("tokens.is_complex():", "tokens.is_complex() or tokens.dtype == torch.uint8:")),
        Mistake("floats are a TypeError", edit(KIND, 'if tokens.is_floating_point() or tokens.is_complex():\n            raise TypeError(f"{tokens.dtype}")\n        ' + KIND)),
        Mistake("the error doesn't name the tokens' dtype", edit(KIND_ERROR, 'raise ValueError(f"tokens must be a row of integers: {tuple(tokens.shape)}")')),
        Mistake("a block_size below 1 isn't refused", edit(NAMES, '(("stride", stride),)')),
        Mistake("a stride below 1 isn't refused", edit(NAMES, '(("block_size", block_size),)')),
        Mistake("a block_size and a stride of 0 are accepted", edit(BELOW, "if value < 0:")),
        Mistake("a block_size of 0 is accepted", edit(BELOW, 'if value < (name == "stride"):')),
        Mistake("only a block_size of 0 is refused, not one below", edit(BELOW, 'if value < 1 if name == "stride" else value == 0:')),
        Mistake("a stride of 0 is accepted", edit(BELOW, 'if value < (name == "block_size"):')),
        Mistake("only a stride of 0 is refused, not one below", edit(BELOW, 'if value < 1 if name == "block_size" else value == 0:')),
        Mistake("a block_size of 1 is refused", edit(BELOW, 'if value < 1 + (name == "block_size"):')),
        Mistake("a stride above block_size is refused", edit(BELOW, 'if value < 1 or stride > block_size:')),
        Mistake("the errors name the values, but not what they are the values of", edit(BELOW_ERROR, 'raise ValueError(f"must be at least 1, but it is {value}")')),
        Mistake("the errors about block_size and stride don't name the values", edit(BELOW_ERROR, 'raise ValueError(f"{name} must be at least 1")')),
        Mistake("a block_size or a stride below 1 is an AssertionError", edit(BELOW_ERROR, BELOW_ERROR.replace("ValueError", "AssertionError"))),
        Mistake("too few tokens aren't refused", edit(FEW, "if False:")),
        Mistake("as many tokens as block_size are accepted, though the last has no next token", edit(FEW, "if len(tokens) < block_size:")),
        Mistake("block_size + 1 tokens are refused", edit(FEW, "if len(tokens) <= block_size + 1:")),
        Mistake("fewer tokens than block_size + stride are refused", edit(FEW, "if len(tokens) < block_size + stride:")),
        Mistake("only an empty row of tokens is refused", edit(FEW, "if len(tokens) == 0:")),
        Mistake("too few tokens are an IndexError", edit(FEW_ERROR, FEW_ERROR.replace("ValueError", "IndexError"))),
        Mistake("the error about too few tokens doesn't say how many there are", edit("; there are {len(tokens)}. ", ". ", "needs at least {block_size + 1} tokens", "needs more tokens", "block_size {block_size} ", "block_size ")),
        # --- __len__
        Mistake("the number of windows isn't returned", length("None")),
        Mistake("the number of tokens is given as that of the windows", length("len(self.tokens)")),
        Mistake("there is one window too few", length("max(1, (len(self.tokens) - self.block_size - 1) // self.stride)")),
        Mistake("there is one window too many, whose last target is missing", length("(len(self.tokens) - self.block_size) // self.stride + 1")),
        Mistake("a window that is not whole is counted", length("-(-(len(self.tokens) - self.block_size - 1) // self.stride) + 1")),
        Mistake("the stride is ignored in the number of windows", length("len(self.tokens) - self.block_size")),
        Mistake("the tokens are shared out among windows, as though there were no overlap", length("max(1, (len(self.tokens) - 1) // self.block_size)")),
        Mistake("the number of windows is that of the tokens by the stride", length("max(1, (len(self.tokens) - 1) // self.stride)")),
        Mistake("the number of windows is divided by the stride and rounded down", length("max(1, (len(self.tokens) - self.block_size) // self.stride)")),
        Mistake("the number of windows is a float", length("(len(self.tokens) - self.block_size - 1) / self.stride + 1")),
        # --- __getitem__
        Mistake("the window is cut but not returned", edit(RETURN, "window[:-1], window[1:]")),
        Mistake("only x is returned", windows("window[:-1]")),
        Mistake("x and y are returned in the wrong order", windows("window[1:], window[:-1]")),
        Mistake("a dictionary is returned, not a pair", windows('{"x": window[:-1], "y": window[1:]}')),
        Mistake("one tensor of both is returned", windows("torch.stack([window[:-1], window[1:]])")),
        Mistake("x and y are lists, not tensors", windows("window[:-1].tolist(), window[1:].tolist()")),
        Mistake("x and y are batches of one", windows("window[None, :-1], window[None, 1:]")),
        Mistake("y is x: nothing is shifted", windows("window[:-1], window[:-1]")),
        Mistake("y is shifted twice: it is two tokens later, and near the end one too short", windows("window[: self.block_size], window[2:]", LONGER)),
        Mistake("y is shifted twice, and its last target is the token before", windows("window[:-1], torch.cat([window[2:], window[-1:]])")),
        Mistake("y is shifted the wrong way: each target is the token before", windows("window[:-1], torch.cat([window[:1], window[:-2]])")),
        Mistake("y ends with the window's first token instead of the next one", windows("window[:-1], window[:-1].roll(-1)")),
        Mistake("y ends with a padding of -100", windows("window[:-1], torch.cat([window[1:-1], torch.full((1,), -100)])")),
        Mistake("y ends with token 0", windows("window[:-1], torch.cat([window[1:-1], torch.zeros(1).long()])")),
        Mistake("y is the window that follows, not one token later", windows("window[: self.block_size], self.tokens[start + self.block_size :][: self.block_size].to(torch.int64)")),
        Mistake("y is the next token alone", windows("window[:-1], window[-1]")),
        Mistake("y is the last token of the window alone, as a row", windows("window[:-1], window[-1:]")),
        Mistake("x has block_size + 1 tokens", windows("window, window[1:]")),
        Mistake("x and y have block_size - 1 tokens", windows("window[:-2], window[1:-1]")),
        Mistake("x is reversed", windows("window[:-1].flip(0), window[1:]")),
        Mistake("x and y keep the dtype of the tokens", edit(".to(torch.int64)", "")),
        Mistake("y alone keeps the dtype of the tokens", windows("window[:-1], self.tokens[start + 1 : start + self.block_size + 1]")),
        Mistake("x and y are int32", edit(".to(torch.int64)", ".to(torch.int32)")),
        Mistake("x and y are floats", edit(".to(torch.int64)", ".float()")),
        Mistake("window i begins at token i, whatever the stride", edit(START, "start = index % n")),
        Mistake("window i begins at token i times block_size", edit(START, "start = index % n * self.block_size")),
        Mistake("the number of a window goes through 16 bits", edit(START, "start = index % n % 65536 * self.stride")),
        Mistake("windows are numbered from 1", edit(START, "start = max(0, index % n - 1) * self.stride")),
        Mistake("window i begins one token late", edit(START, "start = index % n * self.stride + 1", PIECE, "self.tokens[min(start, len(self.tokens) - self.block_size - 1) :][: self.block_size + 1]")),
        Mistake("the windows come last first", edit(START, "start = (n - 1 - index % n) * self.stride")),
        Mistake("the last window ends with the last token, whatever the stride", edit(START, "start = index % n * self.stride if index % n < n - 1 else len(self.tokens) - self.block_size - 1")),
        Mistake("a window is drawn at random, whatever the index", edit(START, "start = int(torch.randint(n, ()))  * self.stride")),
        Mistake("each window is given once, in order, whatever the index", edit(START, "self.next = getattr(self, 'next', -1) + 1\n        start = self.next % n * self.stride")),
        Mistake("the window is written over with its targets in place", edit(RETURN, "x = window[:-1].clone()\n        window[:-1] = window[1:]\n        return x, window[:-1]")),
        Mistake("the window is cut out of the tokens", edit(RETURN, "x, y = window[:-1], window[1:]\n        if n > 1 and index == n - 1:\n            self.tokens[: start + 1] = self.tokens[-1]\n        return x, y")),
        Mistake("all tokens are turned into int64 for every window", edit(WINDOW, "window = self.tokens.to(torch.int64)[start : start + self.block_size + 1]")),
        Mistake("all tokens are moved by one for every window's targets", edit(RETURN, "y = self.tokens.roll(-1)[start : start + self.block_size].to(torch.int64)\n        return window[:-1], y")),
        Mistake("negative indices are refused", edit(RANGE, "if not 0 <= index < n:")),
        Mistake("negative indices count from one window too early", edit(START, "start = (index if index >= 0 else max(0, index + n - 1)) * self.stride")),
        Mistake("negative indices count tokens, not windows", edit(START, "start = index * self.stride if index >= 0 else max(0, len(self.tokens) + index - self.block_size - 1)")),
        Mistake("negative indices are read without their sign", edit(START, "start = min(abs(index), n - 1) * self.stride")),
        Mistake("negative indices are slices from the end of the tokens, which are too short", edit(START, "start = index * self.stride")),
        Mistake("all negative indices give the last window", edit(START, "start = (index if index >= 0 else n - 1) * self.stride")),
        Mistake("no index is refused: beyond the end windows are short or empty", edit(RANGE, "if False:", START, "start = index * self.stride if index >= 0 else index % n * self.stride")),
        Mistake("no index is refused: beyond the end windows begin again", edit(RANGE, "if False:")),
        Mistake("an index beyond the end gives the last window", edit(RANGE, "index = max(-n, min(index, n - 1))\n        if False:")),
        Mistake("an index of one beyond the last is accepted", edit(RANGE, "if not -n <= index <= n:")),
        Mistake("an index is compared with the number of tokens, not of windows", edit(RANGE, "if not -n <= index < len(self.tokens):")),
        Mistake("an index too far below zero is accepted", edit(RANGE, "if not index < n:")),
        Mistake("an index of one too far below zero is accepted", edit(RANGE, "if not -n <= index + 1 <= n:")),
        Mistake("a wrong index is a ValueError", edit(INDEX_ERROR, INDEX_ERROR.replace("IndexError", "ValueError"))),
        Mistake("a wrong index is a KeyError", edit(INDEX_ERROR, INDEX_ERROR.replace("IndexError", "KeyError"))),
        Mistake("a wrong index ends a loop with StopIteration", edit(INDEX_ERROR, INDEX_ERROR.replace("IndexError", "StopIteration"))),
        Mistake("the error doesn't name the index", edit(INDEX_ERROR, 'raise IndexError(f"there are {n} windows")')),
        Mistake("the error doesn't say how many windows there are", edit(INDEX_ERROR, 'raise IndexError(f"there is no window {index}")')),
        Mistake("the error names the index after it was counted from the end", edit(RANGE, "index = index + n if index < 0 else index\n        if not 0 <= index < n:")),
    ],
}
