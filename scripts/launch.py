"""Start processes that train together: ``python -m scripts.launch --nproc-per-node 8 -m scripts.base_train ...``.

This is torchrun: it takes the same options, and PyTorch does all the work. What is added is a sentence where torchrun
shows a traceback of its own, which is longer than what went wrong: a taken port, a rank that died, a node that is
missing.
"""

from __future__ import annotations

import errno
import signal
import socket
import sys
from typing import Any

from scripts._main import run

PORT = 29500


def main() -> int:
    """Read torchrun's options, look whether its port is free, start all processes and wait for them."""
    from torch.distributed import DistNetworkError, DistStoreError
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous.api import RendezvousError
    from torch.distributed.run import parse_args
    from torch.distributed.run import run as torchrun

    arguments = parse_args(sys.argv[1:])
    check_port(arguments)
    try:
        torchrun(arguments)
    except ChildFailedError as error:
        raise OSError(what_failed(error.failures)) from error
    except (RendezvousError, DistNetworkError, DistStoreError) as error:
        raise OSError(
            f"the machines of this job could not meet: {error}. See that each has the same --rdzv-endpoint, a host and "
            "a port that all of them can reach, the same --rdzv-id, and the right --nnodes."
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
    endpoint = arguments.rdzv_endpoint
    if endpoint:
        host, _, port = endpoint.partition(":")
        if arguments.rdzv_backend != "static":
            return  # the port of the first machine is taken rightly, once this job has one
    elif arguments.master_port is not None or arguments.nnodes not in ("1", "1:1"):
        host, port = arguments.master_addr, arguments.master_port or PORT
    else:
        return
    with socket.socket() as probe:
        if sys.platform != "win32":  # as torchrun's own does: a port that was closed a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", int(port or PORT)))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise OSError(
                f"port {port} of {host} is taken by another program, perhaps an earlier job of yours. Choose another "
                "one with --master-port, or on a single machine give --standalone, which finds a free one."
            ) from None


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
