"""Make one text of your files: ``python -m scripts.prepare_data --input-dir data/raw --out-path data/mine.txt``."""

from __future__ import annotations

from scripts._main import options, run


def main() -> None:
    """Read the options, write the text, print the report."""
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.text.prepare import PrepareConfig, prepare_corpus

    args = options(PrepareConfig, "scripts.prepare_data")
    report = prepare_corpus(args)
    print(f"{args.input_dir} -> {args.out_path}")
    print("\n".join(report.lines()))
    print(f"  python -m scripts.train_lm --text-path {args.out_path} --ckpt-path checkpoints/{args.out_path.stem}")


if __name__ == "__main__":
    run(main)
