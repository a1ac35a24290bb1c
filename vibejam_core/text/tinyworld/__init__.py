"""TinyWorld: a village made of rules, as an endless corpus whose surprise is known and whose mistakes can be found.

``document`` gives a text by its number, ``documents`` as many as wanted. ``entropy`` is the floor below which no model
can get, ``violations`` says what is wrong with a text, ``probes`` ask for what was said some sentences ago.
"""

from vibejam_core.text.tinyworld.checker import score, violations
from vibejam_core.text.tinyworld.conversation import to_messages, to_text
from vibejam_core.text.tinyworld.documents import KINDS, MIX, Document, document, documents
from vibejam_core.text.tinyworld.entropy import Entropy, entropy, estimate
from vibejam_core.text.tinyworld.probes import DISTANCES, Probe, probes
from vibejam_core.text.tinyworld.reduced import ReducedWorld
from vibejam_core.text.tinyworld.size import n_stories
from vibejam_core.text.tinyworld.splits import SPLITS
from vibejam_core.text.tinyworld.vocabulary import words

__all__ = [
    "DISTANCES",
    "KINDS",
    "MIX",
    "SPLITS",
    "Document",
    "Entropy",
    "Probe",
    "ReducedWorld",
    "document",
    "documents",
    "entropy",
    "estimate",
    "n_stories",
    "probes",
    "score",
    "to_messages",
    "to_text",
    "violations",
    "words",
]
