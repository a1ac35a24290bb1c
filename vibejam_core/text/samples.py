"""Short texts of many kinds, to see what a tokenizer makes of each; all made here or found inside every Python."""

from __future__ import annotations

import inspect
import textwrap

from vibejam_core.text.corpora import pydocs
from vibejam_core.text.tinyworld import document

LANGUAGES = {
    "German": "Im Hafen liegt ein Boot, das niemandem gehört. Übermorgen fährt die Müllerin damit über den See.",
    "French": "Le boulanger a laissé la fenêtre ouverte ; déjà, l'odeur du pain réveille toute la rue.",
    "Polish": "Żółty parasol stał przy drzwiach, choć deszcz przestał padać już wczoraj wieczorem.",
    "Greek": "Η βάρκα έφυγε πριν από την αυγή και κανείς δεν άκουσε τα κουπιά στο νερό.",
    "Russian": "Старый маяк молчал три года, а потом однажды ночью снова зажёг свой огонь.",
    "Arabic": "فتحت البنت النافذة ورأت القمر فوق البحر كأنه مصباح صغير.",
    "Hindi": "नदी के किनारे एक बूढ़ा आदमी हर शाम अपनी घड़ी ठीक करता था।",
    "Chinese": "小镇的钟楼每天中午敲十二下，可是今天它多敲了一下。",
    "Japanese": "雨がやんだあと、猫は屋根の上で静かに星を数えていた。",
    "Korean": "아침마다 우체부는 언덕 위의 작은 집에 편지 한 통을 두고 갔다.",
}
"""A sentence in each of some languages, written for this course."""

EMOJI = "🦆🦆 two ducks, 🌧️ rain, 👩‍🚀 an astronaut, 🏳️‍🌈 a flag, ✨ and 👍🏽 a thumb\n"


def samples() -> dict[str, str]:
    """A text of a few thousand characters for each kind, always the same for one version of Python."""
    story = "\n".join(document("story", "val", 0, index).text for index in range(8))
    sums = "\n".join(document("arithmetic", "val", 0, index).text for index in range(12))
    kinds = {
        "stories": story,
        "reference": pydocs().text[:6000],
        "Python": inspect.getsource(textwrap),
        "numbers": sums,
    }
    return {**kinds, **{name: (text + "\n") * 8 for name, text in LANGUAGES.items()}, "emoji": EMOJI * 8}
