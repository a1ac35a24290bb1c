"""Train a language model on a text: ``python -m scripts.train_lm --text-path FILE --ckpt-path DIR``."""

from __future__ import annotations

from scripts._main import options, run


def main() -> int:
    """Read the options, train, say how it ended."""
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from scripts._train_options import TrainOptions, saved_options
    from vibejam_core.training.run import start_run
    from vibejam_core.training.trainer import train_lm

    program = "scripts.train_lm"
    args = options(TrainOptions, program)
    if args.train.resume:  # what the command line leaves out is as it was
        args = options(TrainOptions, program, default=saved_options(args.train.ckpt_path))
    training = start_run(args.data, args.model, args.train)
    outcome = train_lm(training)
    folder = args.train.ckpt_path
    if not outcome.finished:
        print(f"\nstopped after step {outcome.step}; all of it is saved in {folder}. Go on with:")
        print(f"  python -m {program} --ckpt-path {folder} --resume")
        return 130
    if outcome.val_loss_on_all is not None:
        bits = training.bits_per_byte(outcome.val_loss_on_all)
        print(f"done: {outcome.val_loss_on_all:.4f} nats per token, {bits:.4f} bits per byte on all validation text")
    else:
        print(f"done: step {outcome.step}")
    print(f"  python -m scripts.sample_lm --ckpt-path {folder}")
    return 0


if __name__ == "__main__":
    run(main)
