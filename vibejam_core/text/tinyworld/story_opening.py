"""How stories begin: somebody, somewhere, has something; then somebody else comes along."""

from __future__ import annotations

from vibejam_core.text.tinyworld.grammar import lines

OPEN = lines(
    "open",
    """
On a {@weather} morning, {X} {X.title} stood {P.at} with {G.a} {T}.
{X} {X.title} had {G.a} {T} and a plan. The plan was {@plan}, and it was to happen {P.at}.
It had rained all night. In the morning {X} {X.title}, {X.who}, came to {P} with {G.a} {T}.
Nobody in Thimble got up earlier than {X}. When the others woke, {X.she} was already {P.at}, talking to {G.a} {T}.
"Today," said {X} {X.title}, "nothing will go wrong." {X.She} said it {P.at}, to {G.a} {T}, which did not answer.
{X}, {X.who}, had found {G.a} {T} {P.at}. Nobody asked for it back, so {X.she} kept it.
{P.The} {P.which}. That morning it also held {X} {X.title} and {G.a} {T}.
There are two kinds of {@day}. This was the other kind, and {X} {X.title} was {P.at} with {G.a} {T}.
The day began with a bang. {X} {X.title} had dropped {G.a} {T} {P.at}, but nothing was broken except the silence.
If you had been {P.at} last {@day}, you would have seen {X}, {X.who}, with {G.a} {T} and a very serious face.
{X}'s {@relative} had sent {X.him} {G.a} {T} with a note: "{@note}." So {X.she} took it to {P}, to have it looked at.
One {@weather} {@day}, {X} {X.title} sat {P.at} with {G.a} {T} on {X.her} knees, late for nothing at all.
Long before breakfast {X} carried {G.a} {T} to {P}. There {X.she} stopped, because that was as far as the plan went.
"It is not stolen," said {X} {X.title}, before anyone could ask. {X.She} was {P.at} with {G.a} {T}, and it really was {X.hers}.
The wind {@wind}. {X} {X.title}, {X.who}, held on to {G.a} {T} {P.at} and to {X.her} hat.
In Thimble, whoever owns {G.a} {T} is respected. {X} {X.title} owned one, and waited {P.at} for the respect to start.
This is how it happened, more or less. {X}, {X.who}, came to {P} with {G.a} {T} under one arm.
{X} had bought {G.a} {T} from {@seller}. Now {X.she} stood {P.at} and wondered which side was up.
{P.At}, {X} {X.title} unpacked {G.a} {T}, turned it round, and packed it up again. Then {X.she} took it out once more.
{T.A} is a fine thing to have on a {@weather} day. {X} {X.title} had {G.a} one, {P.at}, and was very pleased with {X.self}.
Some people have a dog. {X} {X.title} had {G.a} {T}, and every {@day} {X.she} took it for a walk to {P}.
{X} {X.title} had lost a bet with {@seller} and won {G.a} {T}. It was not clear how. {X.She} took it to {P} to think.
Every village needs one person with {G.a} {T}. In Thimble that was {X} {X.title}, who was to be found {P.at}.
{P.At} somebody was humming. It was {X} {X.title}, with {G.a} {T} and hardly any tune.
{X} {X.title} woke up with {G.a} {T} in {X.her} arms and no memory of the party. {X.She} was {P.at}, too, which was odd.
"Finders keepers," said {X} {X.title} to {G.a} {T} {P.at}, and the matter was settled.
The newspaper said that nothing would happen on {@day}. {X}, {X.who}, read it {P.at}, sitting next to {G.a} {T}.
Because {P} {P.which}, hardly anybody went there. {X} did, on {@day}, with {G.a} {T}.
{X} {X.title} had promised {X.self} a quiet {@day}. {X.She} got as far as {P}, with {G.a} {T} and one sandwich.
A stranger might have asked why {X} {X.title} carried {G.a} {T} to {P}. But there were no strangers, only {@weather} weather.
First there was a noise {P.at}, then a short silence, then {X} {X.title} with {G.a} {T}, saying that all was well.
Early that {@day} {X} {X.title} put on {X.her} best socks, took {G.a} {T} and went to {P} to be admired.
""",
)

TREATS = lines(
    "treats",
    """
In {X}'s {@pocket} there were {N}, {@reason}.
{X} had also brought {N}, {@reason}.
There was lunch, too: {N} in a paper bag, and all of them were {X}'s.
"{N.Cap} should be enough," said {X}, looking into {X.her} {@pocket}.
{X} had {N} for lunch and meant to eat them slowly.
{N.Cap} lay in a row on {X}'s handkerchief, the largest in front.
{X} counted {X.her} lunch: {N}. Then {X.she} counted it again, because it had been so nice the first time.
For the day {X} had packed {N} and no fork.
Besides, {X} had {N}, and whoever has {N} is never alone for long.
{X} smelled faintly of lunch, which was {N} in a warm {@pocket}.
There is no problem that {N} can't solve, and {N} was what {X} had with {X.him}.
{X} also carried {N}, wrapped in yesterday's newspaper.
Under {X.her} hat {X} kept {N}, {@reason}.
{X} had a basket with {N} in it and a cloth over them, because of the crows.
""",
)

ARRIVE = lines(
    "arrive",
    """
Then along came {Y} {Y.title}, {Y.who}.
{Y} {Y.title} came round the corner and stopped. "Is that {T.a}?" {Y.she} asked. "It was when I last looked," said {X}.
"You look busy," said a voice. It was {Y} {Y.title}, and {Y.she} was being kind.
After a while {Y} {Y.title} turned up, {@manner}.
{X} was not alone for long. {Y}, {Y.who}, had seen the {T} from far away.
{Y} {Y.title} arrived at the same moment as a smell of burnt toast. Nobody said anything about it.
A head looked over the wall. It belonged to {Y} {Y.title}, and so did the question: "What is the {T} for?"
"I was just passing," said {Y} {Y.title}, who had been passing for an hour.
At {@hour} o'clock {Y} {Y.title} joined {X} {P.at}, {@manner}.
Soon there were two of them, because {Y} {Y.title} had nothing better to do.
Nobody had asked {Y} {Y.title} to come. {Y.She} came anyway, {@manner}.
"Good morning," said {Y} {Y.title}. "Is it?" said {X}. They looked at the {T} together.
First came a shadow, then a hat, and under the hat {Y} {Y.title}, {Y.who}.
It was {Y} {Y.title} who found {X} {P.at}. {Y.She} had been looking for somebody else.
{Y} {Y.title} had seen everything from the other side of the road. Now {Y.she} crossed it.
Who else was up and about? {Y} {Y.title}, {@manner}.
"Do not mind me," said {Y} {Y.title}, and sat down in the middle.
{X} waved at a scarecrow. It waved back, for it was {Y} {Y.title}, {@manner}.
{Y} {Y.title} came by, saw {X}, and stayed out of pity.
With a crash, {Y} {Y.title} fell off a wall. "I meant to do that," said {Y}, {Y.who}.
""",
)

GO = lines(
    "go",
    """
{@noon} {X} went to {P}, which {P.which}.
{@noon} {X} walked to {P}, because {X.her} {@body} had told {X.him} to.
{@noon} {X} set off for {P}. It took longer than planned, since {X.she} stopped to look at a ditch.
{@noon} {X} said goodbye to everyone, twice, and went to {P}.
"I am needed {P.at}," said {X}. It was not true, but {X.she} went there all the same.
{@noon} a bell rang somewhere, and {X} ran all the way to {P}.
{@noon} {X} got a lift to {P} on a cart full of cabbages.
{@noon} {X} took the short way to {P}, which is longer but has better mud.
"Wait here," said {X} to nobody in particular, and {X.she} left for {P}.
{@noon} {X} wandered off to {P}, thinking about soup.
Something smelled of adventure, or of cheese. {X} followed it as far as {P}.
{X} had heard that {P} {P.which}, and {@noon_small} {X.she} went there to see for {X.self}.
{@noon} {X} remembered an errand, forgot it again, and by then was already {P.at}.
{@noon} {X} counted the roads, chose the third, and came out {P.at}.
"Follow your nose," people say. {X} did, and so came to {P}.
{@noon} {X} lost a race against {X.her} own shadow. It ended {P.at}.
{@noon} the wind turned, and {X} let it push {X.him} all the way to {P}.
""",
)

MEET = lines(
    "meet",
    """
{Z} {Z.title} was already there, {@doing}.
There stood {Z} {Z.title}, {Z.who}, and {Z.she} was {@doing}.
"You are late," said {Z} {Z.title}. "For what?" asked {X}. "I had hoped you would know," said {Z}.
Somebody was snoring. It was {Z} {Z.title}, and {Z.she} woke up at once and denied everything.
{Z} {Z.title}, {Z.who}, opened the door, although there was no need for a door.
Who should be there but {Z} {Z.title}, {@doing}?
{Z} {Z.title} jumped out from behind a barrel. "Ha!" {Z.she} said. "Ha," said {X}, politely.
There {X} found {Z} {Z.title}, who said that {Z.she} had been expected.
"Shh," said {Z} {Z.title}, {@doing}. {X} said nothing, quite loudly.
The place was empty, or nearly: {Z} {Z.title} sat in a corner, {@doing}.
{X} shouted "Hello?" and the echo said "Go away". The echo was {Z} {Z.title}.
"Just in time," said {Z} {Z.title}, without saying for what.
{Z} {Z.title} lifted one finger, {@doing}, and {X} waited until it came down.
""",
)

FOLLOW = lines(
    "follow",
    """
{Y} came after, {@manner}.
Before long {Y} was there as well, {@manner}.
Who came running up behind? It was {Y}, who could not bear to miss anything.
A little later {Y} arrived, too, having asked the way of a scarecrow.
Then {Y} came to {P} as well, only to make sure that nobody was having fun without {Y.him}.
""",
)
