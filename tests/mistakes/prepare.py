"""Ways people get prepare_corpus wrong."""

from vibejam_core.course.known import Mistake, edit

NO_FOLDER = """    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {folder}. Make it and put your .txt and .md files there.")
"""
NO_DIRECTORY = """    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; give the folder that it lies in as --input-dir")
"""
OWN = "    own = config.out_path.resolve()\n"
FOUND = "wanted, others = ([path for path in found if path.resolve() != own] for found in text_files(folder))"
OTHERS = """report = Report(left_out=[(path, f"{path} is no {' or '.join(SUFFIXES)} file") for path in others])"""
WHY_OTHER = """f"{path} is no {' or '.join(SUFFIXES)} file\""""
FIRST = "first_in: dict[str, Path] = {}"
FOR = "for path in wanted:"
READ = "documents = split_documents(read_text(path, plain_quotes=config.plain_quotes))"
EXCEPT = "except (ValueError, OSError) as error:"
REFUSED = "report.left_out.append((path, str(error)))"
CONTINUE = "            continue\n        if not documents:"
NOTHING = """        if not documents:
            report.left_out.append((path, f"{path} holds nothing but {DOC_END}"))
"""
INNER = "for document in documents:"
SEEN = "if document.strip() in first_in:"
DUPLICATE = "report.duplicates.append((path, first_in[document.strip()]))"
REMEMBER = "first_in[document.strip()] = path"
TAKE = "report.documents.append(document)"
TAKEN = """            if path not in report.taken:
                report.taken.append(path)
"""
NONE = "if not report.documents:"
RAISE = """raise ValueError(f"nothing in {folder} can be used: it needs {' or '.join(SUFFIXES)} files. {reasons}")"""
TEXT = "report.text = Corpus(folder.name, tuple(report.documents)).text"
WRITE = "write_text(config.out_path, report.text)"
RETURN = "    return report\n"


def compared(new, *more):
    """Documents are compared in another way."""
    return edit(
        SEEN, f"if {new} in first_in:", DUPLICATE, DUPLICATE.replace("document.strip()", new),
        REMEMBER, REMEMBER.replace("document.strip()", new), *more,
    )  # fmt: skip


MISTAKES = {
    "prepare.prepare_corpus": [
        # the text
        Mistake("the report is not returned", edit(RETURN, "")),
        Mistake("the text is returned instead of the report", edit(RETURN, "    return report.text\n")),
        Mistake(
            "the text is not put into the report",
            edit(TEXT, "", WRITE, WRITE.replace("report.text", "Corpus(folder.name, tuple(report.documents)).text")),
        ),
        Mistake("the text is not written", edit(WRITE, "")),
        Mistake(
            "the text is written before it is made",
            edit("    " + TEXT + "\n    " + WRITE, "    " + WRITE + "\n    " + TEXT),
        ),
        Mistake(
            "the documents are not put into the report",
            edit(
                TAKE,
                "taken.append(document)",
                FIRST,
                FIRST + "\n    taken: list[str] = []",
                NONE,
                "if not taken:",
                TEXT,
                TEXT.replace("report.documents", "taken"),
            ),
        ),
        Mistake(
            "the documents are joined with an empty line between them",
            edit(TEXT, 'report.text = "\\n\\n".join(report.documents)'),
        ),
        Mistake(
            "the documents are joined with nothing between them", edit(TEXT, 'report.text = "".join(report.documents)')
        ),
        Mistake(
            "the documents are joined by the separator alone, without line breaks of its own",
            edit(TEXT, "report.text = DOC_END.join(report.documents)"),
        ),
        Mistake(
            "the documents are joined by hand, and the line breaks at their ends stay",
            edit(TEXT, 'report.text = f"\\n{DOC_END}\\n".join(report.documents)'),
        ),
        Mistake("the text ends with a separator, too", edit(TEXT, TEXT + ' + f"\\n{DOC_END}\\n"')),
        Mistake("the text gets a line break at its end", edit(TEXT, TEXT + ' + "\\n"')),
        Mistake(
            "the line breaks at the ends go even where there is one document alone", edit(TEXT, TEXT + '.strip("\\n")')
        ),
        Mistake(
            "the documents are sorted by what they say",
            edit(TEXT, TEXT.replace("report.documents", "sorted(report.documents)")),
        ),
        Mistake("the first document is lost", edit(TEXT, TEXT.replace("report.documents", "report.documents[1:]"))),
        Mistake("the last document is lost", edit(TEXT, TEXT.replace("report.documents", "report.documents[:-1]"))),
        Mistake(
            "the white space at the ends of each document is taken away",
            edit(TAKE, TAKE.replace("(document)", "(document.strip())")),
        ),
        Mistake(
            "the white space at the end of each document is taken away",
            edit(TAKE, TAKE.replace("(document)", "(document.rstrip())")),
        ),
        Mistake(
            "a space, a tab or a line break becomes one space wherever it stands",
            edit(TAKE, TAKE.replace("(document)", '(" ".join(document.split()))')),
        ),
        Mistake(
            "everything is turned into small letters", edit(TAKE, TAKE.replace("(document)", "(document.lower())"))
        ),
        Mistake(
            "the text is written in UTF-16",
            edit(WRITE, WRITE + ('\n    config.out_path.write_text(report.text, encoding="utf-16")')),
        ),
        Mistake(
            "the text is written with Windows line breaks",
            edit(WRITE, WRITE + ('\n    config.out_path.write_text(report.text, encoding="utf-8", newline="\\r\\n")')),
        ),
        Mistake(
            "the text is written over the older one, which is destroyed if the writing fails",
            edit(
                WRITE,
                (
                    "config.out_path.parent.mkdir(parents=True, exist_ok=True)\n"
                    '    config.out_path.write_text(report.text, encoding="utf-8", newline="\\n")'
                ),
            ),
        ),
        Mistake(
            "the folders for the text are not made",
            edit(WRITE, ('config.out_path.write_text(report.text, encoding="utf-8", newline="\\n")')),
        ),
        Mistake(
            "the text is added at the end of the older one",
            edit(
                WRITE,
                (
                    "config.out_path.parent.mkdir(parents=True, exist_ok=True)\n"
                    '    with config.out_path.open("a", encoding="utf-8", newline="\\n") as stream:\n'
                    "        stream.write(report.text)"
                ),
            ),
        ),
        # the files
        Mistake(
            "folders in the folder are not searched",
            edit(FOR, "for path in wanted:\n        if path.parent != folder:\n            continue"),
        ),
        Mistake(
            "only .txt files are read",
            edit(FOR, 'for path in wanted:\n        if path.suffix.lower() != ".txt":\n            continue'),
        ),
        Mistake(
            "an ending in capitals is not known",
            edit(
                FOUND,
                FOUND + "\n    others += [path for path in wanted if path.suffix not in SUFFIXES]\n"
                "    wanted = [path for path in wanted if path.suffix in SUFFIXES]",
            ),
        ),
        Mistake(
            "hidden files are read, too",
            edit(
                FOUND,
                (
                    'paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.resolve() != own]\n'
                    "    wanted = [p for p in paths if p.suffix.lower() in SUFFIXES]\n"
                    "    others = [p for p in paths if p not in wanted]"
                ),
            ),
        ),
        Mistake(
            "the files are sorted by their names alone",
            edit(FOR, "for path in sorted(wanted, key=lambda path: path.name):"),
        ),
        Mistake(
            "the files are sorted as text, so that a folder's files come after a file with its name",
            edit(FOR, "for path in sorted(wanted, key=str):"),
        ),
        Mistake("the files are read from last to first", edit(FOR, "for path in reversed(wanted):")),
        Mistake(
            "the newest file is read first",
            edit(FOR, "for path in sorted(wanted, key=lambda p: p.stat().st_mtime_ns, reverse=True):"),
        ),
        Mistake(
            "the text itself is read, too, where it lies in the folder",
            edit(FOUND, "wanted, others = text_files(folder)", OWN, ""),
        ),
        Mistake(
            "every file with the name of the text is passed over",
            edit(FOUND, FOUND.replace("path.resolve() != own", "path.name != own.name")),
        ),
        Mistake(
            "the paths are compared as they are spelt",
            edit(FOUND, FOUND.replace("path.resolve()", "path"), OWN, "    own = config.out_path\n"),
        ),
        Mistake(
            "the text itself is reported where it has another ending",
            edit(
                FOUND,
                "wanted, others = text_files(folder)\n    wanted = [path for path in wanted if path.resolve() != own]",
            ),
        ),
        Mistake(
            "the text itself is reported as left out",
            edit(
                FOUND, FOUND + "\n    others += [own] if own.is_file() and own.is_relative_to(folder.resolve()) else []"
            ),
        ),
        # reading
        Mistake("plain_quotes is ignored", edit(READ, READ.replace("config.plain_quotes", "True"))),
        Mistake("plain_quotes is taken the wrong way round", edit(READ, READ.replace("=config", "=not config"))),
        Mistake("the quotes always stay as they are", edit(READ, READ.replace("config.plain_quotes", "False"))),
        Mistake(
            "the files are read with Path.read_text, uncleaned",
            edit(READ, 'documents = split_documents(path.read_text(encoding="utf-8"))'),
        ),
        Mistake(
            "bytes that are not UTF-8 are passed over",
            edit(READ, 'documents = split_documents(path.read_text(encoding="utf-8", errors="ignore"))'),
        ),
        Mistake(
            "each file is one document",
            edit(READ, READ.replace("split_documents(", "(").replace("quotes))", "quotes),)")),
        ),
        Mistake(
            "the documents of a file are cut at empty lines",
            edit(
                READ,
                READ.replace(
                    "split_documents(read_text(path, plain_quotes=config.plain_quotes))",
                    '[d for d in read_text(path, plain_quotes=config.plain_quotes).split("\\n\\n") if d.strip()]',
                ),
            ),
        ),
        Mistake(
            "empty documents are taken, too",
            edit(
                READ,
                READ.replace(
                    "split_documents(read_text(path, plain_quotes=config.plain_quotes))",
                    "read_text(path, plain_quotes=config.plain_quotes).split(DOC_END)",
                ),
            ),
        ),
        Mistake("only the first document of a file is taken", edit(INNER, "for document in documents[:1]:")),
        # duplicates
        Mistake("duplicates are taken, too", edit(SEEN, "if False:")),
        Mistake("duplicates are left out, but not reported", edit(DUPLICATE, "pass")),
        Mistake(
            "duplicates are reported, but taken all the same",
            edit("                continue\n            first_in", "            first_in"),
        ),
        Mistake(
            "only duplicates in other files are found", edit(SEEN, "if first_in.get(document.strip(), path) != path:")
        ),
        Mistake(
            "only duplicates in the same folder are found",
            edit(
                SEEN,
                "if (path.parent, document.strip()) in first_in:",
                DUPLICATE,
                DUPLICATE.replace("document.strip()", "path.parent, document.strip()"),
                REMEMBER,
                REMEMBER.replace("document.strip()", "path.parent, document.strip()"),
            ),
        ),
        Mistake("only duplicates in the same file are found", edit(FOR, FOR + "\n        first_in = {}")),
        Mistake(
            "only a document that follows its double at once is found",
            edit(REMEMBER, "first_in = {document.strip(): path}"),
        ),
        Mistake(
            "whole files are compared, not documents",
            edit(
                INNER,
                'whole = "".join(documents).strip()\n'
                "        if whole in first_in:\n"
                "            report.duplicates.append((path, first_in[whole]))\n"
                "            continue\n"
                "        first_in[whole] = path\n        " + INNER,
                SEEN,
                "if False:",
                "\n            " + REMEMBER,
                "",
            ),
        ),
        Mistake(
            "the two files of a duplicate are swapped",
            edit(DUPLICATE, "report.duplicates.append((first_in[document.strip()], path))"),
        ),
        Mistake(
            "the one before is named for a duplicate, not the first",
            edit(DUPLICATE, DUPLICATE + "\n                first_in[document.strip()] = path"),
        ),
        Mistake(
            "the duplicates are reported once per file",
            edit(
                DUPLICATE, "if all(path != other for other, _ in report.duplicates):\n                    " + DUPLICATE
            ),
        ),
        Mistake(
            "a file with a duplicate in it is passed over from there on",
            edit("                continue\n            first_in", "                break\n            first_in"),
        ),
        Mistake(
            "the last of equal documents is taken, not the first",
            edit(
                DUPLICATE,
                DUPLICATE
                + (
                    "\n                report.documents.remove(next(d for d in report.documents "
                    "if d.strip() == document.strip()))\n                " + TAKE
                ),
            ),
        ),
        Mistake("white space at the ends makes documents different", compared("document")),
        Mistake("white space at the end alone is overlooked", compared("document.rstrip()")),
        Mistake("line breaks at the ends alone are overlooked", compared('document.strip("\\n")')),
        Mistake(
            "documents are compared as they were before their quotes were made plain",
            edit(
                INNER,
                "raw = split_documents(read_text(path, plain_quotes=False))\n        "
                "for document, key in zip(documents, raw, strict=True):",
                SEEN,
                "if key.strip() in first_in:",
                DUPLICATE,
                "report.duplicates.append((path, first_in[key.strip()]))",
                REMEMBER,
                "first_in[key.strip()] = path",
            ),
        ),
        Mistake(
            "documents are compared with plain quotes even where quotes stay as they are",
            edit(
                INNER,
                "plain = split_documents(read_text(path))\n        "
                "for document, key in zip(documents, plain, strict=True):",
                SEEN,
                "if key.strip() in first_in:",
                DUPLICATE,
                "report.duplicates.append((path, first_in[key.strip()]))",
                REMEMBER,
                "first_in[key.strip()] = path",
            ),
        ),
        Mistake("capitals are overlooked as documents are compared", compared("document.strip().lower()")),
        Mistake(
            "white space between words is overlooked as documents are compared", compared('" ".join(document.split())')
        ),
        Mistake("all white space is overlooked as documents are compared", compared('"".join(document.split())')),
        Mistake("only the first line of documents is compared", compared("document.strip().splitlines()[0]")),
        Mistake("the lengths of documents are compared", compared("str(len(document.strip()))")),
        Mistake(
            "a document that is part of another counts as a duplicate",
            edit(
                SEEN,
                "if any(document.strip() in other for other in first_in):",
                DUPLICATE,
                "report.duplicates.append((path, next(first_in[o] for o in first_in if document.strip() in o)))",
            ),
        ),
        Mistake(
            "a file that holds duplicates alone is counted among those taken",
            edit(TAKEN, "", INNER, "if documents:\n            report.taken.append(path)\n        " + INNER),
        ),
        Mistake(
            "a file that holds duplicates alone is reported as left out, too",
            edit(
                INNER,
                "if documents and all(d.strip() in first_in for d in documents):\n"
                '            report.left_out.append((path, f"{path} holds duplicates only"))\n        ' + INNER,
            ),
        ),
        Mistake(
            "a file is named once for each of its documents", edit(TAKEN, "            report.taken.append(path)\n")
        ),
        Mistake("the files taken are not reported", edit(TAKEN, "")),
        Mistake(
            "the files taken are reported by name alone",
            edit(TAKEN, TAKEN.replace("path not", "Path(path.name) not").replace("(path)", "(Path(path.name))")),
        ),
        Mistake(
            "the files taken are reported as strings",
            edit(TAKEN, TAKEN.replace("path not", "str(path) not").replace("(path)", "(str(path))")),
        ),
        Mistake(
            "what was seen is remembered from one call to the next",
            edit(FIRST, "first_in = prepare_corpus.__dict__.setdefault('seen', {})"),
        ),
        # left out
        Mistake("files of other kinds are not reported", edit(OTHERS, "report = Report()")),
        Mistake(
            "files of other kinds are read as well",
            edit(OTHERS, "report = Report()", FOR, "for path in sorted(wanted + others):"),
        ),
        Mistake(
            "the reason for a file of another kind does not name the endings",
            edit(WHY_OTHER, 'f"{path} is no text file"'),
        ),
        Mistake(
            "the reason for a file of another kind does not name the file",
            edit(WHY_OTHER, """f"it is no {' or '.join(SUFFIXES)} file\""""),
        ),
        Mistake("a file that can't be read ends it all", edit(EXCEPT, "except ZeroDivisionError as error:")),
        Mistake("only a ValueError is caught, not an OSError", edit(EXCEPT, "except ValueError as error:")),
        Mistake("only an OSError is caught, not a ValueError", edit(EXCEPT, "except OSError as error:")),
        Mistake("only bytes that are not UTF-8 are caught", edit(EXCEPT, "except UnicodeDecodeError as error:")),
        Mistake("a file that can't be used is not reported", edit(REFUSED, "del error")),
        Mistake(
            "a file that can't be used is reported with the name of the error for a reason",
            edit(REFUSED, "report.left_out.append((path, type(error).__name__))"),
        ),
        Mistake(
            "a file that can't be used is reported with the error itself, not its text",
            edit(REFUSED, "report.left_out.append((path, error))"),
        ),
        Mistake(
            "a file that can't be used is reported with a reason that fits all",
            edit(REFUSED, 'report.left_out.append((path, f"{path} can\'t be used"))'),
        ),
        Mistake(
            "a file that can't be used is reported without a reason", edit(REFUSED, "report.left_out.append(path)")
        ),
        Mistake(
            "a file that can't be used is reported as a duplicate",
            edit(REFUSED, "report.duplicates.append((path, path))"),
        ),
        Mistake(
            "the files after one that can't be used are not read", edit(CONTINUE, CONTINUE.replace("continue", "break"))
        ),
        Mistake("a file of separators alone is not reported", edit(NOTHING, "")),
        Mistake(
            "a file of separators alone is counted among those taken",
            edit(NOTHING, "        if not documents:\n            report.taken.append(path)\n"),
        ),
        Mistake(
            "a file of separators alone is a document without text",
            edit(NOTHING, "        documents = documents or ('',)\n"),
        ),
        Mistake(
            "a file is named both as taken and as left out if one of its documents is empty",
            edit(
                NOTHING,
                "        if len(documents) <= read_text(path).count(DOC_END):\n"
                '            report.left_out.append((path, f"{path} has an empty document"))\n',
            ),
        ),
        # errors
        Mistake(
            "a missing folder is a ValueError",
            edit(
                NO_FOLDER,
                "",
                NO_DIRECTORY,
                ("    if folder.exists() and not folder.is_dir():\n        raise NotADirectoryError(folder)\n"),
            ),
        ),
        Mistake(
            "the error for a missing folder does not name it",
            edit(
                NO_FOLDER, "    if not folder.exists():\n        raise FileNotFoundError('there is no such folder')\n"
            ),
        ),
        Mistake(
            "a file instead of a folder counts as a missing folder",
            edit(NO_FOLDER, NO_FOLDER.replace("exists", "is_dir"), NO_DIRECTORY, ""),
        ),
        Mistake("a file instead of a folder is a folder without files", edit(NO_DIRECTORY, "")),
        Mistake(
            "the error for a file instead of a folder does not name it",
            edit(NO_DIRECTORY, "    if not folder.is_dir():\n        raise NotADirectoryError('this is a file')\n"),
        ),
        Mistake("an empty text is written where nothing can be used", edit(NONE, "if False:")),
        Mistake(
            "nothing is written where nothing can be used, but there is no error",
            edit(RAISE, "del reasons\n        return report"),
        ),
        Mistake("there is an error only where there is no text file at all", edit(NONE, "if not wanted:")),
        Mistake("there is an error as soon as something is left out", edit(NONE, "if report.left_out:")),
        Mistake(
            "the text is written before the error",
            edit("    " + NONE, "    " + TEXT + "\n    " + WRITE + "\n    " + NONE),
        ),
        Mistake(
            "an older text is deleted where nothing can be used",
            edit(RAISE, "config.out_path.unlink(missing_ok=True)\n        " + RAISE),
        ),
        Mistake(
            "the error where nothing can be used does not name the folder",
            edit(
                RAISE,
                'raise ValueError(f"nothing can be used. " + " ".join(why.replace(str(folder), "") '
                "for _, why in report.left_out))",
            ),
        ),
        Mistake(
            "the error where nothing can be used gives no reason",
            edit(RAISE, 'raise ValueError(f"nothing in {folder} can be used")'),
        ),
        Mistake(
            "where nothing can be used the first reason is looked for even if there is none",
            edit(RAISE, 'raise ValueError(f"nothing in {folder} can be used: {report.left_out[0][1]}")'),
        ),
        Mistake(
            "where nothing can be used the error is a RuntimeError",
            edit(RAISE, RAISE.replace("ValueError", "RuntimeError")),
        ),
        # the files on the disk
        Mistake(
            "the files that were taken are deleted",
            edit(RETURN, "    for path in report.taken:\n        path.unlink()\n" + RETURN),
        ),
        Mistake(
            "the cleaned text is written back into the file",
            edit(INNER, "path.write_text(DOC_END.join(documents), encoding='utf-8')\n        " + INNER),
        ),
    ],
}
