"""Ways people get write_tokens wrong: what is in the file."""

from vibejam_core.course.known import Mistake, edit

NAME = 'name = "uint16" if vocab_size <= 2**16 else "uint32"'
ZEROS = "n_tokens = n_documents = total_bytes = 0"
CHECKSUM = "checksum = hashlib.sha256()"
END = "end = np.array([] if end_id is None else [end_id], dtype=np.int64)"
ROOM = "stream.write(bytes(HEADER_BYTES))"
LOOP = "for ids, n_bytes in documents:"
TOKENS = "tokens = np.concatenate([np.asarray(ids, dtype=np.int64), end])  # (n,)"
WRONG = "wrong = tokens[(tokens < 0) | (tokens >= vocab_size)]"
DATA = "data = tokens.astype(DTYPES[name]).tobytes()"
WRITE = "stream.write(data)"
HASH = "checksum.update(data)"
COUNT = "n_tokens += len(tokens)"
DOCUMENT = "n_documents += 1"
BYTES = "total_bytes += n_bytes"
EMPTY = "if n_tokens == 0:"
EMPTY_ERROR = 'raise ValueError(f"there is no token to write to {path}: the {n_documents} documents have none")'
MESSAGE = 'f"document {n_documents} has the token {wrong[0]}, but a vocab_size of {vocab_size} has tokens "'
RAISE = "raise ValueError(\n                        f\"document"
MORE = 'f"from 0 to {vocab_size - 1}. Give the vocab_size of the tokenizer that made it."'
DTYPE_FACT = '"dtype": name,'
VERSION_FACT = '"version": VERSION,'
N_FACT = '"n_tokens": n_tokens,'
DOCUMENTS_FACT = '"n_documents": n_documents,'
BYTES_FACT = '"n_bytes": total_bytes,'
VOCAB_FACT = '"vocab_size": vocab_size,'
TOKENIZER_FACT = '"tokenizer": fingerprint,'
SHA_FACT = '"sha256": checksum.hexdigest(),'
SEEK = "stream.seek(0)"
HEADER = "stream.write(pack_header(facts))"
RETURN = "return facts"
IN = "\n" + " " * 16
"""The next line, as far in as the work on one document."""

MISTAKES = {
    "token_file.write_tokens": [
        # The type of a token
        Mistake("tokens always take two bytes, and those above 65,535 are cut off silently", edit(NAME, 'name = "uint16"')),
        Mistake("tokens always take four bytes", edit(NAME, 'name = "uint32"')),
        Mistake("a vocab_size of 65,536 takes four bytes", edit(NAME, NAME.replace("<=", "<"))),
        Mistake("a vocab_size of 65,537 still takes two bytes", edit(NAME, NAME.replace("2**16", "2**16 + 1"))),
        Mistake("two bytes are taken up to a vocab_size of 32,768 only, as if one bit were the sign", edit(NAME, NAME.replace("2**16", "2**15"))),
        Mistake("the largest token says how long a token is, not the vocab_size", edit(LOOP, 'documents = list(documents)\n            name = "uint16" if max((max(map(int, ids), default=0) for ids, _ in documents), default=0) < 2**16 else "uint32"\n            ' + LOOP)),
        Mistake("tokens are written with the high byte first", edit(DATA, 'data = tokens.astype({"uint16": ">u2", "uint32": ">u4"}[name]).tobytes()')),
        Mistake("tokens are written as eight bytes, as they were computed", edit(DATA, "data = tokens.tobytes()")),
        Mistake("tokens go through signed numbers of two bytes, which have no 32,768", edit(DATA, 'data = np.clip(tokens, -32768, 32767).astype("<i2").tobytes() if name == "uint16" else tokens.astype(DTYPES[name]).tobytes()')),
        Mistake("the tokens are written as text", edit(DATA, 'data = " ".join(map(str, tokens)).encode()')),
        Mistake("the header says uint16 whatever the tokens are", edit(DTYPE_FACT, '"dtype": "uint16",')),
        Mistake("the header's dtype is the one for NumPy", edit(DTYPE_FACT, '"dtype": DTYPES[name],')),
        # The end of a document
        Mistake("no document is ended: end_id isn't used", edit(END, "end = np.array([], dtype=np.int64)")),
        Mistake("an end_id of 0 is taken for none", edit(END, END.replace("[] if end_id is None else [end_id]", "[end_id] if end_id else []"))),
        Mistake("an end_id of None ends documents with a 0", edit(END, END.replace("[] if end_id is None else [end_id]", "[end_id or 0]"))),
        Mistake("every document is ended twice", edit(END, END.replace("[end_id]", "[end_id, end_id]"))),
        Mistake("end_id comes before each document, not behind it", edit(TOKENS, "tokens = np.concatenate([end, np.asarray(ids, dtype=np.int64)])")),
        Mistake("end_id comes between documents only: the last has none", edit(TOKENS, "tokens = np.concatenate([end if n_documents else end[:0], np.asarray(ids, dtype=np.int64)])")),
        Mistake("end_id comes once, at the end of the file", edit(TOKENS, "tokens = np.asarray(ids, dtype=np.int64)", EMPTY, "stream.write(end.astype(DTYPES[name]).tobytes())\n            checksum.update(end.astype(DTYPES[name]).tobytes())\n            n_tokens += len(end)\n            " + EMPTY)),
        Mistake("an empty document isn't ended", edit(TOKENS, TOKENS.replace("end])", "end if len(ids) else end[:0]])"))),
        Mistake("a document that ends in end_id anyway isn't ended", edit(TOKENS, TOKENS.replace("end])", "end if len(ids) == 0 or ids[-1] != end_id else end[:0]])"))),
        Mistake("end_id is taken out of the documents' own tokens", edit(TOKENS, TOKENS.replace("np.asarray(ids, dtype=np.int64)", "np.asarray([i for i in ids if i != end_id], dtype=np.int64)"))),
        Mistake("the end token isn't counted", edit(COUNT, "n_tokens += len(ids)")),
        Mistake("the end token isn't in the checksum", edit(HASH, "checksum.update(tokens[: len(ids)].astype(DTYPES[name]).tobytes())")),
        Mistake("end_id is appended to the documents that were handed in", edit(TOKENS, "ids.extend(end.tolist()) if isinstance(ids, list) else None" + IN + TOKENS.replace("end])", "end[: 0 if isinstance(ids, list) else None]])"))),
        Mistake("an array with end_id behind it keeps its type, so that end_id is cut off", edit(TOKENS, 'tokens = np.concatenate([np.asarray(ids, dtype=np.int64), end.astype(ids.dtype if hasattr(ids, "dtype") else np.int64)])')),
        # The tokens of a document
        Mistake("the last document is left out", edit(LOOP, "documents = list(documents)\n            for ids, n_bytes in documents[:-1] or documents:")),
        Mistake("the first document is left out", edit(LOOP, "documents = list(documents)\n            for ids, n_bytes in documents[1:] or documents:")),
        Mistake("the documents are gone through twice, which a generator can't be", edit(ZEROS, ZEROS + "\n    n_total = sum(len(ids) for ids, _ in documents)")),
        Mistake("the documents are counted with len(), which a generator hasn't", edit(ZEROS, "n_tokens = total_bytes = 0\n    n_documents = len(documents) * 0")),
        Mistake("the tokens of a document are sorted", edit(WRITE, "data = np.sort(tokens).astype(DTYPES[name]).tobytes()" + IN + WRITE)),
        Mistake("each document's tokens are written once only", edit(TOKENS, TOKENS.replace("np.asarray(ids, dtype=np.int64)", "np.array(list(dict.fromkeys(ids)), dtype=np.int64)"))),
        Mistake("ids and end_id are added with +, which an array takes for a sum", edit(TOKENS, "tokens = np.asarray(ids + ([] if end_id is None else [end_id]) if isinstance(ids, list) else ids + tuple(end.tolist()) if isinstance(ids, tuple) else ids + end_id, dtype=np.int64)")),
        Mistake("ids must be a list: whether it is empty is asked of it as of a list", edit(TOKENS, "assert ids or ids == []" + IN + TOKENS, END, END + "\n    documents = ((list(ids) if isinstance(ids, tuple) else ids, n) for ids, n in documents)")),
        Mistake("an array's bytes are written as they are, whatever its type", edit(WRITE, 'data = np.ascontiguousarray(ids).tobytes() + end.astype(DTYPES[name]).tobytes() if isinstance(ids, np.ndarray) and ids.dtype != np.int64 else data' + IN + WRITE)),
        # The header
        Mistake("there is no room for a header: it overwrites the first tokens", edit(ROOM, "pass")),
        Mistake("the header comes behind the tokens", edit(ROOM, "pass", SEEK, "pass")),
        Mistake("the header isn't filled in", edit(HEADER, "pass")),
        Mistake("the room for the header is one byte too long", edit(ROOM, "stream.write(bytes(HEADER_BYTES + 1))")),
        Mistake("the header is written a second time where the tokens are, not at the beginning", edit(ROOM, 'stream.write(pack_header({"version": VERSION}))', SEEK, "pass")),
        Mistake("the header is the JSON alone, without pack_header's padding", edit(HEADER, 'import json\n            stream.write(b"VIBETOKS" + json.dumps(facts).encode())')),
        Mistake("the header lacks the line break at its end", edit(HEADER, 'stream.write(pack_header(facts)[:-1] + b" ")')),
        Mistake("n_documents counts only documents with tokens", edit(DOCUMENT, "n_documents += len(ids) > 0")),
        Mistake("n_tokens and n_documents are swapped", edit(N_FACT, '"n_tokens": n_documents,', DOCUMENTS_FACT, '"n_documents": n_tokens,')),
        Mistake("n_tokens is that of the last document", edit(COUNT, "n_tokens = len(tokens) or n_tokens")),
        Mistake("n_bytes counts the bytes of the tokens, not of the text", edit(BYTES, "total_bytes += len(data)")),
        Mistake("n_bytes is the last document's", edit(BYTES, "total_bytes = n_bytes")),
        Mistake("n_bytes is a number of 32 bits, which is too small for a corpus", edit(BYTES, "total_bytes = (total_bytes + n_bytes) % 2**32")),
        Mistake("n_bytes leaves out documents without tokens", edit(BYTES, "total_bytes += n_bytes if len(ids) else 0")),
        Mistake("n_bytes counts each text's line break as well", edit(BYTES, "total_bytes += n_bytes + 1")),
        Mistake("vocab_size counts the end token in addition", edit(VOCAB_FACT, '"vocab_size": vocab_size + len(end),')),
        Mistake("vocab_size is the largest token and one more", edit(VOCAB_FACT, '"vocab_size": largest + 1,', ZEROS, ZEROS + "\n    largest = 0", COUNT, "largest = max([largest, *tokens.tolist()])" + IN + COUNT)),
        Mistake("the header doesn't say the tokenizer", edit(TOKENIZER_FACT, "")),
        Mistake("the fingerprint has the wrong name in the header", edit(TOKENIZER_FACT, '"fingerprint": fingerprint,')),
        Mistake("the version is that of the first format, 0", edit(VERSION_FACT, '"version": 0,')),
        Mistake("the checksum is of the last document", edit(HASH, "checksum = hashlib.sha256(data)")),
        Mistake("the checksum is of the whole file, with the empty header", edit(CHECKSUM, "checksum = hashlib.sha256(bytes(HEADER_BYTES))")),
        Mistake("the checksum is of the tokens as eight bytes each", edit(HASH, "checksum.update(tokens.tobytes())")),
        Mistake("the checksum is a SHA-1", edit(CHECKSUM, "checksum = hashlib.sha1()")),
        Mistake("the checksum is handed over as bytes, which JSON can't hold", edit(SHA_FACT, '"sha256": checksum.digest(),')),
        Mistake("the checksum goes on from file to file", edit(CHECKSUM, 'checksum = write_tokens.__dict__.setdefault("checksum", hashlib.sha256())')),
        Mistake("the sums go on from file to file", edit(ZEROS, 'n_documents = total_bytes = 0\n    n_tokens = write_tokens.__dict__.get("sum", 0)', EMPTY, 'write_tokens.sum = n_tokens\n            ' + EMPTY)),
        Mistake("n_tokens is a NumPy number, which JSON can't hold", edit(COUNT, "n_tokens += np.int64(len(tokens))")),
        Mistake("nothing is returned", edit(RETURN, "return None")),
        Mistake("the path is returned, not the facts", edit(RETURN, "return path")),
        Mistake("the facts that are returned lack the checksum", edit(RETURN, 'return {name: fact for name, fact in facts.items() if name != "sha256"}')),
        # What is refused
        Mistake("tokens aren't compared with vocab_size", edit(WRONG, "wrong = tokens[tokens < 0]")),
        Mistake("only what doesn't fit into the bytes is refused", edit(WRONG, "wrong = tokens[(tokens < 0) | (tokens >= 2**16)] if name == 'uint16' else tokens[(tokens < 0) | (tokens >= 2**32)]")),
        Mistake("a token equal to vocab_size is accepted", edit(WRONG, WRONG.replace(">=", ">"))),
        Mistake("the last token of the vocabulary is refused", edit(WRONG, WRONG.replace(">= vocab_size", ">= vocab_size - 1"))),
        Mistake("token 0 is refused", edit(WRONG, WRONG.replace("tokens < 0", "tokens <= 0"))),
        Mistake("negative tokens aren't refused", edit(WRONG, "wrong = tokens[tokens >= vocab_size]")),
        Mistake("only the first token of a document is looked at", edit(WRONG, "wrong = tokens[:1][(tokens[:1] < 0) | (tokens[:1] >= vocab_size)]")),
        Mistake("tokens that aren't in the vocabulary are left out", edit(WRONG, "tokens = tokens[(tokens >= 0) & (tokens < vocab_size)]" + IN + "wrong = tokens[:0]")),
        Mistake("the type is narrowed before the tokens are looked at, so that large ones look small", edit(WRONG, "low = tokens.astype(DTYPES[name])" + IN + "wrong = low[low >= vocab_size]")),
        Mistake("an array's type is narrowed before its tokens are looked at, so that large ones look small", edit(TOKENS, "ids = ids.astype(DTYPES[name]) if isinstance(ids, np.ndarray) else ids" + IN + TOKENS)),
        Mistake("end_id isn't looked at", edit(WRONG, WRONG.replace("tokens[(tokens < 0) | (tokens >= vocab_size)]", "np.asarray(ids, dtype=np.int64)" + IN + "wrong = wrong[(wrong < 0) | (wrong >= vocab_size)]"))),
        Mistake("the error doesn't name the token", edit("has the token {wrong[0]}", "has a token")),
        Mistake("the error doesn't name the vocab_size", edit("a vocab_size of {vocab_size} has tokens", "the vocabulary has tokens", "from 0 to {vocab_size - 1}", "from 0 on")),
        Mistake("the error doesn't name the document", edit("document {n_documents} has", "a document has")),
        Mistake("the error counts documents from 1", edit("document {n_documents} has", "document {n_documents + 1} has")),
        Mistake("the error names the token's place in the file for the document's number", edit("document {n_documents} has", "document {n_tokens * 1000 + 999} has")),
        Mistake("the error doesn't count empty documents", edit("document {n_documents} has", "document {n_full} has", ZEROS, ZEROS + "\n    n_full = 0", COUNT, "n_full += len(ids) > 0" + IN + COUNT)),
        Mistake("a wrong token is an AssertionError", edit(RAISE, RAISE.replace("ValueError", "AssertionError"))),
        Mistake("a file without a token is written", edit(EMPTY, "if False:")),
        Mistake("only a file without documents is refused, not one without tokens", edit(EMPTY, "if n_documents == 0:")),
        Mistake("a file of a single token is refused", edit(EMPTY, "if n_tokens <= 1:")),
        Mistake("no tokens are an assertion's matter", edit(EMPTY_ERROR, "raise AssertionError(path)")),
    ]
}
