"""Text becomes numbers: corpora, tokenizers, windows."""
