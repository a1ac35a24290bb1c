"""Train a language model on a text: ``python -m scripts.train_lm --text-path FILE --ckpt-path DIR``."""

from __future__ import annotations

from pathlib import Path

from scripts._main import options, run


def main() -> int:
    """Read the options, train, say how it ended."""
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from scripts._train_options import TrainOptions, saved_options
    from vibejam_core.training.devices import keep_freed_memory
    from vibejam_core.training.rehearsal import first_words
    from vibejam_core.training.run import TrainingDiverged, start_run
    from vibejam_core.training.trainer import train_lm

    program = "scripts.train_lm"
    args = options(TrainOptions, program)
    if args.train.resume:  # what the command line leaves out is as it was
        args = options(TrainOptions, program, default=saved_options(args.train.ckpt_path))
    keep_freed_memory()
    training = start_run(args.data, args.model, args.train)
    folder = args.train.ckpt_path
    try:
        outcome = train_lm(training)
    except TrainingDiverged:
        draw(folder)
        raise
    draw(folder)
    words = first_words(training.model, training.tokenizer, args.train.sample) if args.train.sample else None
    if words is not None:
        print(f"writes    {words!r}")
    again = f"  python -m {program} --ckpt-path {folder} --resume"
    if outcome.ended == "interrupted":
        print(f"\nstopped after step {outcome.step}; all of it is saved in {folder}. Go on with:\n{again}")
        return 130
    if outcome.ended == "time":
        longer = f" --max-seconds {2 * args.train.max_seconds:g}"
        print(f"its time was up after step {outcome.step}; all of it is saved. Go on with:\n{again}{longer}")
    if outcome.ended == "early":
        print(
            f"stopped early, after step {outcome.step}: no better validation loss {args.train.patience} times in a "
            f"row. The best checkpoint is kept too. Go on all the same with:\n{again} --patience 0"
        )
    if outcome.val_loss_on_all is not None:
        bits = training.bits_per_byte(outcome.val_loss_on_all)
        print(f"done: {outcome.val_loss_on_all:.4f} nats per token, {bits:.4f} bits per byte on all validation text")
    else:
        print(f"done: step {outcome.step}")
    print(f"  python -m scripts.sample_lm --ckpt-path {folder}")
    return 0


def draw(folder: Path) -> None:
    """Draw the run's curves; where that can't be, say so: all that counts is saved already."""
    from vibejam_core.training.plot import PICTURE, draw_run

    try:
        draw_run(folder)
    except (OSError, ValueError) as error:
        print(f"note      no picture of the losses: {error}")
    else:
        print(f"curves    {folder / PICTURE}")


if __name__ == "__main__":
    run(main)
