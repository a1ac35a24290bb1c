"""What goes wrong between here and the Hugging Face Hub, told in a sentence."""

from __future__ import annotations

from types import ModuleType


def hub_library(name: str) -> ModuleType:
    """The library ``huggingface_hub``. Late: only who wants files from the Hub waits for this import.

    Args:
        name: the file that is wanted, for the message.

    Raises:
        ValueError: if the library isn't installed.
    """
    try:
        import huggingface_hub
        from huggingface_hub import constants, errors, file_download  # noqa: F401 - so that they are there
    except ImportError as error:
        raise ValueError(f"{name} comes from the Hugging Face Hub: pip install huggingface_hub ({error})") from error
    return huggingface_hub


def told(error: Exception, repo: str, name: str, server: str, *, here: str, way_out: str) -> Exception:
    """The error for people that stands for one of the library's.

    Args:
        error: what the library raised.
        repo: the repository.
        name: the file in it.
        server: which Hub was asked.
        here: where the file would have to be to need no Hub, such as ``"in the cache"``.
        way_out: what to do without the Hub, such as ``"give a folder of your own with --path"``.

    Returns:
        FileNotFoundError, if the repository has no such file, or there is no such repository, or it isn't public;
        ConnectionError, if the Hub can't be reached, refuses or breaks off; ValueError, if ``repo`` can't be a name of
        a repository.
    """
    from huggingface_hub import constants, errors

    if isinstance(error, errors.HFValidationError):
        return ValueError(
            f"{repo!r} is not the name of a repository, which has the form owner/name, such as openai-community/gpt2. "
            f"{way_out[0].upper()}{way_out[1:]}."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return FileNotFoundError(
            f"{server} has no repository {repo} that everybody may read. Check the spelling; "
            "for a private or gated one, log in first: hf auth login."
        )
    if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        # before EntryNotFoundError, of which the first is a kind
        if constants.HF_HUB_OFFLINE:
            why = "the variable HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) forbids to fetch it. Unset it"
        else:
            why = f"{server} can't be reached ({error.__cause__ or error}). Check your connection and try again"
        return ConnectionError(f"{name} of {repo} is not {here} yet, and {why}, or {way_out}.")
    if isinstance(error, errors.EntryNotFoundError):
        return FileNotFoundError(f"the repository {repo} on {server} has no file {name}.")
    return ConnectionError(  # of whichever library it speaks HTTP with: that changes between its versions
        f"fetching {name} of {repo} from {server} failed: {type(error).__name__}, {error}. "
        "Check your connection and the space on your disk, and try again."
    )
