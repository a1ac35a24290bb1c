"""Correct ways to write prepare_corpus that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

DEF = "def prepare_corpus(config: PrepareConfig) -> Report:\n"

VARIANTS = {
    "prepare.prepare_corpus": [
        Variant(
            "a list of all documents with their files first, then the duplicates",
            whole(
                DEF
                + """    folder, out = config.input_dir, config.out_path
    if folder.is_file():
        raise NotADirectoryError(f"not a folder: {folder}")
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    report = Report()
    wanted, others = text_files(folder)
    everything = []
    for path in wanted:
        if out.exists() and path.samefile(out):
            continue
        try:
            text = read_text(path, plain_quotes=config.plain_quotes)
            parts = split_documents(text)
            if len(parts) == 0:
                raise ValueError(f"there is no document in {path}")
            everything.extend((part, path) for part in parts)
        except (OSError, ValueError) as problem:
            report.left_out.append((path, f"{problem}"))
    for path in others:
        if not out.exists() or not path.samefile(out):
            report.left_out.append((path, str(path) + " should end in one of " + ", ".join(SUFFIXES)))
    seen = []
    for part, path in everything:
        for other, first in seen:
            if other.strip() == part.strip():
                report.duplicates.append((path, first))
                break
        else:
            seen.append((part, path))
    report.documents = [part for part, _ in seen]
    report.taken = list(dict.fromkeys(path for _, path in seen))
    if len(seen) == 0:
        why = "\\n".join(reason for _, reason in report.left_out) or "it is empty"
        raise ValueError(f"{folder}: no text to train on. {why}")
    report.text = Corpus("personal", tuple(report.documents)).text
    write_text(out, report.text)
    return report
"""
            ),
        ),
        Variant(
            "the text joined by hand",
            edit(
                "report.text = Corpus(folder.name, tuple(report.documents)).text",
                "many = len(report.documents) > 1\n"
                '    cut = [d.strip("\\n") if many else d for d in report.documents]\n'
                '    report.text = ("\\n" + DOC_END + "\\n").join(cut)',
            ),
        ),
        Variant(
            "setdefault tells the first from its doubles",
            whole(
                DEF
                + """    if not config.input_dir.exists():
        raise FileNotFoundError(config.input_dir)
    if not config.input_dir.is_dir():
        raise NotADirectoryError(config.input_dir)
    skip = os.path.realpath(config.out_path)
    wanted, others = text_files(config.input_dir)
    taken, duplicates, first = {}, [], {}
    left_out = [(p, f"{p}: only {SUFFIXES} are read") for p in others if os.path.realpath(p) != skip]
    for path in wanted:
        if os.path.realpath(path) == skip:
            continue
        try:
            documents = split_documents(read_text(path, plain_quotes=config.plain_quotes))
        except ValueError as error:
            left_out.append((path, str(error)))
        except OSError as error:
            left_out.append((path, str(error)))
        else:
            if not documents:
                left_out.append((path, f"{path} has no documents"))
            for number, document in enumerate(documents):
                owner = first.setdefault(document.strip(), (path, number, document))
                if owner[:2] == (path, number):
                    taken[path] = None
                else:
                    duplicates.append((path, owner[0]))
    if not first:
        raise ValueError(f"nothing usable in {config.input_dir}", *[why for _, why in left_out])
    documents = [document for _, _, document in first.values()]
    text = Corpus("", tuple(documents)).text
    write_text(config.out_path, text)
    return Report(list(taken), documents, duplicates, left_out, text)
"""
            ),
        ),
        Variant(
            "a nested function for one file; fingerprints of documents",
            whole(
                DEF
                + """    import hashlib

    folder = Path(config.input_dir)
    if not folder.exists():
        raise FileNotFoundError(f"{folder} does not exist")
    if folder.is_file():
        raise NotADirectoryError(f"{folder} is not a directory")
    report, known = Report(), {}

    def take(path: Path) -> None:
        documents = split_documents(read_text(path, plain_quotes=config.plain_quotes))
        if not documents:
            raise ValueError(f"{path} holds separators only")
        for document in documents:
            digest = hashlib.sha256(document.strip().encode()).digest()
            if digest in known:
                report.duplicates += [(path, known[digest])]
            else:
                known[digest] = path
                report.documents += [document]

    wanted, others = text_files(folder)
    for path in [*others, *wanted]:
        if path.resolve() == Path(config.out_path).resolve():
            continue
        if path in others:
            report.left_out += [(path, f"{path.name} ends neither in {' nor in '.join(SUFFIXES)}")]
            continue
        try:
            take(path)
        except (ValueError, OSError) as error:
            report.left_out += [(path, str(error))]
    report.taken = sorted(set(known.values()))
    if report.documents == []:
        raise ValueError(f"{folder} gives no text: {[why for _, why in report.left_out]}")
    report.text = Corpus(str(folder), tuple(report.documents)).text
    write_text(config.out_path, report.text)
    return report
"""
            ),
        ),
        Variant(
            "the file replaced without write_text",
            edit(
                "write_text(config.out_path, report.text)",
                "config.out_path.parent.mkdir(parents=True, exist_ok=True)\n"
                '    fresh = config.out_path.parent / f".{os.getpid()}.tmp"\n'
                "    fresh.write_bytes(report.text.encode())\n"
                "    fresh.replace(config.out_path)",
            ),
        ),
    ],
}
