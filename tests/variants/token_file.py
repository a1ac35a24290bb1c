"""Correct ways to write write_tokens and read_tokens that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

WRITE = "def write_tokens(path, documents, vocab_size, fingerprint, end_id=None):\n"
READ = "def read_tokens(path, fingerprint=None):\n"

VARIANTS = {
    "token_file.write_tokens": [
        Variant("array.array, one token after another, a flag for success", whole(WRITE + '''    import array
    import sys

    small = vocab_size <= 65536
    part = Path(str(path) + ".part")
    sha = hashlib.sha256()
    facts = {"tokenizer": fingerprint, "vocab_size": vocab_size, "version": VERSION, "dtype": "uint16" if small else "uint32"}
    n_tokens = n_documents = n_bytes = 0
    done = False
    try:
        with open(part, "wb") as f:
            f.write(b" " * HEADER_BYTES)
            for number, (ids, length) in enumerate(documents):
                row = array.array("H" if small else "I")
                for token in ids:
                    token = int(token)
                    if token < 0 or token >= vocab_size:
                        raise ValueError(f"{token} in document {number} is not in 0..{vocab_size - 1} ({vocab_size})")
                    row.append(token)
                if end_id is not None:
                    if not 0 <= end_id < vocab_size:
                        raise ValueError(f"end_id {end_id} is not below {vocab_size}")
                    row.append(end_id)
                if sys.byteorder == "big":
                    row.byteswap()
                f.write(row.tobytes())
                sha.update(row.tobytes())
                n_tokens += len(row)
                n_documents += 1
                n_bytes += length
            if not n_tokens:
                raise ValueError("nothing to write")
            facts.update(n_tokens=n_tokens, n_documents=n_documents, n_bytes=n_bytes, sha256=sha.hexdigest())
            f.seek(0)
            f.write(pack_header(facts))
            f.flush()
            os.fsync(f)
        os.replace(part, path)
        done = True
    finally:
        if not done and part.exists():
            part.unlink()
    return facts
''')),
        Variant("struct, an unbuffered file, end_id checked beforehand", whole(WRITE + '''    import struct

    if end_id is not None and not 0 <= end_id < vocab_size:
        raise ValueError(f"the end token {end_id} is not in a vocabulary of {vocab_size:,}")
    letter, dtype = ("H", "uint16") if vocab_size <= 1 << 16 else ("I", "uint32")
    part = path.parent / (path.name + ".part")
    sums = {"n_tokens": 0, "n_documents": 0, "n_bytes": 0}
    sha = hashlib.new("sha256")
    f = part.open("wb", buffering=0)
    try:
        try:
            f.seek(HEADER_BYTES)
            for ids, n_bytes in documents:
                ids = [int(i) for i in ids]
                bad = [i for i in ids if not 0 <= i < vocab_size]
                if bad:
                    raise ValueError(f"document {sums['n_documents']}: {bad[0]:,} is no token of {vocab_size:,}")
                if end_id is not None:
                    ids.append(end_id)
                data = struct.pack(f"<{len(ids)}{letter}", *ids)
                f.write(data)
                sha.update(data)
                sums["n_tokens"] += len(ids)
                sums["n_documents"] += 1
                sums["n_bytes"] += n_bytes
            if sums["n_tokens"] == 0:
                raise ValueError("no tokens")
            facts = {"version": VERSION, "dtype": dtype, **sums, "vocab_size": vocab_size, "tokenizer": fingerprint, "sha256": sha.hexdigest()}
            f.seek(0)
            f.write(pack_header(facts))
            os.fsync(f.fileno())
        finally:
            f.close()
        part.rename(path) if os.name == "posix" else part.replace(path)
    except:
        part.unlink(missing_ok=True)
        raise
    return facts
''')),
        Variant("bytes gathered in chunks of 64 KB, the checksum of the finished part read in pieces", whole(WRITE + '''    import contextlib

    dtype = np.dtype("<u2" if vocab_size < 65537 else "<u4")
    part = path.with_name(path.name + ".part")
    n_tokens, n_documents, total = 0, 0, 0
    with contextlib.ExitStack() as undo:
        undo.callback(part.unlink, missing_ok=True)
        with part.open("w+b") as stream:
            stream.truncate(HEADER_BYTES)
            stream.seek(HEADER_BYTES)
            chunk = bytearray()
            for ids, n_bytes in documents:
                row = np.array(list(ids) + ([end_id] if end_id is not None else []), dtype=np.int64)
                if row.size and (row.min() < 0 or row.max() >= vocab_size):
                    bad = row.min() if row.min() < 0 else row.max()
                    raise ValueError(f"{bad} (document {n_documents}) is not within 0 and {vocab_size}")
                chunk += row.astype(dtype).tobytes()
                if len(chunk) >= 65536:
                    stream.write(chunk)
                    chunk.clear()
                n_tokens += int(row.size)
                n_documents += 1
                total += n_bytes
            stream.write(chunk)
            if n_tokens < 1:
                raise ValueError("not one token")
            stream.flush()
            stream.seek(HEADER_BYTES)
            sha = hashlib.sha256()
            while block := stream.read(1 << 16):
                sha.update(block)
            facts = dict(version=VERSION, dtype="uint16" if dtype.itemsize == 2 else "uint32", n_tokens=n_tokens, n_documents=n_documents,
                         n_bytes=total, vocab_size=vocab_size, tokenizer=fingerprint, sha256=sha.hexdigest())
            stream.seek(0)
            stream.write(pack_header(facts))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        undo.pop_all()
    return facts
''')),
        Variant("torch and to_bytes, the file synced twice, then its folder", whole(WRITE + '''    width = 2 if vocab_size <= 2**16 else 4
    part = path.with_name(path.name + ".part")
    counts = [0, 0, 0]
    sha = hashlib.sha256()
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            os.lseek(fd, HEADER_BYTES, os.SEEK_SET)
            for ids, n_bytes in documents:
                for token in torch.tensor([int(i) for i in ids] + ([] if end_id is None else [end_id]), dtype=torch.int64).unique().tolist():
                    if not -1 < token < vocab_size:
                        raise ValueError(f"token {token} of document {counts[1]}: vocab_size is {vocab_size}")
                data = b"".join(int(token).to_bytes(width, "little") for token in ids)
                if end_id is not None:
                    data += end_id.to_bytes(width, "little")
                os.write(fd, data)
                sha.update(data)
                counts = [counts[0] + len(data) // width, counts[1] + 1, counts[2] + n_bytes]
            os.fsync(fd)
            if counts[0] == 0:
                raise ValueError(f"{path} would be empty")
            facts = {"version": VERSION, "dtype": {2: "uint16", 4: "uint32"}[width]}
            facts |= dict(zip(["n_tokens", "n_documents", "n_bytes"], counts))
            facts |= {"vocab_size": vocab_size, "tokenizer": fingerprint, "sha256": sha.hexdigest()}
            os.lseek(fd, 0, os.SEEK_SET)
            os.write(fd, pack_header(facts))
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(part, path)
    except BaseException:
        if part.exists():
            os.remove(part)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    return facts
''')),
        Variant("inner functions, a generator of bytes, the sums in the facts themselves", whole(WRITE + '''    facts = {"version": VERSION, "dtype": "uint16", "n_tokens": 0, "n_documents": 0, "n_bytes": 0, "vocab_size": vocab_size, "tokenizer": fingerprint}
    if vocab_size > 65_536:
        facts["dtype"] = "uint32"
    tail = () if end_id is None else (end_id,)

    def pieces():
        for ids, n_bytes in documents:
            row = tuple(ids) + tail
            for token in row:
                if token < 0 or token > vocab_size - 1:
                    raise ValueError(f"in document {facts['n_documents']} there is {token}; vocab_size: {vocab_size}")
            facts["n_tokens"] += len(row)
            facts["n_documents"] += 1
            facts["n_bytes"] += n_bytes
            yield np.array(row, dtype=DTYPES[facts["dtype"]]).tobytes()

    def fill(stream):
        sha = hashlib.sha256()
        stream.write(pack_header({}))
        for data in pieces():
            sha.update(data)
            stream.write(data)
        if facts["n_tokens"] == 0:
            raise ValueError("there are no tokens")
        facts["sha256"] = sha.hexdigest()
        stream.seek(0, os.SEEK_SET)
        stream.write(pack_header(facts))
        stream.flush()
        os.fsync(stream.fileno())

    part = path.with_name(path.name + ".part")
    ok = False
    try:
        with open(part, "wb") as stream:
            fill(stream)
        os.replace(part, path)
        ok = True
        return facts
    finally:
        if not ok:
            part.unlink(missing_ok=True)
''')),
    ],
    "token_file.read_tokens": [
        Variant("mmap and torch.frombuffer", whole(READ + '''    import mmap

    header = read_header(path)
    if fingerprint not in (None, header["tokenizer"]):
        raise ValueError(f"tokenizer {header['tokenizer']}, but {fingerprint} was expected")
    size, width = os.path.getsize(path), 2 if header["dtype"] == "uint16" else 4
    if size != 1024 + width * header["n_tokens"]:
        raise ValueError(f"{path}: {size} bytes, should be {1024 + width * header['n_tokens']}")
    with open(path, "rb") as f:
        mapped = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY)
    dtype = torch.uint16 if width == 2 else torch.uint32
    return torch.frombuffer(mapped, dtype=dtype, count=header["n_tokens"], offset=1024)
''')),
        Variant("torch.from_file over the whole file, without what is in front", whole(READ + '''    facts = read_header(path)
    known = facts["tokenizer"]
    if fingerprint is not None:
        if fingerprint != known:
            raise ValueError(f"expected {fingerprint}, found {known}")
    dtype = getattr(torch, facts["dtype"])
    expected = HEADER_BYTES + facts["n_tokens"] * dtype.itemsize
    if path.stat().st_size < expected or path.stat().st_size > expected:
        raise damaged(path, f"{path.stat().st_size} is not {expected}")
    everything = torch.from_file(str(path), shared=False, size=expected, dtype=torch.uint8)
    return everything[HEADER_BYTES:].view(dtype)
''')),
        Variant("a memory map of bytes, viewed", whole(READ + '''    facts = read_header(path)
    if fingerprint is not None and facts["tokenizer"] != fingerprint:
        raise ValueError("tokenizers differ: " + ", ".join([facts["tokenizer"], fingerprint]))
    raw = np.memmap(path, mode="c")
    body = raw[HEADER_BYTES:]
    width = np.dtype(DTYPES[facts["dtype"]]).itemsize
    if body.size != width * facts["n_tokens"]:
        raise ValueError(f"{raw.size} bytes in {path}, but {HEADER_BYTES + width * facts['n_tokens']} by its header")
    return torch.as_tensor(body.view(DTYPES[facts["dtype"]]))
''')),
        Variant("a memory map without a shape, the size from the end of the file", whole(READ + '''    facts = read_header(path)
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        wanted = 1024 + facts["n_tokens"] * int(facts["dtype"][4:]) // 8
        if size != wanted:
            raise damaged(path, f"size {size} instead of {wanted}")
        if fingerprint is not None and fingerprint != facts["tokenizer"]:
            raise ValueError(f"{facts['tokenizer']} != {fingerprint}")
        array = np.memmap(stream, dtype="<" + facts["dtype"].replace("uint16", "u2").replace("uint32", "u4"), mode="c", offset=1024)
    return torch.from_numpy(array)
''')),
    ],
}
