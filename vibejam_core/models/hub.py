"""Files from the Hugging Face Hub: fetched once, kept in its cache, and every failure told in a sentence."""

from __future__ import annotations

from pathlib import Path

from vibejam_core.text.hub_errors import hub_library, told


def fetch(repo: str, name: str, *, endpoint: str | None = None, cache_dir: Path | None = None) -> Path:
    """One file of a model repository, on this disk.

    What was fetched before is taken from the cache, if the Hub has nothing newer or can't be reached. On a terminal
    the library draws a progress bar. Half a file is never taken for a whole one.

    Args:
        repo: such as ``"openai-community/gpt2"``.
        name: the file's name in it.
        endpoint: the server; None stands for the variable ``HF_ENDPOINT``, or else https://huggingface.co.
        cache_dir: where files are kept; None stands for the Hub's own cache (see its variable ``HF_HOME``).

    Raises:
        FileNotFoundError: if the repository has no such file, or there is no such repository, or it isn't public.
        ConnectionError: if the file is not in the cache and the Hub can't be reached, or breaks off.
        ValueError: if ``repo`` can't be a name of a repository, or ``huggingface_hub`` isn't installed.
    """
    library = hub_library(name)
    server = endpoint or library.constants.ENDPOINT
    try:
        return Path(library.hf_hub_download(repo, name, endpoint=endpoint, cache_dir=cache_dir))
    except Exception as error:
        raise told(
            error, repo, name, server, here="in the cache", way_out="give a folder that has it with --path"
        ) from error
