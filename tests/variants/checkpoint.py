"""Correct ways to write save_checkpoint and load_checkpoint that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

SAVE = "def save_checkpoint(run: Path, checkpoint: Checkpoint) -> Path:\n"
LOAD = """def load_checkpoint(
    path: Path, *, which: str = "last", tokenizer: Tokenizer | None = None, config: ModelConfig | None = None
) -> Checkpoint:
"""

VARIANTS = {
    "checkpoint.save_checkpoint": [
        Variant(
            "mkdtemp gives the temporary folder, everything that goes wrong cleans up",
            whole(
                SAVE
                + """    import tempfile

    name = "step_" + str(checkpoint.step).zfill(6)
    if (run / name).exists():
        raise FileExistsError(f"{name} exists in {run}")
    temporary = None
    try:
        run.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=run))
        write_folder(temporary, checkpoint)
        flush_folder(temporary)
        os.rename(temporary, run / name)
        flush_folder(run)
    except BaseException as error:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, (OSError, SafetensorError)):
            raise OSError(f"step {checkpoint.step} in {run}: {error}") from error
        raise
    prune(run)
    return run / name
"""
            ),
        ),
        Variant(
            "os.replace, nested try, an error of the same kind",
            whole(
                SAVE
                + """    folder = run.joinpath("step_%06d" % checkpoint.step)
    if os.path.lexists(folder):
        raise FileExistsError(17, "this checkpoint is there already", str(folder))
    new = run / (TEMPORARY + folder.name)
    try:
        try:
            os.makedirs(run, exist_ok=True)
            if new.exists():
                shutil.rmtree(new)
            os.mkdir(new)
            write_folder(new, checkpoint)
            flush_folder(new)
            os.replace(new, folder)
            flush_folder(run)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except SafetensorError as error:
        raise OSError(f"can't save step {checkpoint.step} in {run} ({error})")
    except OSError as error:
        raise OSError(error.errno, f"can't save step {checkpoint.step} in {run} ({error.strerror or error})")
    prune(run)
    return folder
"""
            ),
        ),
        Variant(
            "the step listed beforehand, the folder named with a random number, flushed by hand",
            whole(
                SAVE
                + """    import secrets

    steps = {step_of(f) for f in checkpoints_in(run)} if "step_of" in globals() else {
        int(f.name[5:]) for f in run.glob("step_*")
    }
    done = Path(run, "step_" + format(checkpoint.step, "06"))
    if checkpoint.step in steps:
        raise FileExistsError(f"{done} is there")

    def flush(folder: Path) -> None:
        if os.name == "posix":
            number = os.open(folder, os.O_RDONLY)
            os.fsync(number)
            os.close(number)

    being_made = Path(run, f"{TEMPORARY}{secrets.token_hex(8)}")
    failure = None
    try:
        being_made.mkdir(parents=True, exist_ok=False)
        write_folder(being_made, checkpoint)
        flush(being_made)
        flush(run)
        shutil.move(being_made, done)
        flush(run)
    except (OSError, SafetensorError) as error:
        failure = error
    if failure:
        if being_made.exists():
            shutil.rmtree(being_made)
        raise OSError(f"no checkpoint of step {checkpoint.step} could be made in {run} because of: {failure}")
    prune(run)
    return done
"""
            ),
        ),
        Variant(
            "a checkpoint whose name could not be flushed is taken back",
            edit(
                "        flush_folder(run)\n",
                "        try:\n            flush_folder(run)\n"
                "        except OSError:\n            target.rename(temporary)\n            raise\n",
            ),
        ),
        Variant(
            "an empty lock file in the temporary folder while it is filled",
            edit(
                "        write_folder(temporary, checkpoint)\n",
                "        (temporary / 'lock').touch()\n"
                "        write_folder(temporary, checkpoint)\n"
                "        (temporary / 'lock').unlink()\n",
            ),
        ),
    ],
    "checkpoint.load_checkpoint": [
        Variant(
            "all files compared in one go, by SHA-256 alone",
            whole(
                LOAD
                + """    folder = find_checkpoint(path, which=which)
    facts = read_facts(folder)
    bad = []
    for name in facts["files"]:
        try:
            if seal(folder / name)["sha256"] != facts["files"][name]["sha256"]:
                bad.append(name)
        except FileNotFoundError:
            bad.append(name)
    if bad:
        raise damaged(folder, ", ".join(bad) + " changed")
    own, shape = identity(folder, facts)
    if tokenizer is not None:
        mine, theirs = fingerprint(own), fingerprint(tokenizer)
        if mine != theirs:
            raise ValueError(f"tokenizer {mine} was saved, {theirs} is expected")
    if config is not None and config != shape:
        lines = []
        for key in asdict(config):
            if getattr(config, key) != getattr(shape, key):
                lines.append(f"{key}: {getattr(shape, key)} was saved, {getattr(config, key)} is expected")
        raise ValueError("; ".join(lines))
    return assemble(folder, facts, own, shape)
"""
            ),
        ),
        Variant(
            "a helper for each question, the checkpoint assembled before it is compared",
            whole(
                LOAD
                + """    folder = find_checkpoint(path, which)
    facts = read_facts(folder)

    def verify() -> None:
        for name in sorted(facts["files"]):
            file = folder / name
            if not file.exists():
                raise damaged(folder, f"{name} isn't there")
            if seal(file) != facts["files"][name]:
                raise damaged(folder, f"{name} has another seal")

    def difference(one: ModelConfig, other: ModelConfig) -> str:
        pairs = zip(asdict(one).items(), asdict(other).values())
        return ", ".join(f"{key}={a} instead of {b}" for (key, a), b in pairs if a != b)

    verify()
    loaded = assemble(folder, facts, *identity(folder, facts))
    if tokenizer and fingerprint(tokenizer) != fingerprint(loaded.tokenizer):
        raise ValueError(f"{fingerprint(loaded.tokenizer)} is not {fingerprint(tokenizer)}")
    if config and (said := difference(loaded.model.config, config)):
        raise ValueError(f"{folder}: {said}")
    return loaded
"""
            ),
        ),
        Variant(
            "the shape compared before the tokenizer, sets of items",
            whole(
                LOAD
                + """    folder = find_checkpoint(path, which)
    facts = read_facts(folder)
    files = facts["files"]
    try:
        broken = next((name for name in files if seal(folder / name) != files[name]), None)
    except OSError as error:
        raise damaged(folder, f"a file can't be read: {error}") from error
    if broken is not None:
        raise damaged(folder, broken)
    found, shape = identity(folder, facts)
    if config is not None:
        have, want = asdict(shape), asdict(config)
        different = dict(set(have.items()) - set(want.items()))
        if different:
            raise ValueError(f"found {different}, expected { {key: want[key] for key in different} }")
    if tokenizer is not None and tokenizer.to_json() != found.to_json():
        saved = facts["tokenizer"]["fingerprint"]
        raise ValueError(f"tokenizers differ: {fingerprint(tokenizer)} expected, {saved} found")
    return assemble(folder, facts, found, shape)
"""
            ),
        ),
        Variant(
            "SHA-256 computed by hand",
            whole(
                LOAD
                + """    import hashlib

    folder = find_checkpoint(path, which)
    facts = read_facts(folder)
    for name, expected in facts["files"].items():
        data = (folder / name).read_bytes() if (folder / name).is_file() else b""
        if len(data) != expected["bytes"] or hashlib.sha256(data).hexdigest() != expected["sha256"]:
            raise damaged(folder, f"{name}: {len(data)} bytes")
    found, shape = identity(folder, facts)
    expected_tokenizer = found if tokenizer is None else tokenizer
    prints = [fingerprint(found), fingerprint(expected_tokenizer)]
    if len(set(prints)) > 1:
        raise ValueError(" and ".join(prints))
    expected_shape = shape if config is None else config
    if shape != expected_shape:
        raise ValueError(f"{shape} is not {expected_shape}")
    return assemble(folder, facts, found, shape)
"""
            ),
        ),
    ],
}
