"""Checks of lab 07, first part: one text of many files."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.labs.helpers_files import fill, fresh_folder, replaced
from vibejam_core.course import expect
from vibejam_core.text.prepare import PrepareConfig

END = "\n<|doc_end|>\n"  # what stands between two documents


@contextmanager
def writing(files, out="new/corpus.txt"):
    """(folder, out_path): a folder with these files, and a place for the text."""
    with fresh_folder() as place:
        (place / "my-writing").mkdir()
        fill(place / "my-writing", files)
        yield place / "my-writing", place / out


def prepared(prepare_corpus, files, out="new/corpus.txt", **options):
    """The report, and what the output file holds, byte for byte."""
    with writing(files, out) as (folder, out_path):
        report = prepare_corpus(PrepareConfig(folder, out_path, **options))
        came = "None (is a return missing?)" if report is None else f"something of type {type(report).__name__}"
        expect.true(hasattr(report, "documents"), f"expected a Report, got {came}")
        expect.true(out_path.is_file(), "no text was written to config.out_path")
        return report, out_path.read_bytes().decode("utf-8")


def refused(prepare_corpus, folder, out, error, mentions, what):
    """Preparing this folder must be refused."""
    expect.raises(error, lambda: prepare_corpus(PrepareConfig(folder, out)), mentions, what)


def names(paths):
    """The files' names, in the order in which they came."""
    return [Path(path).name for path in paths]


def pairs(duplicates):
    """The names of each duplicate's file and of the first one's, sorted: their order is nobody's demand."""
    return sorted(names(pair) for pair in duplicates)


def test_prepare_makes_one_text_of_the_files(prepare_corpus):
    """The text is that of a Corpus of all documents, in the order of the files; the report and the file hold it."""
    report, written = prepared(prepare_corpus, {"b.md": "two", "a.txt": f"one{END}and more"})
    found = [document.strip() for document in report.documents]
    expect.equal(found, ["one", "and more", "two"], "documents, without the white space at their ends")
    expect.equal(report.text, f"one{END}and more{END}two", "the text of the report")
    expect.equal(written, f"one{END}and more{END}two", "the text in config.out_path")


def test_prepare_takes_the_files_that_text_files_finds(prepare_corpus):
    """Files in folders below count too, capitals in an ending don't matter, and what is hidden is passed over."""
    files = {
        "essay/last.MD": "1",
        "essay.txt": "2",  # sorted as text, "essay.txt" would come before "essay/last.MD"
        "essay/deep/er/first.txt": "3",
        "b.txt": "4",
        "a.TXT": "5",
        ".hidden.txt": "6",
        ".git/notes.txt": "7",
    }
    report, _ = prepared(prepare_corpus, files)
    expect.equal(names(report.taken), ["a.TXT", "b.txt", "first.txt", "last.MD", "essay.txt"], "the files taken")
    expect.equal(report.text, END.join("54312"), "the text")
    expect.equal(names(path for path, _ in report.left_out), [], "the files left out")


def test_prepare_takes_each_file_once(prepare_corpus):
    """A file of several documents is named once among those taken, by the path that text_files gives."""
    with writing({"a.txt": f"1{END}2{END}3", "sub/b.txt": "4"}) as (folder, out):
        report = prepare_corpus(PrepareConfig(folder, out))
        taken = [Path(path).relative_to(folder).as_posix() for path in report.taken]
    expect.equal(taken, ["a.txt", "sub/b.txt"], "the files taken")


def test_prepare_keeps_documents_as_they_are(prepare_corpus):
    """Nothing in a document is trimmed or changed: an indented first line stays indented."""
    report, _ = prepared(prepare_corpus, {"a.txt": f"\n\n    A  poem\tis \n\n\nindented.  {END}\t<b>Next</b> \n"})
    expect.equal(report.text, f"    A  poem\tis \n\n\nindented.  {END}\t<b>Next</b> ", "the text")


def test_prepare_keeps_a_single_document_to_the_last_line_break(prepare_corpus):
    """A single document is the text exactly as it is."""
    report, written = prepared(prepare_corpus, {"a.txt": "\n  only one\n\n"})
    expect.equal([report.text, written], ["\n  only one\n\n"] * 2, "the text, in the report and in the file")


def test_prepare_reads_with_read_text(prepare_corpus):
    """Windows line breaks, byte order marks and typographic quotes are made plain, as read_text does it."""
    report, written = prepared(prepare_corpus, {"a.txt": "\ufeffShe said:\r\n“Café…”\r"})
    expect.equal([report.text, written], ['She said:\n"Café..."\n'] * 2, "the text, in the report and in the file")


def test_prepare_can_keep_typographic_quotes(prepare_corpus):
    """With plain_quotes False, quotes and dashes stay as they are."""
    report, written = prepared(prepare_corpus, {"a.txt": "“Café…”\r\n"}, plain_quotes=False)
    expect.equal([report.text, written], ["“Café…”\n"] * 2, "the text, in the report and in the file")


def test_prepare_leaves_out_duplicates(prepare_corpus):
    """Of equal documents only the first is taken; each other one is reported with its file and the first one's."""
    files = {"a.txt": "one", "b.txt": f"two{END}one", "d.txt": f"one{END}three", "sub/c.txt": "two"}
    report, _ = prepared(prepare_corpus, files)
    expect.equal(report.text, END.join(["one", "two", "three"]), "the text")
    expected = [["b.txt", "a.txt"], ["c.txt", "b.txt"], ["d.txt", "a.txt"]]
    expect.equal(pairs(report.duplicates), expected, "the duplicates' files, and the files of the first ones")


def test_prepare_finds_duplicates_within_a_file(prepare_corpus):
    """A document may have its double in the same file, and more than one."""
    report, _ = prepared(prepare_corpus, {"a.txt": f"one{END}two{END}one{END}one"})
    expect.equal(report.text, f"one{END}two", "the text")
    expect.equal(pairs(report.duplicates), [["a.txt", "a.txt"]] * 2, "the duplicates' files")


def test_prepare_overlooks_white_space_at_the_ends(prepare_corpus):
    """Documents that differ in white space at their ends alone are equal; the first is taken with its own."""
    files = {"a.txt": f"  one\t{END}two", "b.txt": "one", "c.txt": "\n\ttwo \n", "d.txt": " three\n", "e.txt": "three"}
    report, _ = prepared(prepare_corpus, files)
    expect.equal(report.text, END.join(["  one\t", "two", " three"]), "the text")
    expected = [["b.txt", "a.txt"], ["c.txt", "a.txt"], ["e.txt", "d.txt"]]
    expect.equal(pairs(report.duplicates), expected, "the duplicates' files, and the files of the first ones")


def test_prepare_keeps_what_only_looks_alike(prepare_corpus):
    """Documents that differ in a capital, in white space between words or in what follows are not equal."""
    documents = ["One day", "one day", "one  day", "one\nday", "one", "oneday", "one day.", '"one day"']
    report, _ = prepared(prepare_corpus, {f"{i}.txt": document for i, document in enumerate(documents)})
    expect.equal([report.text, pairs(report.duplicates)], [END.join(documents), []], "the text and the duplicates")


def test_prepare_compares_what_read_text_gives(prepare_corpus):
    """Documents that differ in quotes and line breaks alone are equal once these are plain, and only then."""
    files = {"a.txt": '"I"\nsaid', "b.txt": "“I”\r\nsaid"}
    found = [len(prepared(prepare_corpus, files, plain_quotes=plain)[0].documents) for plain in (True, False)]
    expect.equal(found, [1, 2], "the number of documents, with plain_quotes and without")


def test_prepare_does_not_take_files_of_duplicates_only(prepare_corpus):
    """A file is taken if one of its documents is; one that holds duplicates alone is neither taken nor left out."""
    report, _ = prepared(prepare_corpus, {"a.txt": "one", "b.txt": "one", "c.txt": f"one{END}two", "d.md": "two\n"})
    expect.equal(names(report.taken), ["a.txt", "c.txt"], "the files taken")
    expect.equal(names(path for path, _ in report.left_out), [], "the files left out")


def reasons(report):
    """The name of each file left out, and why; sorted."""
    return sorted((Path(path).name, why) for path, why in report.left_out)


def test_prepare_reports_files_of_other_kinds(prepare_corpus):
    """A file of another kind is left out; the reason names it and the endings that would do."""
    files = {"a.txt": "one", "photo.jpg": b"\0\1", "sub/page.html": "two", "notes": "three", "list.txt.bak": "four"}
    report, _ = prepared(prepare_corpus, files)
    expect.equal(report.text, "one", "the text")
    listed = ["list.txt.bak", "notes", "page.html", "photo.jpg"]
    expect.equal([name for name, _ in reasons(report)], listed, "the files left out")
    named = [all(part in why for part in (name, ".txt", ".md")) for name, why in reasons(report)]
    expect.equal(named, [True] * 4, "whether each reason names the file and the endings .txt and .md")


def test_prepare_reports_what_read_text_refuses(prepare_corpus):
    """An empty file, UTF-16, another encoding and a binary file are left out, each with read_text's own words."""
    files = {"a.txt": "", "b.md": " \n", "c.txt": "é".encode("utf-16"), "d.txt": b"caf\xe9!", "e.txt": b"x\0y"}
    report, _ = prepared(prepare_corpus, files | {"f.txt": "fine"})
    expect.equal([report.text, names(report.taken)], ["fine", ["f.txt"]], "the text and the files taken")
    expect.equal(report.duplicates, [], "the duplicates")
    expect.equal([name for name, _ in reasons(report)], sorted(files), "the files left out")
    words = ["a.txt is empty", "b.md is empty", "c.txt is UTF-16", "d.txt is not UTF-8: byte 3 is 0xe9", "byte 1 is"]
    found = [word if word in why else why for word, (_, why) in zip(words, reasons(report), strict=True)]
    expect.equal(found, words, "what the reasons say, in part")


def refuse_b(read_bytes, path):
    """Reading b.txt fails as it does without permission, or when the disk is broken."""
    if path.name == "b.txt":
        raise PermissionError(13, "Permission denied", str(path))
    return read_bytes(path)


def test_prepare_survives_files_that_cannot_be_read(prepare_corpus):
    """An OSError, such as a missing permission, leaves out that file alone; its text is the reason."""
    with replaced(Path, "read_bytes", refuse_b):
        report, _ = prepared(prepare_corpus, {"a.txt": "one", "b.txt": "secret", "c.txt": "three"})
    expect.equal(report.text, f"one{END}three", "the text")
    found = [(name, "Permission denied" in why and "b.txt" in why) for name, why in reasons(report)]
    expect.equal(found, [["b.txt", True]], "the files left out, and whether the reason is the error's text")


def test_prepare_reports_files_without_documents(prepare_corpus):
    """A file that holds nothing but separators is left out, with a reason that names it."""
    report, _ = prepared(prepare_corpus, {"a.txt": f"{END}one{END}{END}two{END}", "b.txt": f"{END}<|doc_end|> {END}"})
    expect.equal(report.text, f"one{END}two", "the text")
    expect.equal([names(report.taken), report.duplicates], [["a.txt"], []], "the files taken, and the duplicates")
    found = [(name, name in why) for name, why in reasons(report)]
    expect.equal(found, [["b.txt", True]], "the files left out, and whether the reason names them")


def test_prepare_gives_paths_and_reasons(prepare_corpus):
    """The report's lists hold what Report says: paths, pairs of paths, and pairs of a path and a reason."""
    report, _ = prepared(prepare_corpus, {"a.txt": "one", "b.txt": "one", "c.txt": "", "d.pdf": "x"})
    kinds = [isinstance(path, Path) for path in (*report.taken, *report.duplicates[0])]
    kinds += [isinstance(path, Path) and isinstance(why, str) for path, why in report.left_out]
    expect.equal(kinds, [True] * 5, "whether the report's files are Paths and its reasons strings")


def test_prepare_does_not_read_its_own_text(prepare_corpus):
    """Written into the folder that it is made of, the text is not read the next time, and not reported."""
    for name in ("zz.txt", "aa.md", "own.corpus"):
        files = {"mm.txt": "one", name: "an older text", "sub/" + name: "two"}
        report, written = prepared(prepare_corpus, files, out="my-writing/" + name)
        text = "one" if name == "own.corpus" else f"one{END}two"
        expect.equal([report.text, written], [text] * 2, f"the text that is written to {name} in the same folder")
        left = 1 if name == "own.corpus" else 0
        expect.equal(len(report.left_out), left, f"how many files are left out, with config.out_path {name}")


def test_prepare_knows_its_own_text_by_another_way(prepare_corpus):
    """config.out_path may be spelt in another way than text_files spells it: it is the file that counts."""
    files = {"a.txt": "one", "out.txt": "an older text", "sub/b.txt": "two"}
    report, written = prepared(prepare_corpus, files, out="my-writing/sub/../out.txt")
    expect.equal([report.text, written], [f"one{END}two"] * 2, "the text, for config.out_path sub/../out.txt")


def test_prepare_replaces_an_older_text(prepare_corpus):
    """An older text is replaced by the new one in one step, not overwritten: it is never there by half."""
    with writing({"a.txt": "new"}) as (folder, out):
        fill(out.parent, {"corpus.txt": "an older and longer text"})
        os.link(out, out.with_name("same file"))
        prepare_corpus(PrepareConfig(folder, out))
        expect.equal(out.read_text(), "new", "the text in config.out_path")
        expect.equal(out.with_name("same file").read_text(), "an older and longer text", "the older text's own file")
        left = sorted(names(out.parent.iterdir()))
        expect.equal(left, ["corpus.txt", "same file"], "the files beside config.out_path")


def test_prepare_changes_none_of_the_files(prepare_corpus):
    """The files that are read stay as they are."""
    files = {"a.txt": b"one\r\n", "b.txt": b"one", "c.md": b"", "d.pdf": b"x"}
    with writing(files) as (folder, out):
        prepare_corpus(PrepareConfig(folder, out))
        after = {path.name: path.read_bytes() == files.get(path.name) for path in folder.iterdir()}
    expect.equal(after, dict.fromkeys(files, True), "the files that are there, and whether each is unchanged")


def test_prepare_refuses_a_missing_folder(prepare_corpus):
    """A folder that isn't there is a FileNotFoundError that names it."""
    with writing({}) as (folder, out):
        refused(prepare_corpus, folder / "lost", out, FileNotFoundError, ("lost",), "a folder that isn't there")


def test_prepare_refuses_a_file_for_a_folder(prepare_corpus):
    """A file instead of a folder is a NotADirectoryError that names it."""
    with writing({"a.txt": "one"}) as (folder, out):
        refused(prepare_corpus, folder / "a.txt", out, NotADirectoryError, ("a.txt",), "a file instead of a folder")


def test_prepare_refuses_an_empty_folder(prepare_corpus):
    """A folder without files is a ValueError that names it."""
    with writing({}) as (folder, out):
        refused(prepare_corpus, folder, out, ValueError, ("my-writing",), "an empty folder")


def test_prepare_says_why_nothing_can_be_used(prepare_corpus):
    """Where nothing can be used the ValueError names the folder and a reason."""
    nothing = {"photo.jpg": (b"x", "photo.jpg"), "a.txt": ("", "a.txt is empty"), "s.md": (END, "s.md")}
    for name, (content, reason) in nothing.items():
        with writing({name: content}) as (folder, out):
            what = f"a folder with nothing but {name}, which can't be used"
            refused(prepare_corpus, folder, out, ValueError, ("my-writing", reason), what)


def test_prepare_writes_nothing_where_nothing_can_be_used(prepare_corpus):
    """Nothing is written then: no new file appears and an older text stays as it was."""
    for older in ({}, {"new/corpus.txt": "an older text"}, {"my-writing/old.txt": "an older text"}):
        with writing({"a.txt": "", "b.pdf": "x"}, next(iter(older), "new/corpus.txt")) as (folder, out):
            fill(folder.parent, older)
            with suppress(Exception):  # that it is the right one is another check's business
                prepare_corpus(PrepareConfig(folder, out))
            now = out.read_text() if out.exists() else None
            expect.equal(now, next(iter(older.values()), None), "the text in config.out_path after the error")
