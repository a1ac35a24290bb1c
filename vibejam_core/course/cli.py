"""The ``vibejam`` command: one small program, one module per subcommand."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

# Each name is a module in vibejam_core.course.commands with add_arguments(parser) and run(args) -> exit code. Only the
# module that is asked for gets imported, so that `vibejam hint` doesn't wait for anything that it doesn't use.
COMMANDS = {
    "check": "grade your components: a lab, a component, or everything",
    "status": "the progress board: what is done, what comes next",
    "watch": "grade again whenever you save a file",
    "hint": "one hint for a component; ask again for the next",
    "solution": "show the reference's version of a component",
    "diff": "your version of a component beside the reference's",
    "reset": "put a component's skeleton back, keeping a dated copy of yours",
    "kill": "how many known mistakes your own tests of a component catch",
    "trace": "the shapes at every step of one forward pass, in your code",
    "compare": "train your code and the reference the same way, and show where they differ",
    "milestone": "run your whole model and earn its milestones",
    "doctor": "what is missing or odd here, and the command that mends it",
    "update": "take new skeletons for components you haven't touched",
    "build": "generate skeletons and notebooks from their sources",
    "mistakes": "the table of known mistakes: rejected, named, variants accepted",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit code is 0 only when what was asked for holds."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="vibejam", description="Build your own GPT: check, hint, watch, status.")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((argument for argument in arguments if argument in COMMANDS), None)
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == chosen:
            module = importlib.import_module(f"vibejam_core.course.commands.{name}")
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit finds a reader
        return 1
    except (
        ValueError,
        OSError,
    ) as error:  # wrong input, told in one paragraph; anything else is our bug, with its traceback
        print(f"vibejam {args.command}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
