"""Ways people get write_tokens wrong: how the file comes to the disk."""

from vibejam_core.course.known import Mistake, edit

PART = 'part = path.with_name(f"{path.name}.part")'
OPEN = 'with part.open("wb") as stream:'
LOOP = "for ids, n_bytes in documents:"
TOKENS = "tokens = np.concatenate([np.asarray(ids, dtype=np.int64), end])  # (n,)"
WRITE = "stream.write(data)"
HASH = "checksum.update(data)"
EMPTY = "if n_tokens == 0:"
SEEK = "stream.seek(0)"
HEADER = "stream.write(pack_header(facts))"
FLUSH = "            stream.flush()\n"
SYNC = "            os.fsync(stream.fileno())\n"
REPLACE = "        part.replace(path)\n"
EXCEPT = "except BaseException:  # Ctrl-C too"
UNLINK = "part.unlink(missing_ok=True)"
RAISE = "        raise\n"
RETURN = "return facts"
ZEROS = "n_tokens = n_documents = total_bytes = 0"
IN = "\n" + " " * 16
"""The next line, as far in as the work on one document."""

MISTAKES = {
    "token_file.write_tokens": [
        # Names
        Mistake("the file is written under its own name from the beginning", edit(PART, "part = path", REPLACE, "")),
        Mistake("the part's name is path with another suffix, not with .part behind it", edit(PART, 'part = path.with_suffix(".part")')),
        Mistake("the part's name ends in .tmp", edit(PART, 'part = path.with_name(f"{path.name}.tmp")')),
        Mistake("the part's name begins with a dot", edit(PART, 'part = path.with_name(f".{path.name}.part")')),
        Mistake("the part lies in the system's folder for temporary files", edit(PART, 'import shutil\n    import tempfile\n\n    part = Path(tempfile.mkdtemp()) / f"{path.name}.part"', REPLACE, "        shutil.move(part, path)\n        part.parent.rmdir()\n")),
        Mistake("the file is called .part for good: it isn't renamed", edit(REPLACE, "")),
        Mistake("the facts are written into a second file as well", edit(REPLACE, REPLACE + '        import json\n\n        path.with_name(f"{path.name}.json").write_text(json.dumps(facts))\n')),
        Mistake("every .part in the folder is deleted first", edit(PART, PART + '\n    for old in path.parent.glob("*.part"):\n        old.unlink()')),
        Mistake("the folder is made where there is none", edit(PART, PART + "\n    path.parent.mkdir(parents=True, exist_ok=True)")),
        # The step from one name to the other
        Mistake("the old file is deleted before the new one gets its name", edit(REPLACE, "        path.unlink(missing_ok=True)\n" + REPLACE)),
        Mistake("the old file is deleted at the beginning", edit(PART, PART + "\n    path.unlink(missing_ok=True)")),
        Mistake("the old file is emptied at the beginning", edit(PART, PART + '\n    if path.is_file():\n        path.write_bytes(b"")')),
        Mistake("a file that is there already is kept, and the new one is thrown away", edit(REPLACE, "        if path.exists():\n            part.unlink()\n        else:\n            part.replace(path)\n")),
        Mistake("a file that is there already is refused", edit(PART, PART + '\n    if path.is_file():\n        raise FileExistsError(path)')),
        Mistake("the part is copied, and then deleted", edit(REPLACE, "        import shutil\n\n        shutil.copyfile(part, path)\n        part.unlink()\n")),
        Mistake("the part is copied, and stays", edit(REPLACE, "        import shutil\n\n        shutil.copyfile(part, path)\n")),
        Mistake("the file gets its name before the header is filled in", edit(REPLACE, "", SEEK, "stream.flush()\n            part.replace(path)\n            " + SEEK)),
        # fsync
        Mistake("the bytes aren't sent to the disk", edit(SYNC, "")),
        Mistake("the bytes are sent to the disk only when the file has its name already", edit(SYNC, "", REPLACE, REPLACE + '        with path.open("r+b") as stream:\n            os.fsync(stream.fileno())\n')),
        Mistake("the bytes are sent to the disk without a flush before: the header is still in the program's memory", edit(FLUSH, "")),
        Mistake("the folder is sent to the disk, not the file", edit(SYNC, "            folder = os.open(path.parent, os.O_RDONLY)\n            os.fsync(folder)\n            os.close(folder)\n")),
        # What was left behind
        Mistake("a .part that is there already is gone on with, from its end", edit(OPEN, 'with part.open("ab") as stream:', SEEK, "pass", HEADER, "stream.close()\n            stream = part.open(\"r+b\")\n            stream.write(pack_header(facts))", SYNC, SYNC + "            stream.close()\n")),
        Mistake("a .part that is there already is written over, but keeps its length", edit(OPEN, 'part.touch()\n        with part.open("r+b") as stream:')),
        Mistake("a .part that is there already is refused", edit(OPEN, 'with part.open("xb") as stream:')),
        # When something goes wrong
        Mistake("nothing is deleted when something goes wrong", edit(UNLINK, "pass")),
        Mistake("the .part isn't deleted after Ctrl-C", edit(EXCEPT, "except Exception:")),
        Mistake("the .part is deleted after a ValueError only", edit(EXCEPT, "except ValueError:")),
        Mistake("the .part is deleted after a ValueError or an OSError only", edit(EXCEPT, "except (ValueError, OSError):")),
        Mistake("the .part is deleted after Ctrl-C only", edit(EXCEPT, "except KeyboardInterrupt:")),
        Mistake("the file that was there is deleted when something goes wrong", edit(UNLINK, UNLINK + "\n        if path.is_file():\n            path.unlink()")),
        Mistake("an error is swallowed: the documents so far are thrown away in silence", edit(RAISE, "        return {}\n")),
        Mistake("Ctrl-C is swallowed", edit(RAISE, "        import sys\n\n        if sys.exc_info()[0] is not KeyboardInterrupt:\n            raise\n        return {}\n")),
        Mistake("every error becomes a RuntimeError", edit(EXCEPT, "except BaseException as error:", RAISE, '        raise RuntimeError("the file was not written") from error\n')),
        Mistake("every error becomes an OSError", edit(EXCEPT, "except Exception as error:", RAISE, '        if isinstance(error, ValueError):\n            raise\n        raise OSError("the file was not written") from error\n    except BaseException:\n        part.unlink(missing_ok=True)\n        raise\n')),
        Mistake("what was written before the error gets the name", edit(UNLINK, "part.replace(path)")),
        Mistake("the .part stays where there isn't a single token", edit(UNLINK, "if n_tokens:\n            part.unlink(missing_ok=True)")),
        Mistake("the .part stays where the disk is full", edit(EXCEPT, "except BaseException as error:", UNLINK, "if getattr(error, \"errno\", None) != 28:\n            part.unlink(missing_ok=True)")),
        Mistake("the .part stays where it can't get its name", edit(REPLACE, "", RETURN, "part.replace(path)\n    " + RETURN)),
        Mistake("a folder that has the name is deleted", edit(PART, PART + "\n    if path.is_dir():\n        import shutil\n\n        shutil.rmtree(path)")),
        # Memory
        Mistake("all documents are taken before the first is written", edit(LOOP, "for ids, n_bytes in list(documents):")),
        Mistake("every document is kept until the end", edit(TOKENS, TOKENS + IN + "kept.append(ids)", ZEROS, ZEROS + "\n    kept: list[Any] = []")),
        Mistake("all bytes are joined in memory and written at the end", edit(WRITE, "everything += data", ZEROS, ZEROS + "\n    everything = bytearray()", SEEK, "stream.write(everything)\n            " + SEEK)),
        Mistake("the bytes are kept for the checksum as well", edit(HASH, "everything += data", ZEROS, ZEROS + "\n    everything = bytearray()", EMPTY, "checksum.update(everything)\n            " + EMPTY)),
        Mistake("the whole file is read again for the checksum", edit(HASH, "pass", EMPTY, "stream.flush()\n            checksum.update(part.read_bytes()[HEADER_BYTES:])\n            " + EMPTY)),
    ]
}
