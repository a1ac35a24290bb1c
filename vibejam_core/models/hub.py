"""Files from the Hugging Face Hub: fetched once, kept in its cache, and every failure told in a sentence."""

from __future__ import annotations

from pathlib import Path


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
    try:
        # Late: only who wants files from the Hub waits for this import.
        import huggingface_hub
        from huggingface_hub import constants, errors
    except ImportError as error:
        raise ValueError(f"{name} comes from the Hugging Face Hub: pip install huggingface_hub ({error})") from error
    server = endpoint or constants.ENDPOINT
    try:
        return Path(huggingface_hub.hf_hub_download(repo, name, endpoint=endpoint, cache_dir=cache_dir))
    except errors.HFValidationError as error:
        raise ValueError(
            f"{repo!r} is not the name of a repository, which has the form owner/name, such as openai-community/gpt2. "
            "Give a folder of your own with --path."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise FileNotFoundError(
            f"{server} has no repository {repo} that everybody may read. Check the spelling; "
            "for a private or gated one, log in first: hf auth login."
        ) from error
    except errors.LocalEntryNotFoundError as error:  # before EntryNotFoundError, of which it is a kind
        if constants.HF_HUB_OFFLINE:
            why = "the variable HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) forbids to fetch it. Unset it"
        else:
            why = f"{server} can't be reached ({error.__cause__ or error}). Check your connection and try again"
        raise ConnectionError(
            f"{name} of {repo} is not in the cache yet, and {why}, or give a folder that has it with --path."
        ) from error
    except errors.EntryNotFoundError as error:
        raise FileNotFoundError(f"the repository {repo} on {server} has no file {name}.") from error
    except Exception as error:  # of whichever library it speaks HTTP with: that changes between its versions
        raise ConnectionError(
            f"fetching {name} of {repo} from {server} failed: {type(error).__name__}, {error}. "
            "Check your connection and the space on your disk, and try again."
        ) from error
