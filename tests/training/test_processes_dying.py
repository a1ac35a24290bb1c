"""When a rank dies, or the ranks can't meet, the job ends soon and says why."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.training import rank
from tests.training.jobs import LAUNCH, TORCHRUN, finish, found, free_port, start, taken_port
from vibejam_core.text.bpe_scale import train_tokenizer
from vibejam_core.text.token_file import write_tokens
from vibejam_core.text.tokenizers import fingerprint
from vibejam_core.training.world import World

pytestmark = pytest.mark.slow

TWO = ("--standalone", "--nproc-per-node", "2", "-m", "tests.training.rank")


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Four jobs that go wrong side by side: exit code and what was said, each within a minute."""
    folder = tmp_path_factory.mktemp("dying")
    with taken_port() as port:
        jobs = {
            "raises": start(TORCHRUN, *TWO, folder, "raises"),
            "is_killed": start(LAUNCH, *TWO, folder, "is_killed"),
            f"port {port}": start(LAUNCH, "--master-port", str(port), *TWO[1:], folder, "steps"),
            f"port {port} of several machines": start(
                LAUNCH, "--nnodes", "2", "--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{port}", *TWO[1:]
            ),
        }
        return {name: finish(job, 60) for name, job in jobs.items()}


def test_a_rank_that_raises_ends_the_job(ended: dict[str, tuple[int, str]]) -> None:
    code, said = ended["raises"]
    assert code != 0
    assert "ValueError: this rank has found a stone in its text" in said
    assert "exitcode  : 1" in said


def test_a_rank_that_is_killed_ends_the_job(ended: dict[str, tuple[int, str]]) -> None:
    """As by a system that is out of memory; what remains is a sentence."""
    code, said = ended["is_killed"]
    assert code == 2
    last = said.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "rank 1 was killed by SIGKILL" in last
    assert "ChildFailedError" not in said


def test_a_taken_port_is_named(ended: dict[str, tuple[int, str]]) -> None:
    """That of the ranks, and that at which several machines meet."""
    taken = {name: found for name, found in ended.items() if name.startswith("port")}
    assert len(taken) == 2
    for name, (code, said) in taken.items():
        assert code == 2
        assert f"error: {' '.join(name.split()[:2])} of 127.0.0.1 is taken by another program" in said
        assert "Traceback" not in said


def test_a_taken_port_is_named_without_a_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where SLURM starts every rank itself."""
    with taken_port() as port:
        for name, value in {"RANK": 0, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
            monkeypatch.setenv(name, str(value))
        with pytest.raises(
            OSError, match=f"127.0.0.1:{port}: the port is taken by another program. Choose another port"
        ):
            World.start("cpu")


def test_every_rank_of_base_train_says_that_one_differs(tmp_path: Path) -> None:
    """As where one machine was given another seed: a sentence from each, no traceback, and nothing is trained."""
    tokenizer = train_tokenizer(["a b c d e f g"], 260)
    tokenizer.save(tmp_path / "tokenizer.json")
    write_tokens(tmp_path / "text.bin", [(range(250), 250)], 260, fingerprint(tokenizer))
    program = (
        f"exec {sys.executable} -m scripts.base_train --depth 1 --block-size 8 --rows 2 --steps 2 --sample 0 "
        f"--threads 1 --device cpu --train-path {tmp_path}/text.bin --ckpt-path {tmp_path}/run --seed $RANK"
    )
    code, said = finish(
        start(LAUNCH, "--standalone", "--nproc-per-node", "2", "--no-python", "bash", "-c", program), 100
    )
    assert code == 2
    for rank_ in (0, 1):
        assert f"error: rank {rank_} of 2 stops: the options differ between rank 0 and rank 1" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


def test_two_nodes_train_one_model(tmp_path: Path) -> None:
    """Two torchruns, as on two machines, that meet at an address."""
    rank.steps(World(), tmp_path)
    meeting = ("--nnodes", "2", "--nproc-per-node", "1", "--rdzv-backend", "c10d", "--rdzv-id", "two-nodes")
    where = ("--rdzv-endpoint", f"127.0.0.1:{free_port()}", "--local-addr", "127.0.0.1")
    nodes = [start(LAUNCH, *meeting, *where, "-m", "tests.training.rank", tmp_path, "steps") for _ in range(2)]
    for node in nodes:
        code, said = finish(node, 120)
        assert code == 0, said
    alone = load_file(tmp_path / "steps-1-0.safetensors")
    for number, each in enumerate(found(tmp_path, "steps", 2)):
        assert each["losses"][-1] < each["losses"][0]
        weights = load_file(tmp_path / f"steps-2-{number}.safetensors")
        assert max((weights[name] - value).abs().max() for name, value in alone.items()) <= 1e-5
