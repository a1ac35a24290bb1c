"""How stories end: promises are kept or not, everything is counted, and somebody has the last word."""

from __future__ import annotations

from vibejam_core.text.tinyworld.grammar import lines

RETURN = lines(
    "return",
    """
{@dusk} {X} remembered the promise. {X.She} found {Y} {P.at} and gave back the {T}.
{@dusk} {X} stood before {Y} {P.at}. "As promised," {X.she} said, and held out the {T}. {Y} took it {@mood}.
A promise is a promise. {@dusk} {X} put the {T} back into {Y}'s hands {P.at}.
{@dusk} {X} kept {X.her} word: {Y}, who was {P.at}, got the {T} back, with a few new scratches.
{@dusk} {Y} heard steps {P.at}. It was {X}, who had brought back the {T} after all.
{@dusk} there was a knock {P.at}. {Y} opened, and there stood {X} with the {T}. "Is it still today?" asked {X}.
""",
)

KEPT = lines(
    "kept",
    """
{X} had promised to bring back the {T}, and {@dusk_small} {Y} had it, so that was that.
{@dusk} {Y} had the {T} again, just as {X} had promised, though not quite the way anyone had planned.
"See?" said {X}. "I promised, and you have the {T}." {Y} could not deny it.
""",
)

BROKEN = lines(
    "broken",
    """
{X} had promised {Y} the {T}. But {X.she} did not have it any more, and that is the trouble with promises.
{@dusk} {Y} waited for the {T}. {X} had promised to bring it back, and could not.
"You promised to bring back the {T}," said {Y}. "I did," said {X}. "It was a lovely promise."
{X} wrote {Y} a letter of two pages to explain about the {T} and the promise. The spelling was perfect.
{@dusk} {X} remembered what {X.she} had promised {Y}. The {T} was out of reach, so {X.she} brought a flower instead.
""",
)

HELD = lines(
    "held",
    """
{@dusk} the {G} {T} was {P.at} with {X}.
{@dusk} {X} sat {P.at} and held the {T} as if it had always been {X.hers}.
{@dusk} you could see {X} {P.at}, fast asleep beside the {G} {T}.
{@dusk} nobody was quite sure how, but it was {X} who had the {T}, {P.at}.
{@dusk} {X} wrapped the {G} {T} in a coat, there {P.at}, and wished it good night.
{@dusk} {P} grew dark, and {X} was still there with the {T}.
{@dusk} {X} came to a decision: the {G} {T} would stay {P.at}, and so would {X.she}.
{@dusk} somebody asked for the {T}. "Not tonight," said {X}, who had it safe {P.at}.
{@dusk} {X} danced once around the {G} {T}, {P.at}, when nobody was looking.
""",
)

HELD_AFTER = lines(
    "held_after",
    """
So it was {X} who kept the {G} {T} that night, {P.at}.
That is why {X} fell asleep {P.at} with the {G} {T} for a pillow.
The {G} {T} stayed {P.at} with {X}, and it stayed all night.
Meanwhile {X} sat {P.at} with the {T}, and gave no interviews.
{P.At}, {X} hung up a sign: "{T.A} lives here." And so it did.
""",
)

LIES = lines(
    "lies",
    """
{@dusk} the {G} {T} still lay {P.at}, {P.spot}.
{@dusk} nobody had the {T}. It was {P.at}, {P.spot}, where {X} had left it.
{@dusk} everyone had gone home but the {G} {T}, which lay {P.spot}, {P.at}.
The {T} spent the night {P.at}, {P.spot}, and so did a mouse.
""",
)

LIES_AFTER = lines(
    "lies_after",
    """
The {G} {T} stayed {P.at}, {P.spot}, and kept its thoughts to itself.
The {T}, you see, was still {P.at}, {P.spot}, where {X} had left it.
As for the {G} {T}, it lay {P.at}, {P.spot}, and was not sorry.
""",
)

LEFT = lines(
    "left",
    """
Of the {M} there {S.was} {S} left.
{X} had started with {M} and now had {S}.
{X} counted {S}, out of {M}. It had been that kind of day.
There had been {M} in the morning. Now there {S.was} {S}, and {X} guarded {S.it} with a stick.
{S.Cap} of the {M} {S.was} left, and {X} ate {S.it} in bed.
As for the {M}, {X} had saved {S}. The rest is what history is made of.
From {M} down to {S}: {X} called it a diet.
""",
)

WHOLE = lines(
    "whole",
    """
Nobody had touched the {M}, and {X} had all of them for supper.
{X} still had all {M}, which had never happened before.
And {X} had not eaten a single one of the {M}. {X.She} ate them now.
All {M} had come through the day, and {X} was proud of each of them.
{X} opened the bag. {M.Cap} looked up at {X.him}, and not one was missing.
""",
)

ENDING = lines(
    "end",
    """
And the moon, who had seen it all, said nothing.
Nobody learned anything, but it was a good day.
If you don't believe it, ask the goose. She will lie, too.
That is how it was, and anyone who tells it better was not there.
The next morning it all began again, only louder.
"Same time tomorrow?" asked {X}. Nobody said no.
{X} slept very well. {Y} did not, and never said why.
Then somebody laughed, and nobody ever found out who.
In Thimble they call that a quiet day.
And {X} never spoke of it again, except on Sundays.
It rained in the night, but nobody woke up to see it.
The mayor wrote it all down and lost the paper.
"Well," said {X}. "Well," said {Y}. And they were both right.
{Y} still tells it differently, with a dragon.
It is said that the fish talk about it to this day.
And {X} had been wearing {X.her} coat inside out all the time.
What became of the other shoe is another story.
{X} looked up at the stars and counted to nine, because that seemed enough.
"I knew it," said {Y}, who had known nothing.
And {X} laughed so hard that the lamp went out.
Only the mouse knew better, and mice keep secrets.
"Tomorrow," said {X}, "I shall stay in bed." The bed had heard that before.
Then they all went home, some of them by the wrong door.
And nobody noticed that it had been {X}'s birthday.
{X} and {Y} shook hands, and then, to be sure, feet.
A star fell, and {X} wished for more soup.
The old well heard of it the same night and has been smiling ever since.
{Y} said it was all {X}'s fault, and {X} was rather proud of that.
And if the cheese has not been eaten, it is still there.
Somewhere a door closed, very softly, and the day was over.
"Was that an adventure?" asked {Y}. "Nearly," said {X}.
The dog, who has not been in this story, wagged its tail.
And that, children, is why {X} never whistles indoors.
Nobody won, but everybody said that they had.
{Y} put on a hat, took off a hat, and called it a night.
"You could have said so before," said {X}. {Y} could have, indeed.
The frogs sang about it until morning, mostly out of tune.
For the rest of the week {X} walked a little taller.
"Who was that?" asked the scarecrow. But there was nobody left to answer.
Later {Y} sold the story for one button, and it was a fair price.
Then the bell struck thirteen, and that was enough for one day.
{X} closed one eye, then the other, and the world went on without {X.him}.
Whoever finds the moral of this may keep it.
And they all agreed never to do it again, or at least not before Friday.
""",
)
