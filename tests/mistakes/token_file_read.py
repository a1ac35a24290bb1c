"""Ways people get read_tokens wrong."""

from vibejam_core.course.known import Mistake, edit

FACTS = "facts = read_header(path)"
OTHER = 'if fingerprint is not None and facts["tokenizer"] != fingerprint:'
MESSAGE = '''f"{path} was made with another tokenizer: {facts['tokenizer']}, not {fingerprint}. Give the tokenizer "'''
DTYPE = 'np.dtype(DTYPES[facts["dtype"]]), facts["n_tokens"]'
EXPECTED = "HEADER_BYTES + n_tokens * dtype.itemsize, path.stat().st_size"
WRONG = "if found != expected:"
DAMAGED = 'raise damaged(path, f"it has {found} bytes, not {expected}")'
RETURN = 'return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,)))  # (n_tokens,)'
OWN = '''import json

    with path.open("rb") as stream:
        facts = json.loads(stream.read(HEADER_BYTES)[8:])'''
"""The header read without looking at it."""


def returns(new):
    """Another way to get the tokens."""
    return edit(RETURN, new)


MISTAKES = {
    "token_file.read_tokens": [
        # The tokens
        Mistake("the header is taken for tokens", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", shape=(n_tokens,)))')),
        Mistake("the header is taken for tokens, and all of them come", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c"))')),
        Mistake("the first token is left out", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))[1:])')),
        Mistake("the last token is left out", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))[:-1])')),
        Mistake("the tokens come as one row of a matrix", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(1, n_tokens)))')),
        Mistake("tokens are always read as two bytes", edit(DTYPE, 'np.dtype("<u2"), facts["n_tokens"] * (2 if facts["dtype"] == "uint32" else 1)')),
        Mistake("tokens are always read as four bytes", edit(DTYPE, 'np.dtype("<u4"), facts["n_tokens"] // (1 if facts["dtype"] == "uint32" else 2)')),
        Mistake("the vocab_size says how long a token is, not the header's dtype", edit(DTYPE, 'np.dtype("<u2" if facts["vocab_size"] <= 2**16 else "<u4"), facts["n_tokens"]')),
        Mistake("tokens are read with the high byte first", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,)).byteswap(inplace=True))')),
        Mistake("the tokens come as signed numbers", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,)).view({2: "<i2", 4: "<i4"}[dtype.itemsize]))')),
        Mistake("tokens of four bytes come as signed numbers", returns('tokens = np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))\n    return torch.from_numpy(tokens if dtype.itemsize == 2 else tokens.view("<i4"))')),
        Mistake("the tokens come as int64, which takes the whole file's reading", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,)).astype(np.int64))')),
        Mistake("an array comes, not a tensor", returns('return np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))')),
        Mistake("a list comes, not a tensor", returns('return np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,)).tolist()')),
        Mistake("a pair of the tokens and the facts comes", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))), facts')),
        Mistake("no more than 4,096 tokens come", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))[:4096])')),
        Mistake("a file of a single token is refused", edit(WRONG, "if found != expected or n_tokens == 1:")),
        # Reading and mapping
        Mistake("the tokens are copied into memory", returns('return torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,))).clone()')),
        Mistake("tokens that were read once are kept, and come for the next file of that name", returns('if path not in read_tokens.__dict__.setdefault("kept", {}):\n        read_tokens.kept[path] = torch.from_numpy(np.memmap(path, dtype, mode="c", offset=HEADER_BYTES, shape=(n_tokens,)))\n    return read_tokens.kept[path]')),
        Mistake("the checksum is compared, for which the whole file is read", edit(RETURN, 'if hashlib.sha256(path.read_bytes()[HEADER_BYTES:]).hexdigest() != facts["sha256"]:\n        raise damaged(path, "the checksum")\n    ' + RETURN)),
        Mistake("what is done to the tensor is done to the file", returns('return torch.from_numpy(np.memmap(path, dtype, mode="r+", offset=HEADER_BYTES, shape=(n_tokens,)))')),
        Mistake("the map is for reading only, and a program that writes to the tensor is killed", returns('return torch.from_numpy(np.memmap(path, dtype, mode="r", offset=HEADER_BYTES, shape=(n_tokens,)))')),
        # The tokenizer
        Mistake("tokens of another tokenizer are accepted", edit(OTHER, "if False:")),
        Mistake("the fingerprint is compared even if none is given", edit(OTHER, 'if facts["tokenizer"] != fingerprint:')),
        Mistake("fingerprints are compared the wrong way round: the file's own is refused", edit(OTHER, OTHER.replace("!=", "=="))),
        Mistake("a fingerprint that begins with the file's is accepted", edit(OTHER, 'if fingerprint is not None and not fingerprint.startswith(facts["tokenizer"]):')),
        Mistake("a fingerprint with which the file's begins is accepted", edit(OTHER, 'if fingerprint is not None and not facts["tokenizer"].startswith(fingerprint):')),
        Mistake("a fingerprint that is a piece of the file's is accepted", edit(OTHER, 'if fingerprint is not None and fingerprint not in facts["tokenizer"]:')),
        Mistake("fingerprints are compared without regard to capitals", edit(OTHER, 'if fingerprint is not None and facts["tokenizer"].lower() != fingerprint.lower():')),
        Mistake("only the lengths of fingerprints are compared", edit(OTHER, 'if fingerprint is not None and len(facts["tokenizer"]) != len(fingerprint):')),
        Mistake("the error names only the file's fingerprint", edit("not {fingerprint}.", "not yours.")),
        Mistake("the error names only the fingerprint that was asked for", edit("tokenizer: {facts['tokenizer']}, not", "tokenizer, not")),
        Mistake("another tokenizer is a TypeError", edit(OTHER, OTHER + '\n        raise TypeError(f"{facts[\'tokenizer\']}, not {fingerprint}")\n    if False:')),
        # The size
        Mistake("the size isn't looked at", edit(WRONG, "if False:")),
        Mistake("the size isn't looked at: the tokens that are there come", edit(WRONG, "n_tokens = min(n_tokens, max(1, found - HEADER_BYTES) // dtype.itemsize)\n    if False:")),
        Mistake("the size isn't looked at, and how many tokens there are is what the file's size says", edit(WRONG, "n_tokens = (found - HEADER_BYTES) // dtype.itemsize\n    if n_tokens < 1:")),
        Mistake("a file that is too long is accepted", edit(WRONG, "if found < expected:")),
        Mistake("a file that is too short is refused by the map, which doesn't name the sizes", edit(WRONG, "if found > expected:")),
        Mistake("a file that is too long is cut to its size", edit(WRONG, "if found > expected:\n        os.truncate(path, expected)\n    " + WRONG)),
        Mistake("a file of a wrong size is deleted", edit(DAMAGED, "path.unlink()\n        " + DAMAGED)),
        Mistake("a byte too many is overlooked, since whole tokens are counted", edit(WRONG, "if (found - HEADER_BYTES) // dtype.itemsize != n_tokens:")),
        Mistake("a token too few is tolerated", edit(WRONG, "n_tokens -= expected - found == dtype.itemsize\n    if found != expected and expected - found != dtype.itemsize:")),
        Mistake("a token too many is tolerated", edit(WRONG, "if found != expected and found - expected != 2:")),
        Mistake("the expected size forgets the header", edit(EXPECTED, "n_tokens * dtype.itemsize, path.stat().st_size - HEADER_BYTES")),
        Mistake("the error doesn't name the size that was found", edit(DAMAGED, 'raise damaged(path, f"it should have {expected} bytes")')),
        Mistake("the error doesn't name the expected size", edit(DAMAGED, 'raise damaged(path, f"it has {found} bytes")')),
        Mistake("the error names numbers of tokens, not sizes in bytes", edit(DAMAGED, 'raise damaged(path, f"it has {(found - HEADER_BYTES) / dtype.itemsize} tokens, not {n_tokens}")')),
        Mistake("a wrong size is an OSError", edit(DAMAGED, 'raise OSError(f"it has {found} bytes, not {expected}")')),
        # The header
        Mistake("the header isn't checked", edit(FACTS, OWN)),
        Mistake("of the header only the first word is checked", edit(FACTS, OWN.replace('    with', '    if path.is_file() and path.read_bytes()[:8] != b"VIBETOKS":\n        raise ValueError("no token file")\n    with'))),
        Mistake("of the header only the version is checked", edit(FACTS, OWN + '\n    if facts["version"] > VERSION:\n        raise ValueError(f"version {facts[\'version\']}, not {VERSION}")')),
        Mistake("a newer format is read as well as it can be", edit(FACTS, "import json\n\n    try:\n        facts = read_header(path)\n    except ValueError as error:\n        if \"has version\" not in str(error):\n            raise\n        with path.open(\"rb\") as stream:\n            facts = json.loads(stream.read(HEADER_BYTES)[8:])")),
        Mistake("a missing file is a ValueError", edit(FACTS, 'if not path.exists():\n        raise ValueError(f"there is no {path}")\n    ' + FACTS)),
        Mistake("a missing file is made, empty", edit(FACTS, "path.touch()\n    " + FACTS)),
        Mistake("a missing file gives no tokens", edit(FACTS, "if not path.exists():\n        return torch.empty(0, dtype=torch.uint16)\n    " + FACTS)),
    ]
}
