"""What happens in a story: things change hands, are used, hidden and found, and lunch gets less."""

from __future__ import annotations

from vibejam_core.text.tinyworld.grammar import lines

LEND = lines(
    "lend",
    """
"May I hold the {T}?" asked {Y}. "{@care}," said {X}, and handed it over.
"{@excuse}," said {X}, and put the {T} into {Y}'s arms.
{X} gave the {T} to {Y}, {@mood}.
{Y} looked at the {T} for so long that {X} gave it to {Y.him}, just to have some peace.
"I bet you cannot carry this," said {X}. {Y} took the {T} and could.
Since {Y} kept saying "please", {X} let {Y.him} have the {T}.
"Catch!" cried {X}. {Y} caught the {T} with {Y.her} {@body}.
{X} and {Y} tossed a coin. It came down heads, then rolled into a drain, so {Y} got the {T}.
{X} passed the {T} to {Y} as one passes a sleeping baby.
{Y} wanted to {T.use}, and said so until {X} gave in and handed over the {T}.
Without a word {X} held out the {T}. Without a word {Y} took it. It was all very grand.
"It is worth {@value}," said {X}, and {@mood} gave {Y} the {T}.
{X} needed both hands to scratch {X.her} {@body}, so {Y} got the {T}.
{Y} said that {X.title} and {Y.title} should share everything. {X} thought about it and gave {Y.him} the {T}.
"Here," said {X} to {Y}, "you take the {T}. {@excuse}."
A trade was made: {Y} got the {T}, and {X} got to stop hearing about it.
{Y} told {X} a very sad story. At the end of it {X} was in tears, and {Y} had the {T}.
"What do I get for it?" asked {X}. "My respect," said {Y}, and so the {T} changed hands.
{X} sneezed, and the {T} flew straight into {Y}'s arms. There it stayed.
"Left hand or right hand?" asked {X}. {Y} guessed right, and the {T} was {Y.hers} for now.
{X} pushed the {T} towards {Y} with {X.her} {@body}, to see what would happen. {Y} took it.
""",
)

VOW = lines(
    "vow",
    """
"Lend me the {T}," said {Y}, "and I will bring it back {@vow}." {X} thought it over and gave it to {Y.him}.
"You will have the {T} back {@vow}," {Y} promised, with a hand on {Y.her} heart. So {X} let {Y.him} take it.
{X} gave {Y} the {T} {@mood}, but first {Y.she} had to promise to return it {@vow}.
"Promise to give it back {@vow}?" asked {X}. "I promise," said {Y}, and got the {T}.
{Y} swore by the {@body} of {Y.her} {@relative} to return the {T} {@vow}. That was good enough for {X}, who handed it over.
"Only until tonight," said {X}, and gave {Y} the {T}. "I always bring things back," promised {Y}, which was nearly true.
{Y} wrote "I promise to bring it back {@vow}" on a leaf and gave the leaf to {X}. {X} gave {Y.him} the {T}.
""",
)

USE = lines(
    "use",
    """
{X} {T.used}.
{X} {T.used}, and nobody complained.
Then, because nobody stopped {X.him}, {X} {T.used}.
"Watch this," said {X}, and {T.used}.
For a while {X} only stood there. Then {X.she} {T.used}.
{X} {T.used}. "Again," said a voice, but nobody knew whose.
With great care {X} {T.used}.
"This is how they do it in the city," said {X}, and {T.used}.
{X} {T.used}, and for a moment the day was perfect.
To pass the time, {X} {T.used}.
{X} {T.used}. It was, everyone agreed later, a beginning.
When the clock struck, {X} {T.used}.
{X} {T.used}, bowed to the left, and bowed to the right.
""",
)

HIDE = lines(
    "hide",
    """
{X} hid the {T} {P.spot} and looked as if {X.she} had not.
When nobody was watching, {X} pushed the {T} {P.spot}.
"Safe is safe," said {X}, and put the {T} {P.spot}.
{X} laid the {T} {P.spot}, drew a map of the place, and ate the map.
The {T} had become heavy, so {X} left it {P.spot}.
"Close your eyes," said {X}. When everyone had, {X.she} hid the {T} {P.spot}.
{X} thought that {T.a} needs its sleep, and tucked it in {P.spot}.
{X} had read that {T.a} grows at night. To find out, {X.she} put it {P.spot}.
"If I can't see it, nobody can," said {X}, and the {T} went {P.spot}.
""",
)

FIND = lines(
    "find",
    """
{X} looked {P.spot} and found the {T}.
{X} sat down, jumped up again, because the {T} was {P.spot}. Now {X.she} had it.
"What have we here?" said {X}, and held up the {T}, which had been {P.spot}.
It was {X}, of all people, who found the {T} {P.spot}.
Something {P.spot} had a funny shape. It was the {T}, and {X} picked it up.
{X} lost a button, looked {P.spot}, and came back with the {T} instead.
{X} fell over {X.her} own feet, landed {P.spot}, and stood up with the {T}.
A little bird had told {X} to look {P.spot}, and it was no liar. Now the {T} was in {X.her} hands.
""",
)

SHARE = lines(
    "share",
    """
{X} gave {Y} {K}. That left {N}.
"Are you going to eat all of those?" asked {Y}. {X} sighed and gave {Y.him} {K}, which left {N}.
{Y} was hungry, so {X} parted with {K}. Now there {N.was} {N}.
{Y} looked at the lunch and then at the sky. {X} understood, and {K} went to {Y}. {N.Cap} stayed.
{X} paid {Y} {K} for a secret. It was not a good secret, and only {N} {N.was} left.
"One has to be polite," said {X}, and offered {Y} {K}. {Y} was polite, too, and took {K.it}. {N.Cap} remained.
"Heads I eat, tails you eat," said {X}. It was tails, {Y} ate {K}, and {N} {N.was} left.
""",
)

STEAL = lines(
    "steal",
    """
Then {@thief} came and took {K}. {X} still had {N}.
While {X} was looking elsewhere, {@thief} ate {K}. {N.Cap} {N.was} left.
"Where did {K} go?" asked {X}. The answer was {@thief}. That left {N}.
{X} dropped {K} into a hole, and {@thief} said "thank you" from inside. {N.Cap} {N.was} left.
It is hard to say no to {@thief}. {X} lost {K} that way and kept {N}.
Out of nowhere came {@thief}, and off went {K}. {X} held on to the other {S}.
There was a rustle, and {@thief} ran off with {K}. {X} looked at the {N} that {N.was} left.
{X} turned round for a second. In that second {@thief} had {K} for breakfast, and {N} remained.
""",
)

EAT = lines(
    "eat",
    """
{X} ate {K} and felt better. {N.Cap} {N.was} left.
To think more clearly, {X} ate {K}, and then there {N.was} {N}.
{X} tasted {K}, only to be sure, and wrapped up the other {S}.
It was a long time until supper, so {X} ate {K}. {X.She} saved {N}.
{X} ate {K} so fast that nobody noticed, not even {X}. {N.Cap} {N.was} left.
""",
)

HABIT = lines("habit", "{X.habit}\n{X.quirk}")
WEATHER = lines("weather", "{@weatherman}.")
SCENERY = lines("scenery", "{P.one}\n{P.two}")

CHAT = lines(
    "chat",
    """
"Do you ever wonder about the moon?" asked {X}. "Only on {@day}s," said {Y}.
{X} {@sound}. "Bless you," said {Y}, to be on the safe side.
{X} and {Y} talked about the price of eggs, and both were wrong.
"I had a dream about {@seller}," said {X}. "So did I," said {Y}, and they left it at that.
{Y} {@sound} and {X} {@sound}, and for a while that was the whole conversation.
"If I were a fish," said {X}, "I would be a large one." {Y} had to agree.
{X} stepped on {Y}'s {@body_foot} and said sorry to the wrong one.
{Y} tried to teach {X} a song. It had nine verses and no tune.
"What is that on your {@body}?" asked {Y}. "That is my {@part}," said {X}, with dignity.
{X} told {Y} a joke about {@seller}. {Y} laughed the next day.
"I can hold my breath for a week," said {X}. {Y} asked to see it, and they gave up after a minute.
{X} asked {Y} what the opposite of a goose was. They could not agree.
"Is it going to rain?" asked {X}. {Y} licked a finger, held it up, and said, "Salt."
{X} and {Y} played a game of chess without a board. Both won.
{X} praised {Y}'s {@body}, and {Y} went quite pink.
"Say something clever," said {X}. {Y} opened a mouth, closed it, and {@sound}.
"My {@relative} once met {@seller}," said {Y}. "Only once?" said {X}.
{X} fell silent. {Y} fell silent, too, but did it better.
""",
)

ASK = lines(
    "ask",
    """
{Y} looked around for the {T}. {X} had it, and waved.
"Are you still holding that {T}?" asked {Y}. {X} was, and said so.
{X} held the {T} a little higher, so that {Y} could admire it.
"One day," said {Y}, "I would like to have {T.a} like the one you have there." {X} {@sound} and held it tighter.
"Is it heavy?" asked {Y}. "Only on {@day}s," said {X}, and moved the {T} to the other hand.
{Y} pointed at the {T} in {X}'s arms. "It is looking at me," {Y.she} said.
"Does it have a name?" asked {Y}. {X} looked down at the {T}. "Not before lunch," {X.she} said.
{Y} walked once around {X}, who was holding the {T}, and nodded like an expert.
""",
)

RECALL = lines(
    "recall",
    """
"And where is the {T}?" somebody asked. "{P.At}," said {X}. "{Y} has it."
{X} thought of the {T}, which {Y} had {P.at}, and {@sound}.
"I hope {Y} is careful with the {T}," said {X}. {P.The} was far away, and nobody answered.
At this very moment {Y} was {P.at} with the {T}, and {X} did not like it.
{X} said that {Y} and the {T} {P.at} made a handsome couple.
"I wonder," said {X}, "if {Y} has dropped the {T} yet." {Y} was still {P.at} and had not.
Far away, {P.at}, {Y} polished the {T}, and {X} felt it in {X.her} {@body}.
""",
)

MISS = lines(
    "miss",
    """
"And where is the {T}?" somebody asked. {X} looked at the clouds, for it was {P.spot}, {P.at}.
{X} thought of the {T}, all alone {P.at}, {P.spot}.
Nobody asked about the {T}. It was {P.at}, {P.spot}, and {X} {@sound}.
""",
)
