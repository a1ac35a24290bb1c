"""Ways people get save_checkpoint and load_checkpoint wrong."""

from vibejam_core.course.known import Mistake, edit

TARGET = 'target = run / f"step_{checkpoint.step:06d}"'
THERE = """    if target.exists():
        raise FileExistsError(f"{target} is already there; a checkpoint is never overwritten")
"""
TEMP = 'temporary = run / f"{TEMPORARY}{target.name}-{os.getpid()}"'
SWEPT = "        shutil.rmtree(temporary, ignore_errors=True)  # left behind by a killed program that had our number\n"
MKDIR = "        temporary.mkdir(parents=True)\n"
WRITE = "        write_folder(temporary, checkpoint)\n"
FLUSH = "        flush_folder(temporary)\n"
RENAME = "        temporary.rename(target)\n"
FLUSH_RUN = "        flush_folder(run)\n"
EXCEPT = "    except (OSError, SafetensorError) as error:\n"
CLEAN = "        shutil.rmtree(temporary, ignore_errors=True)\n        raise"
RAISE = """        raise OSError(
            f"the checkpoint of step {checkpoint.step} could not be written to {run}: {error}. "
            "Earlier checkpoints are untouched. Make room or give another --ckpt-path."
        ) from error
"""
PRUNE = "    prune(run)\n"
RETURN = "    return target\n"
SAVE = "def save_checkpoint(run: Path, checkpoint: Checkpoint) -> Path:\n"


def name(new):
    """The checkpoint's folder gets another name."""
    return edit(TARGET, f"target = run / {new}")


def says(new):
    """The error says something else."""
    return edit(RAISE, f"        raise OSError({new}) from error\n")


FIND = "folder = find_checkpoint(path, which)"
FACTS_READ = "facts = read_facts(folder)"
FOR = 'for name, expected in facts["files"].items():'
IF = "if not (folder / name).is_file() or seal(folder / name) != expected:"
DAMAGED = 'raise damaged(folder, f"{name} is missing, cut off or changed")'
IDENTITY = "found, shape = identity(folder, facts)"
OTHER = "if tokenizer is not None and fingerprint(tokenizer) != fingerprint(found):"
BOTH = "have, want = asdict(shape), asdict(config or shape)"
DIFFERS = "if have != want:"
DIFFERENCES = 'f"{key} {have[key]} (asked for: {want[key]})" for key in have if have[key] != want[key]'
ASSEMBLE = "return assemble(folder, facts, found, shape)"
CHECKED = """    for name, expected in facts["files"].items():
        if not (folder / name).is_file() or seal(folder / name) != expected:
            raise damaged(folder, f"{name} is missing, cut off or changed")
"""


def seals(new):
    """The files are compared in another way."""
    return edit(IF, f"if {new}:")


def tokenizers(new):
    """The tokenizers are compared in another way."""
    return edit(OTHER, f"if {new}:")


def assembled(new):
    """Something of the checkpoint is another."""
    return edit(ASSEMBLE, f"made = assemble(folder, facts, found, shape)\n    {new}\n    return made")


MISTAKES = {
    "checkpoint.save_checkpoint": [
        # the name and the place
        Mistake("the folder is not returned", edit(RETURN, "")),
        Mistake("the run's folder is returned", edit(RETURN, "    return run\n")),
        Mistake("the temporary name is returned, which nothing has any more", edit(RETURN, "    return temporary\n")),
        Mistake("the folder is returned as a string", edit(RETURN, "    return str(target)\n")),
        Mistake("the folder's name alone is returned", edit(RETURN, "    return Path(target.name)\n")),
        Mistake("the step is not filled up with zeros", name('f"step_{checkpoint.step}"')),
        Mistake("the step is filled up to five digits", name('f"step_{checkpoint.step:05d}"')),
        Mistake("the step is filled up to seven digits", name('f"step_{checkpoint.step:07d}"')),
        Mistake("the step is filled up with spaces", name('f"step_{checkpoint.step:6d}"')),
        Mistake(
            "only the last six digits of the step are in the name",
            name('f"step_{checkpoint.step:06d}"[-6:].join(["step_", ""])'),
        ),
        Mistake("the step has commas in it", name('f"step_{checkpoint.step:,}".zfill(6)')),
        Mistake("the name has a hyphen", name('f"step-{checkpoint.step:06d}"')),
        Mistake("there is no step_ in front of the number", name('f"{checkpoint.step:06d}"')),
        Mistake("the step of the name is one too high", name('f"step_{checkpoint.step + 1:06d}"')),
        Mistake(
            "the checkpoint lies beside the run's folder",
            edit(
                TARGET,
                'target = run.parent / f"step_{checkpoint.step:06d}"',
                SWEPT,
                "        run.mkdir(exist_ok=True, parents=True)\n" + SWEPT,
            ),
        ),
        Mistake(
            "the folders above the run's are not made",
            edit(MKDIR, "        run.mkdir(exist_ok=True)\n        temporary.mkdir()\n"),
        ),
        Mistake("the run's folder must be there", edit(MKDIR, "        temporary.mkdir()\n")),
        Mistake(
            "the run's folder must not be there",
            edit(MKDIR, "        run.mkdir(parents=True)\n        temporary.mkdir()\n"),
        ),
        # what is written
        Mistake("nothing is written into the folder", edit(WRITE, "")),
        Mistake("the files are written into the run's folder", edit(WRITE, WRITE.replace("temporary", "run"))),
        Mistake(
            "the optimiser's memory is left out",
            edit(
                WRITE,
                "        import dataclasses\n"
                "\n"
                "        write_folder(temporary, dataclasses.replace(checkpoint, optimizer={}))\n",
            ),
        ),
        Mistake(
            "the state of the random generators is left out",
            edit(
                WRITE,
                "        import dataclasses\n"
                "\n"
                "        write_folder(temporary, dataclasses.replace(checkpoint, randomness={}))\n",
            ),
        ),
        Mistake(
            "the metrics are left out",
            edit(
                WRITE,
                "        import dataclasses\n"
                "\n"
                "        write_folder(temporary, dataclasses.replace(checkpoint, metrics={}))\n",
            ),
        ),
        Mistake(
            "the settings are left out",
            edit(
                WRITE,
                "        import dataclasses\n"
                "\n"
                "        write_folder(temporary, dataclasses.replace(checkpoint, settings={}))\n",
            ),
        ),
        Mistake("another file is put into the folder", edit(WRITE, WRITE + '        (temporary / "done").touch()\n')),
        Mistake(
            "the facts are written once more, when the seals are of no more use",
            edit(
                WRITE,
                WRITE
                + '        (temporary / FACTS).write_text((temporary / FACTS).read_text().replace("sha256", "sha"))\n',
            ),
        ),
        Mistake("the model is left in evaluation mode", edit(WRITE, "        checkpoint.model.eval()\n" + WRITE)),
        Mistake(
            "the model's weights are rounded to half precision on the way",
            edit(WRITE, "        checkpoint.model.half().float()\n" + WRITE),
        ),
        Mistake("the metrics are emptied after the save", edit(RETURN, "    checkpoint.metrics.clear()\n" + RETURN)),
        # the order
        Mistake(
            "the files are written into the folder under its own name",
            edit(TEMP, "temporary = target", SWEPT, "", RENAME, ""),
        ),
        Mistake(
            "the folder is made under its own name and filled from the temporary one",
            edit(RENAME, "        shutil.copytree(temporary, target)\n        shutil.rmtree(temporary)\n"),
        ),
        Mistake(
            "the files are moved one after another into the folder",
            edit(
                RENAME,
                "        target.mkdir()\n"
                "        for file in sorted(temporary.iterdir()):\n"
                "            file.rename(target / file.name)\n"
                "        temporary.rmdir()\n",
            ),
        ),
        Mistake(
            "the folder gets its name before it is filled",
            edit(
                WRITE,
                "",
                FLUSH,
                "",
                RENAME,
                RENAME + "        write_folder(target, checkpoint)\n        flush_folder(target)\n",
            ),
        ),
        Mistake("the folder is never renamed", edit(RENAME, "")),
        Mistake(
            "the temporary folder is copied, and stays",
            edit(
                RENAME,
                "        shutil.copytree(temporary, target.with_name(temporary.name + 'x'))\n"
                "        target.with_name(temporary.name + 'x').rename(target)\n",
            ),
        ),
        Mistake(
            "the temporary folder lies elsewhere, which may be another disk",
            edit(
                TEMP,
                "import tempfile\n"
                "\n"
                '    temporary = Path(tempfile.gettempdir()) / f"{TEMPORARY}{target.name}-{os.getpid()}"',
                MKDIR,
                MKDIR + "        run.mkdir(parents=True, exist_ok=True)\n",
            ),
        ),
        Mistake(
            "the temporary folder lies beside the run's folder, where no run sweeps it up",
            edit(
                TEMP,
                TEMP.replace("run / f", "run.parent / f"),
                MKDIR,
                MKDIR + "        run.mkdir(parents=True, exist_ok=True)\n",
            ),
        ),
        Mistake(
            "the temporary name does not begin with TEMPORARY, so that no run sweeps it up",
            edit(TEMP, 'temporary = run / f"tmp-{target.name}"'),
        ),
        Mistake(
            "the temporary name begins with step_, as if it were complete",
            edit(TEMP, 'temporary = run / f"{target.name}{TEMPORARY}"'),
        ),
        Mistake("the temporary folder is not flushed", edit(FLUSH, "")),
        Mistake("the temporary folder is flushed before it is filled", edit(WRITE + FLUSH, FLUSH + WRITE)),
        Mistake(
            "the folder is flushed only after it has its name",
            edit(FLUSH, "", RENAME, RENAME + "        flush_folder(target)\n"),
        ),
        Mistake("the run's folder is not flushed", edit(FLUSH_RUN, "")),
        Mistake(
            "the run's folder is flushed before the renaming, which it then knows nothing of",
            edit(RENAME + FLUSH_RUN, FLUSH_RUN + RENAME),
        ),
        Mistake(
            "it is passed over if the run's folder can't be flushed",
            edit(FLUSH_RUN, "        with __import__('contextlib').suppress(OSError):\n    " + FLUSH_RUN),
        ),
        Mistake(
            "the new folder is flushed after the renaming, not the run's that holds its name",
            edit(FLUSH_RUN, "        flush_folder(target)\n"),
        ),
        Mistake(
            "the folder above the run's is flushed, not the run's",
            edit(FLUSH_RUN, "        flush_folder(run.parent)\n"),
        ),
        # pruning
        Mistake("older checkpoints are never deleted", edit(PRUNE, "")),
        Mistake(
            "older checkpoints are deleted before the new one is there",
            edit(
                PRUNE,
                "",
                TEMP,
                "if run.is_dir() and find_checkpoint.__name__ and any(run.glob('step_*')):\n        prune(run)\n    "
                + TEMP,
            ),
        ),
        Mistake(
            "all older checkpoints are deleted, the best one, too",
            edit(
                PRUNE,
                "    for other in run.glob('step_*'):\n        if other != target:\n            shutil.rmtree(other)\n",
            ),
        ),
        Mistake(
            "the last two are kept, but not the best",
            edit(
                PRUNE,
                "    for other in sorted(run.glob('step_*'))[:-2]:\n"
                "        other.rename(run / 'x')\n"
                "        shutil.rmtree(run / 'x')\n",
            ),
        ),
        Mistake(
            "the last and the best are kept, but not the one before the last",
            edit(
                PRUNE,
                "    for other in run.glob('step_*'):\n"
                "        if other not in (target, find_checkpoint(run, 'best')):\n"
                "            other.rename(run / 'x')\n"
                "            shutil.rmtree(run / 'x')\n",
            ),
        ),
        Mistake(
            "the last three are kept",
            edit(
                PRUNE,
                "    best = find_checkpoint(run, 'best')\n"
                "    for other in sorted(run.glob('step_*'))[:-3]:\n"
                "        if other != best:\n"
                "            other.rename(run / 'x')\n"
                "            shutil.rmtree(run / 'x')\n",
            ),
        ),
        Mistake(
            "older checkpoints are deleted file by file under their own names",
            edit(
                PRUNE,
                "    best = find_checkpoint(run, 'best')\n"
                "    for other in sorted(run.glob('step_*'))[:-2]:\n"
                "        if other != best:\n"
                "            shutil.rmtree(other)\n",
            ),
        ),
        Mistake(
            "the new checkpoint is deleted if it isn't the best",
            edit(PRUNE, PRUNE + "    if find_checkpoint(run, 'best') != target:\n        shutil.rmtree(target)\n"),
        ),
        Mistake(
            "older checkpoints are deleted before the new one's name is on the disk",
            edit(FLUSH_RUN + EXCEPT, "        prune(run)\n" + FLUSH_RUN + EXCEPT),
        ),
        # a step that is there
        Mistake("a step that is there is overwritten", edit(THERE, "    shutil.rmtree(target, ignore_errors=True)\n")),
        Mistake(
            "a step that is there is left as it is, without an error",
            edit(THERE, "    if target.exists():\n        return target\n"),
        ),
        Mistake("nobody looks whether the step is there, and the renaming fails", edit(THERE, "")),
        Mistake("a step that is there is a ValueError", edit(THERE, THERE.replace("FileExistsError", "ValueError"))),
        Mistake(
            "the error for a step that is there does not name its folder",
            edit(
                THERE, "    if target.exists():\n        raise FileExistsError('a checkpoint is never overwritten')\n"
            ),
        ),
        Mistake(
            "any checkpoint in the run's folder is an error",
            edit(THERE, THERE.replace("target.exists()", "list(run.glob('step_*'))")),
        ),
        Mistake(
            "the first checkpoint must be followed by the next step",
            edit(
                THERE,
                THERE
                + "    if run.is_dir() and any(int(f.name[5:]) + 1 < checkpoint.step for f in run.glob('step_*')):\n"
                "        raise FileExistsError(target)\n",
            ),
        ),
        Mistake(
            "another number is taken for a step that is there",
            edit(
                THERE,
                "    while target.exists():\n"
                "        checkpoint.step += 1\n"
                "        target = run / f'step_{checkpoint.step:06d}'\n",
            ),
        ),
        Mistake(
            "older checkpoints are deleted even where the step is refused",
            edit(THERE, THERE.replace("        raise", "        prune(run)\n        raise")),
        ),
        # errors
        Mistake(
            "errors go on as they are, without the step and the run",
            edit(EXCEPT, "    except ZeroDivisionError as error:\n"),
        ),
        Mistake("errors go on as they are after the temporary folder is deleted", edit(RAISE, "        raise\n")),
        Mistake("a SafetensorError is not caught", edit(EXCEPT, "    except OSError as error:\n")),
        Mistake("an OSError is not caught", edit(EXCEPT, "    except SafetensorError as error:\n")),
        Mistake(
            "errors are passed over, and the folder returned as if it were there",
            edit(RAISE, "        return target\n"),
        ),
        Mistake("an error is printed and None returned", edit(RAISE, "        print(error)\n        return None\n")),
        Mistake("the error is a RuntimeError", edit(RAISE, RAISE.replace("OSError", "RuntimeError"))),
        Mistake("the error is a ValueError", edit(RAISE, RAISE.replace("OSError", "ValueError"))),
        Mistake(
            "the error does not name the step",
            says(
                'f"the checkpoint could not be written to {run}: " '
                'f"{error.strerror if isinstance(error, OSError) else error}"'
            ),
        ),
        Mistake(
            "the error does not name the run",
            says(
                'f"the checkpoint of step {checkpoint.step} could not be written: " '
                "f\"{getattr(error, 'strerror', error)}\""
            ),
        ),
        Mistake(
            "the error gives no reason",
            says('f"the checkpoint of step {checkpoint.step} could not be written to {run}"'),
        ),
        Mistake("the temporary folder is left where the writing fails", edit(CLEAN, "        raise")),
        Mistake(
            "the temporary folder is taken away with rmdir, which deletes no files",
            edit(CLEAN, "        temporary.rmdir()\n        raise"),
        ),
        Mistake(
            "only the files in the temporary folder are deleted",
            edit(CLEAN, "        for file in temporary.glob('*'):\n            file.unlink()\n        raise"),
        ),
        Mistake("the whole run is deleted where the writing fails", edit(CLEAN, CLEAN.replace("temporary", "run"))),
        Mistake(
            "older checkpoints are deleted to make room where the writing fails",
            edit(
                CLEAN,
                CLEAN.replace(
                    "        raise", "        if any(run.glob('step_*')):\n            prune(run)\n        raise"
                ),
            ),
        ),
        Mistake(
            "all older checkpoints are deleted where the writing fails",
            edit(
                CLEAN,
                CLEAN.replace(
                    "        raise",
                    "        for other in run.glob('step_*'):\n            shutil.rmtree(other)\n        raise",
                ),
            ),
        ),
        Mistake(
            "all that isn't a checkpoint is swept out of the run's folder where the writing fails",
            edit(
                CLEAN,
                CLEAN.replace(
                    "        raise",
                    "        for other in run.iterdir() if run.is_dir() else ():\n"
                    "            if other.is_file():\n"
                    "                other.unlink()\n"
                    "        raise",
                ),
            ),
        ),
        Mistake(
            "the renaming is outside of the try",
            edit(
                RENAME + FLUSH_RUN,
                "",
                PRUNE,
                RENAME.replace("        ", "    ") + FLUSH_RUN.replace("        ", "    ") + PRUNE,
            ),
        ),
        Mistake(
            "the run's folder is made outside of the try",
            edit(TEMP, TEMP + "\n    run.mkdir(parents=True, exist_ok=True)"),
        ),
        Mistake("what a killed program left behind is in the way", edit(SWEPT, "")),
        Mistake(
            "what a killed program left behind gets into the checkpoint",
            edit(SWEPT, "", MKDIR, MKDIR.replace("parents=True", "parents=True, exist_ok=True")),
        ),
        Mistake(
            "the files in the run's folder are deleted at the beginning",
            edit(
                SWEPT,
                SWEPT + "        for other in run.glob('*'):\n"
                "            if other.is_file():\n"
                "                other.unlink()\n",
            ),
        ),
    ],
    "checkpoint.load_checkpoint": [
        # what comes back
        Mistake("nothing is returned", edit(ASSEMBLE, "assemble(folder, facts, found, shape)")),
        Mistake("the model alone is returned", edit(ASSEMBLE, ASSEMBLE + ".model")),
        Mistake("the facts are returned", edit(ASSEMBLE, "return facts")),
        Mistake(
            "a new model is returned, without the saved weights",
            assembled("made.model = build_model(made.arch, shape)"),
        ),
        Mistake("the weights are of half precision", assembled("made.model.half()")),
        Mistake("the optimiser's memory is lost", assembled("made.optimizer = {}")),
        Mistake("the optimiser's settings are lost", assembled("made.optimizer['param_groups'] = []")),
        Mistake("the state of the random generators is lost", assembled("made.randomness = {}")),
        Mistake("the step is 0", assembled("made.step = 0")),
        Mistake("the step is the next one", assembled("made.step += 1")),
        Mistake(
            "the step is read from the folder's name as text",
            assembled("made.step = folder.name.removeprefix('step_')"),
        ),
        Mistake("the metrics are lost", assembled("made.metrics = {}")),
        Mistake("the settings are lost", assembled("made.settings = {}")),
        Mistake(
            "the settings and the metrics are swapped",
            assembled("made.settings, made.metrics = made.metrics, made.settings"),
        ),
        Mistake(
            "the expected tokenizer is put into the checkpoint, and None without one",
            assembled("made.tokenizer = tokenizer"),
        ),
        Mistake("the architecture is always gpt", edit(ASSEMBLE, "facts['arch'] = 'gpt'\n    " + ASSEMBLE)),
        Mistake(
            "the shape is the default one where none is expected",
            edit(ASSEMBLE, ASSEMBLE.replace("shape)", "config or ModelConfig())")),
        ),
        # which
        Mistake("which is ignored: it is always the last", edit(FIND, "folder = find_checkpoint(path)")),
        Mistake("which is ignored: it is always the best", edit(FIND, "folder = find_checkpoint(path, 'best')")),
        Mistake(
            "the last and the best are swapped",
            edit(FIND, "folder = find_checkpoint(path, {'last': 'best', 'best': 'last'}[which])"),
        ),
        Mistake(
            "the first checkpoint is taken for the last",
            edit(
                FIND,
                "folder = find_checkpoint(path, which)\n"
                "    if which == 'last' and folder != path:\n"
                "        folder = sorted(path.glob('step_*'))[0]",
            ),
        ),
        Mistake(
            "a checkpoint's own folder is not known, only a run's",
            edit(
                FIND,
                "folder = find_checkpoint(path, which)\n    if folder == path:\n        raise FileNotFoundError(path)",
            ),
        ),
        Mistake(
            "the run of a checkpoint's own folder is searched",
            edit(FIND, "folder = find_checkpoint(path.parent if (path / FACTS).exists() else path, which)"),
        ),
        Mistake("the path must be a checkpoint's own folder", edit(FIND, "folder = path")),
        Mistake(
            "no error is raised where there is no checkpoint, and None comes back",
            edit(
                FIND,
                "try:\n"
                "        folder = find_checkpoint(path, which)\n"
                "    except FileNotFoundError:\n"
                "        return None",
            ),
        ),
        Mistake(
            "no checkpoint is a ValueError",
            edit(
                FIND,
                "try:\n"
                "        folder = find_checkpoint(path, which)\n"
                "    except FileNotFoundError as error:\n"
                "        raise ValueError(str(error)) from None",
            ),
        ),
        Mistake(
            "the error for a missing checkpoint does not name the folder",
            edit(
                FIND,
                "try:\n"
                "        folder = find_checkpoint(path, which)\n"
                "    except FileNotFoundError as error:\n"
                "        raise FileNotFoundError('there is no checkpoint') from None",
            ),
        ),
        Mistake(
            "a missing folder is a NotADirectoryError",
            edit(FIND, "if not path.is_dir():\n        raise NotADirectoryError(path)\n    " + FIND),
        ),
        # damage
        Mistake("damage is not looked for, or is found without an error being raised", edit(CHECKED, "")),
        Mistake(
            "only the sizes of the files are compared",
            seals("not (folder / name).is_file() or (folder / name).stat().st_size != expected['bytes']"),
        ),
        Mistake(
            "only the weights are looked at", edit(FOR, 'for name, expected in [(WEIGHTS, facts["files"][WEIGHTS])]:')
        ),
        Mistake(
            "only the optimiser's file is looked at",
            edit(FOR, 'for name, expected in [(TRAINING, facts["files"][TRAINING])]:'),
        ),
        Mistake("it is only looked whether the files are there", seals("not (folder / name).is_file()")),
        Mistake("a missing file is not expected, only a changed one", seals("seal(folder / name) != expected")),
        Mistake(
            "an empty file is passed over",
            seals(
                "not (folder / name).is_file() or (folder / name).stat().st_size and seal(folder / name) != expected"
            ),
        ),
        Mistake(
            "a file that has grown is passed over",
            seals(
                "not (folder / name).is_file() or (folder / name).stat().st_size <= expected['bytes'] "
                "and seal(folder / name) != expected"
            ),
        ),
        Mistake(
            "only a file that has shrunk is noticed",
            seals("not (folder / name).is_file() or (folder / name).stat().st_size < expected['bytes']"),
        ),
        Mistake(
            "only the beginnings of the files are compared",
            edit(
                IF,
                "import hashlib\n"
                "\n"
                "        def beginning(file):\n"
                '            return file.is_file() and file.stat().st_size == expected["bytes"] '
                "and file.read_bytes()[:64] != bytes(64)\n"
                "\n"
                "        if not beginning(folder / name):",
            ),
        ),
        Mistake(
            "the comparison is the wrong way round",
            seals("not (folder / name).is_file() or seal(folder / name) == expected"),
        ),
        Mistake(
            "the error for a damaged file does not name it",
            edit(DAMAGED, 'raise damaged(folder, "a file is missing, cut off or changed")'),
        ),
        Mistake(
            "the error for a damaged file does not name the folder",
            edit(DAMAGED, 'raise ValueError(f"{name} is missing, cut off or changed")'),
        ),
        Mistake(
            "the error for a damaged file is an OSError",
            edit(DAMAGED, 'raise OSError(str(damaged(folder, f"{name} is missing, cut off or changed")))'),
        ),
        Mistake(
            "the files are looked at only where a run's folder is given, not a checkpoint's own",
            edit(FOR, FOR.replace('facts["files"].items()', '(facts["files"].items() if folder != path else ())')),
        ),
        Mistake(
            "the files are looked at only where the last checkpoint is asked for",
            edit(FOR, FOR.replace('facts["files"].items()', '(facts["files"].items() if which == "last" else ())')),
        ),
        Mistake(
            "where the last one is damaged the one before is read",
            edit(
                IF,
                IF,
                DAMAGED,
                "others = sorted(f for f in folder.parent.glob('step_*') if f < folder)\n"
                "            if others:\n"
                "                return load_checkpoint(others[-1], tokenizer=tokenizer, config=config)\n"
                "            " + DAMAGED,
            ),
        ),
        Mistake(
            "a damaged checkpoint is deleted",
            edit(
                DAMAGED,
                'error = damaged(folder, f"{name} is missing, cut off or changed")\n'
                "            shutil.rmtree(folder)\n"
                "            raise error",
            ),
        ),
        Mistake(
            "every checkpoint of the run must be whole",
            edit(
                CHECKED,
                """    for each in sorted(folder.parent.glob("step_*")):
        for name, expected in read_facts(each)["files"].items():
            if not (each / name).is_file() or seal(each / name) != expected:
                raise damaged(each, f"{name} is missing, cut off or changed")
""",
            ),
        ),
        Mistake(
            "the files are looked at only after they were used",
            edit(CHECKED, "", ASSEMBLE, "made = assemble(folder, facts, found, shape)\n" + CHECKED + "    return made"),
        ),
        Mistake(
            "a file is used as soon as it alone was looked at",
            edit(DAMAGED, DAMAGED + "\n        load_file(folder / name)"),
        ),
        Mistake(
            "tokenizer and shape are compared before the files are looked at",
            edit(CHECKED, "", ASSEMBLE, CHECKED.lstrip() + "    " + ASSEMBLE),
        ),
        Mistake(
            "the JSON is read with json.loads, whatever it says",
            edit(FACTS_READ, "facts = json.loads((folder / FACTS).read_text(encoding='utf-8'))"),
        ),
        Mistake(
            "errors are all turned into a ValueError without the file's name",
            edit(
                FACTS_READ,
                "try:\n"
                "        facts = read_facts(folder)\n"
                "    except ValueError:\n"
                "        raise ValueError(f'{folder} is damaged') from None",
            ),
        ),
        Mistake(
            "the tokenizer is made of the JSON without a look at its fingerprint",
            edit(IDENTITY, "found, shape = tokenizer_from_json(facts['tokenizer']), ModelConfig(**facts['model'])"),
        ),
        Mistake(
            "the fields of the shape that ModelConfig doesn't know are passed over",
            edit(
                IDENTITY,
                "facts['model'] = {k: v for k, v in facts['model'].items() if k in asdict(ModelConfig())}\n    "
                + IDENTITY,
            ),
        ),
        Mistake(
            "weights that don't fit the model are passed over",
            edit(
                ASSEMBLE,
                """try:
        return assemble(folder, facts, found, shape)
    except ValueError:
        model = build_model(facts["arch"], shape)
        return Checkpoint(model, facts["arch"], found, facts["step"])""",
            ),
        ),
        # the tokenizer
        Mistake("the tokenizer is not compared, or is without an error being raised", tokenizers("False")),
        Mistake(
            "only the numbers of tokens are compared",
            tokenizers("tokenizer is not None and tokenizer.vocab_size != found.vocab_size"),
        ),
        Mistake(
            "only the kinds of the tokenizers are compared",
            tokenizers("tokenizer is not None and tokenizer.kind != found.kind"),
        ),
        Mistake(
            "the tokenizers are compared as objects, which are never the same",
            tokenizers("tokenizer is not None and tokenizer != found"),
        ),
        Mistake(
            "the classes of the tokenizers are compared, too",
            tokenizers(
                "tokenizer is not None and (type(tokenizer) is not type(found) "
                "or fingerprint(tokenizer) != fingerprint(found))"
            ),
        ),
        Mistake(
            "only the sets of characters are compared",
            tokenizers(
                "tokenizer is not None and set(tokenizer.to_json()['characters']) != set(found.to_json()['characters'])"
            ),
        ),
        Mistake("a tokenizer is needed", tokenizers("fingerprint(tokenizer) != fingerprint(found)")),
        Mistake(
            "the comparison of the tokenizers is the wrong way round",
            tokenizers("tokenizer is not None and fingerprint(tokenizer) == fingerprint(found)"),
        ),
        Mistake(
            "the expected tokenizer's fingerprint is not named",
            edit('            f"{fingerprint(tokenizer)}. Go on', '            "unknown. Go on'),
        ),
        Mistake(
            "the checkpoint's fingerprint is not named",
            edit('            f"{fingerprint(found)}; this text', '            "; this text'),
        ),
        Mistake(
            "another tokenizer is a KeyError",
            edit(
                '        raise ValueError(\n            f"{folder} was trained with',
                '        raise KeyError(\n            f"{folder} was trained with',
            ),
        ),
        # the shape
        Mistake("the shape is not compared", edit(DIFFERS, "if False:")),
        Mistake(
            "the shape is not compared unless a tokenizer is expected, too",
            edit(DIFFERS, "if tokenizer is not None and have != want:"),
        ),
        Mistake("a shape is needed", edit(BOTH, BOTH.replace("config or shape", "config"))),
        Mistake(
            "where no shape is expected it must be the default one",
            edit(BOTH, BOTH.replace("config or shape", "config or ModelConfig()")),
        ),
        Mistake("only the number of tokens is compared", edit(DIFFERS, "if have['vocab_size'] != want['vocab_size']:")),
        Mistake("dropout is not compared", edit(BOTH, BOTH + "\n    have['dropout'] = want['dropout']")),
        Mistake("the block size is not compared", edit(BOTH, BOTH + "\n    have['block_size'] = want['block_size']")),
        Mistake(
            "the number of heads, which changes no weight's shape, is not compared",
            edit(BOTH, BOTH + "\n    have['n_head'] = want['n_head']"),
        ),
        Mistake("the number of layers is not compared", edit(BOTH, BOTH + "\n    have['n_layer'] = want['n_layer']")),
        Mistake("the shapes are compared as objects", edit(DIFFERS, "if config is not None and config is not shape:")),
        Mistake(
            "it is an error only if all the numbers of the small model differ",
            edit(DIFFERS, "if all(have[key] != want[key] for key in list(have)[:6]):"),
        ),
        Mistake("it is an error if the fields are the same", edit(DIFFERS, "if config is not None and have == want:")),
        Mistake("only larger values are an error", edit(DIFFERS, "if any(have[key] < want[key] for key in have):")),
        Mistake(
            "only the first field that differs is named",
            edit(
                "for key in have if have[key] != want[key]",
                "for key in have if have[key] != want[key] and all("
                "have[k] == want[k] for k in have if list(have).index(k) < list(have).index(key))",
            ),
        ),
        Mistake(
            "the fields that differ are named without their values",
            edit(DIFFERENCES, "key for key in have if have[key] != want[key]"),
        ),
        Mistake(
            "only the checkpoint's values are named",
            edit(DIFFERENCES, DIFFERENCES.replace(" (asked for: {want[key]})", "")),
        ),
        Mistake(
            "only the expected values are named",
            edit(DIFFERENCES, DIFFERENCES.replace("{key} {have[key]} (asked for: {want[key]})", "{key} {want[key]}")),
        ),
        Mistake(
            "the values are named without their fields", edit(DIFFERENCES, DIFFERENCES.replace("{key} {have", "{have"))
        ),
        Mistake(
            "another shape is a TypeError",
            edit(
                '        raise ValueError(\n            f"the model in',
                '        raise TypeError(\n            f"the model in',
            ),
        ),
        Mistake(
            "the checkpoint's shape is passed over and a model of the expected shape made",
            edit(DIFFERS, "if False:", ASSEMBLE, ASSEMBLE.replace("shape)", "config or shape)")),
        ),
    ],
}
