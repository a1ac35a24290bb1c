"""Checks of lab 05, second part: checkpoints are written whole or not at all, and read only if they are whole."""

import json
import os
import re
import shutil
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import safetensors
import safetensors.torch

from tests.labs.helpers_checkpoints import SHAPE, Disk, content, files_in, made, names_in, run_of, whole
from tests.labs.helpers_files import fresh_folder, replaced
from vibejam_core.course import expect
from vibejam_core.models import checkpoint as reference
from vibejam_core.models.checkpoint_folder import FACTS, TEMPORARY, TRAINING, WEIGHTS
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.tokenizers import fingerprint

# --- save_checkpoint --------------------------------------------------------------------------------------------------

STEP = 31415926  # so long that it is in no other number by chance


@contextmanager
def a_run(*checkpoints):
    """The folder of a run that has these checkpoints; with none it isn't there yet."""
    with fresh_folder() as place:
        run_of(place / "my-run", *checkpoints)
        yield place / "my-run"


def test_save_returns_the_checkpoint_s_folder(save_checkpoint):
    """The result is the new folder, run / "step_000400" for step 400."""
    with a_run() as run:
        folder = save_checkpoint(run, made(400))
        came = "None (is a return missing?)" if folder is None else f"something of type {type(folder).__name__}"
        expect.true(isinstance(folder, Path), f"expected a Path, got {came}")
        expect.equal([folder.name, folder.parent == run], ["step_000400", True], "the folder's name, and is it in run")
        expect.true(folder.is_dir(), "there is no folder at the path that was returned")


def test_save_names_the_folder_after_the_step(save_checkpoint):
    """The step has at least six digits in the name, and all of its digits."""
    for step, name in {0: "step_000000", 123456: "step_123456", 1234567: "step_1234567"}.items():
        with a_run() as run:
            save_checkpoint(run, made(step))
            expect.equal(names_in(run), [name], f"what lies in the run's folder after saving step {step}")


def test_save_writes_everything(save_checkpoint):
    """The folder holds all of the checkpoint: what is read from it is what was saved."""
    for arch in ("bigram", "gpt"):
        saved = made(7, 1.5, arch)
        with a_run() as run:
            save_checkpoint(run, saved)
            expect.true(whole(run / "step_000007"), "the checkpoint's folder isn't what write_folder writes")
            found = content(reference.load_checkpoint(run))
        for name, value in content(saved).items():
            expect.equal(found[name], value, f"{name}, of a {arch} model, saved and read again")


def test_save_makes_the_folders_above(save_checkpoint):
    """The run's folder is made, with those above it; one that is there already is no problem."""
    with fresh_folder() as place:
        for step in (1, 2):
            save_checkpoint(place / "runs" / "today" / "my-run", made(step))
        found = names_in(place / "runs" / "today" / "my-run")
    expect.equal(found, ["step_000001", "step_000002"], "what lies in runs/today/my-run after two saves")


def test_save_leaves_the_checkpoint_as_it_was(save_checkpoint):
    """Saving changes nothing in what is saved: training goes on with it."""
    checkpoint = made(7, 1.5)
    with a_run() as run:
        save_checkpoint(run, checkpoint)
    for name, value in content(made(7, 1.5)).items():
        expect.equal(content(checkpoint)[name], value, f"{name} after the save")
    expect.equal(checkpoint.model.training, True, "whether the model is still in training mode")


def test_save_works_under_a_temporary_name(save_checkpoint):
    """The files are written into a folder inside run whose name begins with TEMPORARY, and which is renamed once."""
    with a_run() as run, Disk(run).watched() as disk:
        save_checkpoint(run, made(7))
    where = {run: "run", run.parent: "beside run"}
    moves = [
        [where.get(old.parent, "elsewhere"), old.name[: len(TEMPORARY)], new.name]
        for old, new in disk.moves
        if new.parent == run
    ]
    what = "where the folder was before it was renamed, how its name began, and its new name"
    expect.equal(moves, [["run", TEMPORARY, "step_000007"]], what)


def test_save_never_shows_an_incomplete_checkpoint(save_checkpoint):
    """At every moment each folder that is called step_... holds all its files, so that the program may be killed."""
    with a_run(made(1, 1.0), made(2, 2.0), made(3, 3.0)) as run, Disk(run).watched() as disk:
        save_checkpoint(run, made(4, 4.0))
    expect.equal(sorted(disk.incomplete), [], "the folders that were incomplete for a while")


def test_save_flushes_before_it_renames(save_checkpoint):
    """When the folder gets its name each of its files is on the disk, and after these its list of names, too."""
    with a_run() as run, Disk(run).watched() as disk:
        save_checkpoint(run, made(7))
    order = disk.order()
    before = order[: order.index("(the renaming)")] if "(the renaming)" in order else []
    files = [name for name in (FACTS, TRAINING, WEIGHTS) if name in before]
    expect.equal(files, [FACTS, TRAINING, WEIGHTS], "the files that were flushed before the renaming")
    done = "the folder" in before[max(map(before.index, files)) :] or os.name != "posix"
    said = f"The order was: {', '.join(order)}."
    expect.true(done, f"the temporary folder must be flushed after its files and before the renaming. {said}")


def test_save_flushes_the_run_after_it_renames(save_checkpoint):
    """After the renaming the run's folder is flushed, since it holds the new name, and only then others are deleted."""
    with a_run(made(1, 1.0), made(2, 2.0), made(3, 3.0)) as run, Disk(run).watched() as disk:
        save_checkpoint(run, made(4, 4.0))
    order = disk.order()
    stop = order.index("(a deletion)") if "(a deletion)" in order else len(order)
    done = "run" in order[order.index("(the renaming)") : stop] or os.name != "posix"
    what = "the run's folder must be flushed after the renaming, before another checkpoint is deleted"
    expect.true(done, f"{what}. The order was: {', '.join(order)}.")


def test_save_leaves_nothing_but_checkpoints(save_checkpoint):
    """Nothing temporary is left, and what else lies in the run's folder stays."""
    with a_run(made(1)) as run:
        (run / "log.jsonl").write_text("{}\n")
        save_checkpoint(run, made(2))
        expect.equal(names_in(run), ["log.jsonl", "step_000001", "step_000002"], "what lies in the run's folder")


def test_save_keeps_the_last_two_and_the_best(save_checkpoint):
    """After each save the run has the last two checkpoints and the best, the new one counted, and no others."""
    after = {1: [1], 2: [1, 2], 3: [2, 3], 4: [2, 3, 4], 5: [2, 4, 5], 6: [5, 6]}
    found = {}
    with a_run() as run:
        for step, loss in enumerate((3.0, 1.0, 2.0, 2.5, 2.6, 0.5), start=1):
            save_checkpoint(run, made(step, loss))
            found[step] = [int(name.removeprefix("step_")) for name in names_in(run)]
    expect.equal(found, after, "the steps that are kept after saving the step")


def test_save_refuses_a_step_that_is_there(save_checkpoint):
    """Where the run has a checkpoint of this step it is a FileExistsError that names its folder."""
    with a_run(made(7)) as run:
        what = "saving a step that the run has already"
        expect.raises(FileExistsError, partial(save_checkpoint, run, made(7, 0.5)), ("step_000007",), what)


def test_save_touches_nothing_where_it_refuses(save_checkpoint):
    """A step that is refused changes nothing: no checkpoint is overwritten, made or deleted."""
    with a_run(*(made(step, float(step)) for step in (1, 2, 3, 4))) as run:
        before = files_in(run)
        with suppress(Exception):  # that it is the right one is another check's business
            save_checkpoint(run, made(2, 0.5))
        expect.equal(names_in(run), [f"step_00000{step}" for step in (1, 2, 3, 4)], "what lies in the run's folder")
        expect.true(files_in(run) == before, "a file of a checkpoint that was there is another one now")


def test_save_says_what_could_not_be_written(save_checkpoint):
    """A full disk is an OSError that names the step, the run and the reason, whichever file has no room."""
    with a_run() as run, Disk(run).watched() as disk:
        save_checkpoint(run, made(STEP))
    for full_at in (*range(1, min(disk.flushes, 9) + 1), "rename"):
        with a_run() as run, Disk(run, full_at).watched():
            what = "a full disk, " + ("at the renaming" if full_at == "rename" else f"at flush {full_at}")
            named = (str(STEP), "my-run", "No space left on device")
            expect.raises(OSError, partial(save_checkpoint, run, made(STEP)), named, what)


def no_room(original, *arguments, **named):
    """The error of safetensors where there is no room."""
    raise safetensors.SafetensorError("I/O error: No space left on device (os error 28)")


def as_ever(original, *arguments, **named):
    """No failure at all."""
    return original(*arguments, **named)


def test_save_knows_the_errors_of_safetensors(save_checkpoint):
    """A SafetensorError of write_folder becomes such an OSError, too."""
    with a_run(made(1)) as run, replaced(safetensors.torch, "serialize_file", no_room):
        named = (str(STEP), "my-run", "No space left on device")
        expect.raises(OSError, partial(save_checkpoint, run, made(STEP)), named, "a full disk, says safetensors")


def test_save_names_the_run_that_is_no_folder(save_checkpoint):
    """Where the run's folder can't be made it is an OSError that names the step and the run, as well."""
    with fresh_folder() as place:
        (place / "my-run").write_text("a file")
        act = partial(save_checkpoint, place / "my-run", made(STEP))
        expect.raises(OSError, act, (str(STEP), "my-run"), "a file where the run's folder should be")


def left_in(run):
    """All in a run's folder but its checkpoints, with N for the digits in names."""
    found = [path.relative_to(run).as_posix() for path in run.rglob("*")]
    return sorted(re.sub(r"\d+", "N", name) for name in found if not name.startswith("step_"))


def test_save_leaves_nothing_half_written(save_checkpoint):
    """Whenever the disk is full no temporary folder is left, and every folder step_... is complete."""
    for full_at in (1, 2, 3, 4, 5, "rename", "safetensors"):
        with a_run(made(1)) as run:
            failing = replaced(safetensors.torch, "serialize_file", no_room if full_at == "safetensors" else as_ever)
            with failing, Disk(run, full_at).watched() as disk, suppress(OSError, safetensors.SafetensorError):
                save_checkpoint(run, made(STEP))
            when = f"flush {full_at}" if isinstance(full_at, int) else full_at
            expect.equal(left_in(run), [], f"what is left in the run's folder, but checkpoints, full at {when}")
            expect.equal(sorted(disk.incomplete), [], f"the incomplete checkpoints, full at {when}")


def test_save_keeps_what_was_there_where_it_fails(save_checkpoint):
    """Whenever the disk is full the earlier checkpoints, and all else in the run's folder, stay as they were."""
    for full_at in ("rename", 1, 4):
        with a_run(*(made(step, float(step)) for step in (1, 2, 3, 4))) as run:
            (run / "log.jsonl").write_text("{}\n")
            before = files_in(run)
            with Disk(run, full_at).watched(), suppress(OSError):
                save_checkpoint(run, made(STEP))
            found = {name: data for name, data in files_in(run).items() if str(STEP) not in name}
            expect.equal(sorted(found), sorted(before), f"the files in the run's folder, full at {full_at}")
            expect.true(found == before, "a file that was there is another one now")


class Killed(BaseException):
    """What ends a program, as far as a check can."""


def kill(original, *arguments, **named):
    """Ends the program."""
    raise Killed


def test_save_overlooks_what_a_killed_save_left(save_checkpoint):
    """What a killed program left behind is neither in the way of the next save nor in its checkpoint."""
    with a_run(made(1)) as run:
        with suppress(Killed, OSError), replaced(safetensors.torch, "serialize_file", kill):
            save_checkpoint(run, made(7))
        for leftover in run.glob(f"{TEMPORARY}*"):
            (leftover / "half.safetensors").write_bytes(b"half")
        expect.true(not (run / "step_000007").exists(), "a killed save left a checkpoint")
        folder = save_checkpoint(run, made(7, 2.0))
        expect.equal(names_in(folder), sorted([FACTS, TRAINING, WEIGHTS]), "the files of the checkpoint")
        expect.true(whole(folder), "the checkpoint isn't what write_folder writes")


# --- load_checkpoint --------------------------------------------------------------------------------------------------


def damage(file, how):
    """Do to a file what a full disk, a bad cable or a careless hand does."""
    data = file.read_bytes()
    if how == "missing":
        file.unlink()
    elif how == "another's":
        shutil.copy(file.parents[1] / "step_000003" / file.name, file)
    elif how == "changed":  # one bit, near the end
        file.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    elif how == "of zeros":
        file.write_bytes(bytes(len(data)))
    else:
        file.write_bytes({"empty": b"", "cut off": data[:-5], "too long": data + b" "}[how])


def refusal(act, *named):
    """What came of ``act``, which must raise a ValueError that names all these, the way to the run not counted."""
    try:
        act()
    except ValueError as error:
        words = re.sub(r"\S*my-run", "", str(error))
        absent = [part for part in named if part not in words]
        return f"a ValueError that doesn't name {', '.join(absent)}" if absent else REFUSED
    except Exception as error:
        return f"a {type(error).__name__}"
    return "no error"


REFUSED = "a ValueError that names what it should"


def all_refused(found, what):
    """Each of these, by name, must have been refused."""
    expect.equal(found, dict.fromkeys(found, REFUSED), what)


def test_load_gives_back_everything(load_checkpoint):
    """All that was saved comes back: weights, optimiser, randomness, tokenizer, step, metrics and settings."""
    for arch in ("bigram", "gpt"):
        saved = made(7, 1.5, arch)
        with a_run(saved) as run:
            found = load_checkpoint(run)
        expect.true(found is not None, "expected a Checkpoint, got None (is a return missing?)")
        for name, value in content(saved).items():
            expect.equal(content(found)[name], value, f"{name}, of a {arch} model, saved and read again")


THREE = tuple(made(step, loss) for step, loss in ((5, 1.0), (7, 3.0), (9, 2.0)))


def test_load_finds_the_last_and_the_best(load_checkpoint):
    """The last one has the highest step, the best one the lowest validation loss; without a word it is the last."""
    with a_run(*THREE) as run:
        found = [load_checkpoint(run).step, *(load_checkpoint(run, which=which).step for which in ("last", "best"))]
    expect.equal(found, [9, 9, 5], 'the steps that are found without which, with "last" and with "best"')


def test_load_takes_a_checkpoint_s_own_folder(load_checkpoint):
    """Given a checkpoint's own folder it reads that one, whichever is the last or the best."""
    with a_run(*THREE) as run:
        found = [load_checkpoint(run / "step_000007", which=which).step for which in ("last", "best")]
    expect.equal(found, [7, 7], 'the step that is found in the folder of step 7, with "last" and with "best"')


def test_load_says_where_there_is_no_checkpoint(load_checkpoint):
    """No folder, an empty one, and one with half-written checkpoints alone are a FileNotFoundError that names it."""
    with fresh_folder() as place:
        (place / "empty").mkdir()
        (place / "half" / f"{TEMPORARY}step_000007-123").mkdir(parents=True)
        for name in ("lost", "empty", "half"):
            act = partial(load_checkpoint, place / name)
            expect.raises(FileNotFoundError, act, (name,), f"a run's folder that is {name}")


def test_load_changes_nothing_on_the_disk(load_checkpoint):
    """Reading deletes and changes no file, whether the checkpoint is whole or damaged."""
    for how in (None, "cut off"):
        with a_run(*THREE) as run:
            if how is not None:
                damage(run / "step_000009" / WEIGHTS, how)
            before = files_in(run)
            with suppress(Exception):  # what comes of damage is another check's business
                load_checkpoint(run)
            expect.equal(sorted(files_in(run)), sorted(before), f"the files in the run's folder, damage: {how}")
            expect.true(files_in(run) == before, "a file that was there is another one now")


def test_load_refuses_damaged_files(load_checkpoint):
    """A file that is missing, cut off or changed in one bit is a ValueError that names folder and file."""
    hows = ("missing", "empty", "cut off", "of zeros", "too long", "changed", "another's")
    cases = [(name, how) for name in (WEIGHTS, TRAINING) for how in hows]
    cases += [(FACTS, how) for how in hows[:4]]  # nothing keeps the seal of this file itself
    found = {}
    with a_run(made(3), made(7)) as run:
        for name, how in cases:
            data = (run / "step_000007" / name).read_bytes()
            damage(run / "step_000007" / name, how)
            found[f"{name}, {how}"] = refusal(partial(load_checkpoint, run), "step_000007", name)
            (run / "step_000007" / name).write_bytes(data)
    all_refused(found, "what comes of a damaged file")


def test_load_refuses_damage_in_a_checkpoint_s_own_folder(load_checkpoint):
    """The same holds for the best checkpoint, and for one whose own folder is given."""
    with a_run(*THREE) as run:
        damage(run / "step_000005" / TRAINING, "changed")
        found = {"the best": refusal(partial(load_checkpoint, run, which="best"), "step_000005", TRAINING)}
        found["its folder"] = refusal(partial(load_checkpoint, run / "step_000005"), "step_000005", TRAINING)
    all_refused(found, "what comes of a checkpoint with a changed file")


def test_load_overlooks_damage_in_other_checkpoints(load_checkpoint):
    """Damage in another checkpoint than the one that is meant doesn't matter."""
    with a_run(*THREE) as run:
        damage(run / "step_000007" / WEIGHTS, "changed")
        expect.equal([load_checkpoint(run).step, load_checkpoint(run, which="best").step], [9, 5], "the steps found")


def test_load_uses_nothing_of_a_damaged_checkpoint(load_checkpoint):
    """No tensor is read before both files are known to be whole."""
    read = []

    def noting(original, *arguments, **named):
        read.append(Path(arguments[0]).name if isinstance(arguments[0], str | Path) else "bytes")
        return original(*arguments, **named)

    for name in (WEIGHTS, TRAINING):
        with a_run(made(7)) as run, replaced(safetensors.torch, "safe_open", noting):
            damage(run / "step_000007" / name, "changed")
            with replaced(safetensors.torch, "deserialize", noting), suppress(Exception):
                load_checkpoint(run)
        expect.equal(read, [], f"the files that safetensors reads though {name} was changed")


def test_load_says_what_is_damaged_before_it_compares(load_checkpoint):
    """A damaged checkpoint is damaged even if the tokenizer and the shape are not the expected ones."""
    with a_run(made(7)) as run:
        damage(run / "step_000007" / TRAINING, "changed")
        act = partial(load_checkpoint, run, tokenizer=CharTokenizer("xy"), config=ModelConfig())
        found = {"all three": refusal(act, "step_000007", TRAINING)}
    all_refused(found, "what comes of a damaged file, another tokenizer and another shape")


def rewrite(folder, part, value):
    """Change a part of checkpoint.json by hand."""
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    facts[part] = {**facts[part], **value} if isinstance(value, dict) else value
    (folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")


def test_load_notices_what_was_changed_by_hand(load_checkpoint):
    """A tokenizer, shape or architecture changed in checkpoint.json is a ValueError that names the folder."""
    changes = {"tokenizer": {"characters": list("acb")}, "model": {"n_layers": 2}, "arch": "gpt"}
    found = {}
    for part, value in changes.items():
        with a_run(made(7)) as run:
            rewrite(run / "step_000007", part, value)
            found[part] = refusal(partial(load_checkpoint, run), "step_000007")
    all_refused(found, "what comes of a part that was changed by hand")


class Twin:
    """A tokenizer of another class, with data of its own choice."""

    vocab_size = 3

    def __init__(self, kind):
        self.kind = kind

    def to_json(self):
        return {"characters": ["a", "b", "c"], "kind": self.kind}


def test_load_refuses_another_tokenizer(load_checkpoint):
    """Another tokenizer is a ValueError that names both fingerprints, also where it has as many tokens."""
    others = {letters: CharTokenizer(letters) for letters in ("abcd", "abd", "acb")} | {"another kind": Twin("bytes")}
    with a_run(made(7)) as run:
        found = {
            name: refusal(
                partial(load_checkpoint, run, tokenizer=other), *map(fingerprint, (CharTokenizer("abc"), other))
            )
            for name, other in others.items()
        }
    all_refused(found, 'what comes of another tokenizer, where the checkpoint has that of "abc"')


def test_load_accepts_the_same_tokenizer(load_checkpoint):
    """Two tokenizers are the same if their fingerprints are, whichever objects they are."""
    with a_run(made(7)) as run:
        found = [load_checkpoint(run, tokenizer=tokenizer).step for tokenizer in (CharTokenizer("abc"), Twin("char"))]
    expect.equal(found, [7, 7], "the steps that are found with the expected tokenizer")


OTHER = {"vocab_size": 5, "block_size": 977, "n_layer": 2, "n_head": 4, "n_embd": 744, "dropout": 0.125}


def test_load_refuses_another_shape(load_checkpoint):
    """A shape that differs in one field is a ValueError that names the field and both values."""
    found = {}
    with a_run(made(7, arch="gpt")) as run:
        for field, value in OTHER.items():
            act = partial(load_checkpoint, run, config=ModelConfig(**{**SHAPE, field: value}))
            found[field] = refusal(act, field, str(SHAPE[field]), str(value))
    all_refused(found, "what comes of a shape that differs in this field")


def test_load_names_every_field_that_differs(load_checkpoint):
    """Where several fields differ all are named, with both values, whether a tokenizer is expected or not."""
    named = ["block_size", "613", "977", "dropout", "0.375", "0.125", "n_embd", "744"]
    with a_run(made(7)) as run:
        act = partial(load_checkpoint, run, config=ModelConfig(**OTHER))
        found = {"alone": refusal(act, *named)}
        found["with the right tokenizer"] = refusal(partial(act, tokenizer=CharTokenizer("abc")), *named)
    all_refused(found, "what comes of a shape that differs in every field")


def test_load_accepts_the_same_shape(load_checkpoint):
    """The expected shape is no obstacle, and neither is an expected tokenizer beside it."""
    with a_run(made(7)) as run:
        found = load_checkpoint(run, config=ModelConfig(**SHAPE)).step
        both = load_checkpoint(run, tokenizer=CharTokenizer("abc"), config=ModelConfig(**SHAPE)).step
    expect.equal([found, both], [7, 7], "the steps that are found with the expected shape, and with both")
