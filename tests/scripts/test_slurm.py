"""The batch script for SLURM, run with a pretended cluster: ``srun`` starts what it is given once on every "node"."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BATCH = ROOT / "scripts" / "slurm" / "pretrain.sbatch"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="bash isn't there")

SRUN = """#!/bin/bash
while [[ "$1" == --* ]]; do shift; done
for node in $(seq "$SLURM_NNODES"); do "$@" & pids+=($!); done
trap 'kill -TERM "${pids[@]}"' TERM
code=0
for pid in "${pids[@]}"; do wait "$pid" || code=$?; done
for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
exit $code
"""
SCONTROL = '#!/bin/bash\nif [ "$1" = show ]; then printf "127.0.0.1\\nsecond\\n"; else echo "scontrol $*"; fi\n'


def submit(folder: Path, torchrun: str, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start the script as SLURM would, with a ``torchrun`` of ours."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name, text in {"srun": SRUN, "scontrol": SCONTROL, "torchrun": f"#!/bin/bash\n{torchrun}\n"}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    slurm = {"SLURM_NNODES": "2", "SLURM_JOB_ID": str(os.getpid()), "SLURM_JOB_NODELIST": "node[1-2]"}
    slurm |= {"SLURM_GPUS_ON_NODE": "1", "SLURM_CPUS_PER_TASK": "1", "SLURM_SUBMIT_DIR": str(folder)}
    return subprocess.Popen(
        ["bash", str(BATCH), *options],
        env={**os.environ, **slurm, "PATH": f"{tools}:{os.environ['PATH']}", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(job: subprocess.Popen[str], seconds: float) -> tuple[int, str]:
    try:
        said, _ = job.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        raise
    return job.returncode, said


def test_every_node_is_told_where_to_meet(tmp_path: Path) -> None:
    code, said = finish(submit(tmp_path, 'echo "$@"', "--depth", "20"), 20)
    assert code == 0
    one, other = said.splitlines()
    assert one == other
    port = 20000 + os.getpid() % 10000
    assert one.startswith(f"--nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint 127.0.0.1:{port} ")
    assert one.endswith("-m scripts.base_train --ckpt-path checkpoints/pretrain --depth 20")


def test_a_run_that_is_there_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "runs" / "one" / "step_000020").mkdir(parents=True)
    code, said = finish(submit(tmp_path, 'echo "$@"', RUN="runs/one"), 20)
    assert code == 0
    assert said.splitlines()[0].endswith("--ckpt-path runs/one --resume")


def test_an_error_is_the_jobs(tmp_path: Path) -> None:
    code, said = finish(submit(tmp_path, "exit 2"), 20)
    assert code == 2
    assert "requeue" not in said


def test_before_its_time_is_up_it_saves_and_is_queued_again(tmp_path: Path) -> None:
    """What trains is told to stop, and may take its time."""
    trains = "trap 'sleep 1; echo saved; exit 130' TERM; echo training; while true; do sleep 0.1; done"
    job = submit(tmp_path, trains)
    assert job.stdout is not None
    assert [job.stdout.readline().strip() for _ in range(2)] == ["training", "training"]
    time.sleep(0.3)
    os.kill(job.pid, signal.SIGUSR1)
    code, said = finish(job, 30)
    assert code == 0
    assert said.count("saved") == 2
    assert said.splitlines()[-1] == f"scontrol requeue {os.getpid()}"


@pytest.mark.slow
def test_two_nodes_train(tmp_path: Path) -> None:
    """The whole of it, with real processes on this machine."""
    from vibejam_core.text.bpe_scale import train_tokenizer
    from vibejam_core.text.token_file import write_tokens
    from vibejam_core.text.tokenizers import fingerprint

    tokenizer = train_tokenizer(["a b c d e f g"], 260)
    tokenizer.save(tmp_path / "tokenizer.json")
    write_tokens(tmp_path / "text.bin", [(range(250), 250)], 260, fingerprint(tokenizer))
    options = "--depth 1 --block-size 8 --rows 2 --steps 2 --sample 0 --threads 1 --device cpu".split()  # noqa: SIM905
    torchrun = f'exec {sys.executable} -m torch.distributed.run --local-addr 127.0.0.1 "$@"'
    environment = {"PYTHONPATH": str(ROOT), "RUN": str(tmp_path / "run")}
    code, said = finish(submit(tmp_path, torchrun, *options, "--train-path", "text.bin", **environment), 120)
    assert code == 0, said
    assert "batch     2 rows a step: 2 processes, 1 times 1 rows" in said
    assert (tmp_path / "run" / "step_000002").is_dir()
