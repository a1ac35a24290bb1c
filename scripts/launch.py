"""Start processes that train together: ``python -m scripts.launch --nproc-per-node 8 -m scripts.base_train ...``.

This is torchrun: it takes the same options, and PyTorch does all the work. What is added is a sentence where torchrun
shows a traceback of its own, which is longer than what went wrong: a taken port, a rank that died, a node that is
missing.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import Any

from scripts._main import run

PORT, ENDPOINT_PORT = 29500, 29400
"""Where torchrun's ranks meet, and its machines, if nothing is said."""
PATIENCE = 10
"""How many seconds a torchrun has to answer."""


def main() -> int:
    """Read torchrun's options, look whether its port is free, start all processes and wait for them."""
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")  # read when torch is imported: no C++ stack traces from here
    from torch.distributed import DistNetworkError, DistStoreError
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous.api import RendezvousError
    from torch.distributed.run import parse_args
    from torch.distributed.run import run as torchrun

    if os.environ["TORCH_CPP_LOG_LEVEL"] == "FATAL":
        del os.environ["TORCH_CPP_LOG_LEVEL"]  # the ranks may say all they want
    arguments = parse_args(sys.argv[1:])
    check_port(arguments)
    try:
        torchrun(arguments)
    except ChildFailedError as error:
        raise OSError(what_failed(error.failures)) from error
    except (RendezvousError, DistNetworkError, DistStoreError) as error:
        raise OSError(
            f"the machines of this job could not meet: {why(error)}. See that each has the same --rdzv-endpoint, a "
            "host and a port that all of them can reach, the same --rdzv-id, and the right --nnodes."
        ) from error
    except SignalException as error:
        print(f"\nstopped by {error.sigval.name}", file=sys.stderr)
        return 130
    return 0


def check_port(arguments: Any) -> None:
    """See that the port on which this machine is to be found isn't taken by another program.

    Raises:
        OSError: if it is; the message says which, and what to do.
    """
    if arguments.standalone or arguments.node_rank:
        return  # a free port is found, or it is another machine's
    endpoint, static = arguments.rdzv_endpoint, arguments.rdzv_backend == "static"
    if endpoint:
        host, _, port = endpoint.partition(":")
        port = int(port or (PORT if static else ENDPOINT_PORT))
    elif static and (arguments.master_port is not None or arguments.nnodes not in ("1", "1:1")):
        host, port = arguments.master_addr, arguments.master_port or PORT
    else:
        return
    if not can_bind(host, 0) or can_bind("", port) or (not static and answers(host, port)):
        return  # another machine's, or free, or there is this job already, started by another torchrun
    raise OSError(
        f"port {port} of {host} is taken by another program, perhaps an earlier job of yours. Choose another one with "
        f"{'--master-port' if static else '--rdzv-endpoint, on all machines'}, or on a single machine give "
        "--standalone, which finds a free one."
    )


def can_bind(host: str, port: int) -> bool:
    """Whether this machine has that address, and the port is free; port 0 asks for the address only."""
    with socket.socket() as probe:
        if sys.platform != "win32":  # as torchrun's own does: a port that was closed a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:  # no such host, too
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether it is a torchrun that listens there: to another program, PyTorch would talk in vain for minutes."""
    from datetime import timedelta

    from torch.distributed import TCPStore

    understood = threading.Event()

    def talk() -> None:
        try:
            TCPStore(host, port, is_master=False, wait_for_workers=False, timeout=timedelta(seconds=PATIENCE))
            understood.set()
        except RuntimeError:
            pass  # refused, or cut off

    threading.Thread(target=talk, daemon=True).start()
    return understood.wait(PATIENCE)


def why(error: BaseException) -> str:
    """The first words of the error behind an error."""
    while error.__cause__ is not None:
        error = error.__cause__
    said = str(error).split(" Exception raised from")[0].splitlines() or ["not all of them came in time"]
    return said[0].rstrip(". ")


def what_failed(failures: dict[int, Any]) -> str:
    """Which ranks failed, and how; not those that were stopped because of them."""
    own = {rank: failure for rank, failure in failures.items() if failure.exitcode != -signal.SIGTERM} or failures
    how = [f"rank {rank} {ending(own[rank].exitcode)}" for rank in sorted(own)]
    return f"{', and '.join(how)}, so all others were stopped too. What each of them said itself stands above."


def ending(code: int) -> str:
    """How a process ended, from its exit code."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    return f"was killed by {name}{', as by a system that is out of memory' if name == 'SIGKILL' else ''}"


if __name__ == "__main__":
    run(main)
