"""The curriculum as data: which lab asks for which components, and what each unwritten part says.

From this table come the skeleton modules, the notebooks, the progress board and the grader's order of work.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One piece that a learner writes: a whole function, or a method of a class."""

    name: str
    """The function's or the method's name."""
    todo: str
    """What to do, in one line: the message of the skeleton's NotImplementedError."""


@dataclass(frozen=True)
class Component:
    """A top-level function or class of the learner's package."""

    module: str
    """The reference module, for example ``vibejam_core.models.gpt``."""
    symbol: str
    """The function or class in it."""
    parts: tuple[Part, ...]
    effort: int = 1
    """How much work it is, 1 to 3."""

    @property
    def file(self) -> str:
        """The learner's module without ``.py``: ``gpt`` for ``vibejam_core.models.gpt``."""
        return self.module.rpartition(".")[2]

    @property
    def id(self) -> str:
        """The name that commands take: ``gpt.Head``."""
        return f"{self.file}.{self.symbol}"

    @property
    def is_class(self) -> bool:
        """Whether the parts are methods of a class; a function has itself as its only part."""
        return [part.name for part in self.parts] != [self.symbol]


@dataclass(frozen=True)
class Milestone:
    """Something whole that runs with the learner's code; earned by a command, never ticked by hand."""

    id: str
    title: str
    needs: tuple[str, ...]
    """Ids of the components that must be the learner's own and pass their checks."""


@dataclass(frozen=True)
class Lab:
    """One lab: a chapter, a notebook and a stretch of skeleton modules."""

    number: int
    slug: str
    title: str
    minutes: int
    components: tuple[Component, ...]
    milestones: tuple[Milestone, ...] = ()

    @property
    def name(self) -> str:
        """``03_attention``: the stem of every file that belongs to the lab."""
        return f"{self.number:02d}_{self.slug}"


def function(module: str, symbol: str, todo: str, effort: int = 1) -> Component:
    """A component that is a function."""
    return Component(module, symbol, (Part(symbol, todo),), effort)


GPT = "vibejam_core.models.gpt"
WINDOWS = "vibejam_core.text.windows"
MEASURES = "vibejam_core.evaluation.measures"
TRAINER = "vibejam_core.training.trainer"
CHECKPOINT = "vibejam_core.models.checkpoint"
SAMPLING = "vibejam_core.inference.sampling"
VOICE = "vibejam_core.evaluation.voice"
ROTARY = "vibejam_core.models.rotary"
MODERN_BLOCK = "vibejam_core.models.modern_block"
MODERN_GPT = "vibejam_core.models.modern_gpt"
OPTIMIZERS = "vibejam_core.training.optimizers"
TOKEN_FILE = "vibejam_core.text.token_file"
DOCUMENT_LOADER = "vibejam_core.text.document_loader"
SCALING = "vibejam_core.training.scaling"
SHARDED = "vibejam_core.training.sharded"
PRETRAINING = "vibejam_core.training.pretraining"
KV_CACHE = "vibejam_core.inference.kv_cache"
BPE = "vibejam_core.text.bpe"
BPE_SCALE = "vibejam_core.text.bpe_scale"
WHOLE_GPT = ("gpt.Head", "gpt.MultiHeadAttention", "gpt.FeedForward", "gpt.Block", "gpt.GPTModel")
WHOLE_MODERN_GPT = (
    "rotary.norm",
    "rotary.precompute_rotary",
    "rotary.apply_rotary_emb",
    "rotary.rotate_and_norm",
    "modern_block.attend",
    "modern_block.CausalSelfAttention",
    "modern_block.MLP",
    "modern_block.Block",
    "modern_gpt.GPT",
)
WHOLE_MUON = ("optimizers.AdamW", "optimizers.newton_schulz", "optimizers.Muon", "optimizers.parameter_groups")
WHOLE_PRETRAINING = (
    "scaling.shape_for",
    "scaling.plan_for",
    "scaling.micro_batch_size",
    "scaling.mfu",
    "sharded.owners",
    "sharded.ShardedOptimizer",
    "pretraining.pretrain_step",
)
WHOLE_ENGINE = ("kv_cache.KVCache", "kv_cache.attend_cached", "kv_cache.forward_cached", "engine.Engine")
WHOLE_SAMPLER = (
    "sampling.apply_temperature",
    "sampling.top_k_filter",
    "sampling.top_p_filter",
    "sampling.generate_text",
)
WHOLE_TRAINER = (
    "trainer.learning_rate_at",
    "trainer.train_step",
    "trainer.should_stop_early",
    "checkpoint.save_checkpoint",
    "checkpoint.load_checkpoint",
    "trainer.train_lm",
)
FOUNDATIONS = (
    "characters.CharTokenizer",
    "windows.split_corpus",
    "windows.get_batch",
    "loss.language_model_loss",
    "measures.bits_per_byte",
    "measures.estimate_loss",
)

LABS = (
    Lab(
        0,
        "warm_up",
        "Warm-up",
        5,
        (function("vibejam_core.text.counting", "count_characters", "count how often each character occurs in text"),),
    ),
    Lab(
        1,
        "characters",
        "Characters",
        30,
        (
            Component(
                "vibejam_core.text.characters",
                "CharTokenizer",
                (
                    Part("build", "make a tokenizer from the different characters of text, sorted"),
                    Part("encode", "look up the id of each character; name unknown characters in a ValueError"),
                    Part("decode", "look up the character of each id and join them; refuse ids out of range"),
                ),
            ),
            function(
                WINDOWS, "split_corpus", "cut tokens into a first part to train on and a last part to validate on"
            ),
            function(WINDOWS, "get_batch", "draw random windows x and, one token later, their targets y", 2),
        ),
    ),
    Lab(
        2,
        "guessing",
        "Guessing the next character",
        45,
        (
            function("vibejam_core.models.loss", "language_model_loss", "mean cross-entropy of logits against targets"),
            Component(
                "vibejam_core.models.bigram",
                "BigramLM",
                (
                    Part("__init__", "make self.table, an nn.Embedding from V tokens to V scores, with small weights"),
                    Part("forward", "look up each token's row of scores; with targets, compute the loss as well"),
                ),
            ),
            function(MEASURES, "perplexity", "turn a loss in nats into a perplexity"),
            function(MEASURES, "bits_per_byte", "turn a loss in nats per token into bits per byte of text"),
            function(
                MEASURES, "estimate_loss", "average the loss over eval_iters batches, without disturbing training", 2
            ),
        ),
    ),
    Lab(
        3,
        "attention",
        "Attention",
        50,
        (
            Component(
                GPT,
                "Head",
                (
                    Part("__init__", "make the query, key and value projections and the dropout"),
                    Part("forward", "score, scale, mask, softmax, drop out, and sum the values"),
                ),
                3,
            ),
            Component(
                GPT,
                "MultiHeadAttention",
                (
                    Part("__init__", "make n_head heads of size n_embd // n_head, and the output projection"),
                    Part("forward", "run every head, join their outputs along the last axis, project, drop out"),
                ),
                2,
            ),
        ),
    ),
    Lab(
        4,
        "transformer",
        "The Transformer",
        50,
        (
            Component(
                GPT,
                "FeedForward",
                (
                    Part("__init__", "make two linear layers, n_embd to 4 * n_embd and back, with a GELU between them"),
                    Part("forward", "apply them to every position"),
                ),
            ),
            Component(
                GPT,
                "Block",
                (
                    Part("__init__", "make two layer norms, the attention and the feed-forward network"),
                    Part("forward", "add attention of the normed stream, then add feed-forward of the normed stream"),
                ),
                2,
            ),
            Component(
                GPT,
                "GPTModel",
                (
                    Part(
                        "__init__", "make both embeddings, the blocks, the final norm and the head; start weights small"
                    ),
                    Part("forward", "embed tokens and positions, run the blocks, norm, head; with targets, the loss"),
                    Part("generate", "append tokens drawn from the last position's probabilities, one at a time"),
                ),
                3,
            ),
        ),
        (
            Milestone("initialises", "model initialises", WHOLE_GPT),
            Milestone("forward", "forward pass works", WHOLE_GPT),
            Milestone("backward", "backward pass works", WHOLE_GPT),
        ),
    ),
    Lab(
        5,
        "training",
        "Training",
        75,
        (
            function(TRAINER, "learning_rate_at", "climb in a straight line, then fall along the schedule"),
            function(
                TRAINER, "train_step", "average the batches' gradients, clip them, and let the optimiser take a step", 2
            ),
            function(TRAINER, "should_stop_early", "have the last patience measurements brought no new best?"),
            function(CHECKPOINT, "save_checkpoint", "write a folder under another name, flush it, then rename it", 2),
            function(CHECKPOINT, "load_checkpoint", "refuse what is damaged or another's; read the rest", 2),
            function(TRAINER, "train_lm", "step after step; measure, save and stop at the right moments", 3),
        ),
        (
            Milestone("training-step", "training step completes", (*WHOLE_GPT, "trainer.train_step")),
            Milestone("loss-decreases", "loss decreases", (*WHOLE_GPT, *WHOLE_TRAINER)),
            Milestone("full-pipeline", "full pipeline", (*FOUNDATIONS, *WHOLE_GPT, *WHOLE_TRAINER)),
            Milestone("matches-reference", "matches reference", (*FOUNDATIONS, *WHOLE_GPT, *WHOLE_TRAINER)),
        ),
    ),
    Lab(
        6,
        "sampling",
        "Sampling",
        45,
        (
            function(SAMPLING, "apply_temperature", "divide the scores; 0 leaves only the largest"),
            function(SAMPLING, "top_k_filter", "-inf for all but the k largest scores"),
            function(SAMPLING, "top_p_filter", "-inf for all but the fewest that together have probability p", 2),
            function(SAMPLING, "generate_text", "draw token after token, each sample with its own generator", 3),
        ),
        (Milestone("generation", "generation works", ("characters.CharTokenizer", *WHOLE_GPT, *WHOLE_SAMPLER)),),
    ),
    Lab(
        7,
        "voice",
        "In your own voice",
        60,
        (
            function("vibejam_core.text.prepare", "prepare_corpus", "one text of many files, and a report", 2),
            function(VOICE, "token_losses", "how much each token surprises the model, given those before it", 2),
            function(VOICE, "text_perplexity", "the perplexity of the mean of the token losses"),
            function(VOICE, "longest_copy", "the longest passage of text that is also in source"),
        ),
    ),
    Lab(
        8,
        "bpe",
        "Byte-pair encoding",
        45,
        (
            function(BPE, "count_pairs", "count neighbouring ids, each word as often as it occurs"),
            function(BPE, "merge_pair", "from left to right, put new_id where the pair stands"),
            function(BPE, "train_bpe", "cut into words; merge the most frequent pair, again and again", 2),
            Component(
                BPE,
                "BPETokenizer",
                (
                    Part("encode_piece", "bytes to ids, then merge what was learnt first until nothing merges"),
                    Part("encode", "cut at allowed special tokens, cut the rest into pieces, encode each"),
                    Part("decode_bytes", "join the bytes of all tokens; refuse ids out of range"),
                    Part("decode", "the joined bytes as UTF-8, with replacement characters where they are none"),
                ),
                3,
            ),
            Component(
                BPE,
                "StreamDecoder",
                (
                    Part("__init__", "keep the tokenizer, and what remembers an unfinished character"),
                    Part("feed", "take a token; return the text that is complete now, keep the rest back"),
                    Part("finish", "return what is kept back, as replacement characters, and be empty again"),
                ),
                2,
            ),
        ),
    ),
    Lab(
        9,
        "tokenizers",
        "Tokenisers at scale",
        40,
        (
            function(BPE_SCALE, "count_words", "count the pieces of a stream of texts, one text at a time"),
            function(
                BPE_SCALE, "train_bpe_incremental", "the same merges, counting again only in the words that change", 3
            ),
            function(BPE_SCALE, "to_tiktoken", "ranks by bytes, special tokens by text, into tiktoken.Encoding"),
            function(BPE_SCALE, "token_byte_lengths", "how many raw bytes each id stands for; special tokens 0"),
            function(BPE_SCALE, "compression_report", "bytes per token for each kind of text, and for all together"),
            Component(
                "vibejam_core.text.token_dataset",
                "TokenDataset",
                (
                    Part("__init__", "check and keep tokens, block_size and stride"),
                    Part("__len__", "how many windows fit, each with its next token"),
                    Part("__getitem__", "window number index and, one token later, its targets"),
                ),
                2,
            ),
        ),
    ),
    Lab(
        10,
        "rotations",
        "Norms and rotations",
        45,
        (
            function(ROTARY, "norm", "divide each vector by its root mean square, computed in float32 at least"),
            function(ROTARY, "precompute_rotary", "the cosine and sine of position times frequency, for each pair", 2),
            function(ROTARY, "apply_rotary_emb", "turn the pairs (i, i + D/2) of every head by their angles", 2),
            function(ROTARY, "rotate_and_norm", "turn queries and keys by their positions, then norm them"),
        ),
    ),
    Lab(
        11,
        "grouped_attention",
        "Grouped-query attention",
        50,
        (
            function(
                MODERN_BLOCK, "attend", "scores, scale, causal mask and window, softmax, sum; heads share k and v", 3
            ),
            Component(
                MODERN_BLOCK,
                "CausalSelfAttention",
                (
                    Part("__init__", "make c_q, c_k, c_v and c_proj, and keep what forward needs"),
                    Part("forward", "project, cut into heads, add the value embedding, rotate and norm, attend, join"),
                ),
                2,
            ),
            Component(
                MODERN_BLOCK,
                "MLP",
                (
                    Part("__init__", "make c_fc, from n_embd to 4 * n_embd, and c_proj, back"),
                    Part("forward", "widen, cut off below zero, square, narrow"),
                ),
            ),
            Component(
                MODERN_BLOCK,
                "Block",
                (
                    Part("__init__", "make the attention and the MLP of this layer"),
                    Part("forward", "add attention of the normed stream, then add the MLP of the normed stream"),
                ),
            ),
        ),
    ),
    Lab(
        12,
        "modern_gpt",
        "The whole model",
        60,
        (
            Component(
                MODERN_GPT,
                "GPT",
                (
                    Part("__init__", "make cos and sin, transformer with wte and h, lm_head; call init_weights"),
                    Part("init_weights", "give every parameter its first value; both c_proj begin at zero"),
                    Part("forward", "embed, norm, run the blocks, norm, head, crop, cap; with targets, the loss"),
                    Part("parameter_counts", "count the parameters of each group, and all of them"),
                    Part("estimate_flops", "6 per weight of matrices and head, and 12 H D S for each layer"),
                    Part("kv_bytes_per_token", "count the bytes of one token's keys and values in all layers"),
                    Part("generate", "draw from the last position's scores and hand out each token at once"),
                ),
                3,
            ),
        ),
        (
            Milestone("modern-runs", "modern GPT runs", WHOLE_MODERN_GPT),
            Milestone("modern-matches", "modern GPT matches", WHOLE_MODERN_GPT),
        ),
    ),
    Lab(
        13,
        "optimizers",
        "Optimisers",
        50,
        (
            Component(
                OPTIMIZERS,
                "AdamW",
                (Part("step", "two running means, corrected; decay the weights, then move them"),),
                2,
            ),
            function(OPTIMIZERS, "newton_schulz", "divide by the length, then iterate: singular values near 1", 2),
            Component(
                OPTIMIZERS,
                "Muon",
                (Part("step", "momentum that looks ahead, orthogonalised and scaled; cautious decay"),),
                2,
            ),
            function(OPTIMIZERS, "parameter_groups", "matrices, embeddings, head, scalars: each parameter once"),
            function("vibejam_core.training.schedules", "trapezoid", "1, then in a straight line down to 0"),
        ),
        (Milestone("modern-learns", "modern GPT learns", (*WHOLE_MODERN_GPT, *WHOLE_MUON)),),
    ),
    Lab(
        14,
        "data_at_scale",
        "Data at scale",
        45,
        (
            function(TOKEN_FILE, "write_tokens", "room for a header, tokens document by document, header, rename", 2),
            function(TOKEN_FILE, "read_tokens", "check header, tokenizer and size, then map the tokens into memory"),
            Component(
                "vibejam_core.text.packing",
                "Packer",
                (
                    Part("add", "let a document wait, its first row_length tokens at most"),
                    Part("row", "the longest that fits, again and again; where none does, cut the shortest"),
                    Part("state_dict", "all that the next rows depend on, as data that JSON can hold"),
                    Part("load_state_dict", "go on as the packer would have that gave this state"),
                ),
                2,
            ),
            function(DOCUMENT_LOADER, "row_groups_of", "deal all row groups out like cards; this rank's share"),
            Component(
                DOCUMENT_LOADER,
                "DocumentLoader",
                (
                    Part("next_batch", "take documents until enough wait, pack a row; B rows are a batch"),
                    Part("state_dict", "the place in the source and the documents that wait"),
                    Part("load_state_dict", "go on from there, with the same batches"),
                ),
                3,
            ),
        ),
    ),
    Lab(
        15,
        "pretraining",
        "Pretraining on a GPU",
        60,
        (
            function(SCALING, "shape_for", "from the depth: the width, the heads, the whole shape"),
            function(SCALING, "plan_for", "tokens by parameters, batch by tokens, learning rate by batch", 2),
            function(SCALING, "micro_batch_size", "the most rows at a time that the free memory holds"),
            function(SCALING, "mfu", "what the model needs a second, as a share of what the chip could do"),
            function(SHARDED, "owners", "the largest first, each to the rank that has the least so far"),
            Component(
                SHARDED,
                "ShardedOptimizer",
                (
                    Part("reduce", "each gradient's mean over the ranks to its owner; None elsewhere"),
                    Part("clip", "the length of all gradients on all ranks; one factor for all if it is too long"),
                    Part("gather", "every parameter from its owner to every rank"),
                    Part("state_dict", "on rank 0 what an optimiser would say that had never been shared out"),
                ),
                3,
            ),
            Component(
                PRETRAINING,
                "LossScale",
                (Part("update", "half after an overflow, double after interval good steps in a row"),),
            ),
            function(PRETRAINING, "pretrain_step", "accumulate, reduce, unscale, clip, update, gather", 3),
        ),
        (Milestone("pretraining-scales", "pretraining scales", (*WHOLE_MODERN_GPT, *WHOLE_MUON, *WHOLE_PRETRAINING)),),
    ),
    Lab(
        16,
        "fast_inference",
        "Fast inference",
        50,
        (
            Component(
                KV_CACHE,
                "KVCache",
                (
                    Part("__init__", "make keys and values, a tensor for each layer, and lengths, all 0"),
                    Part("insert", "write behind what each row holds, grow if need be; return old and new"),
                    Part("advance", "add each row's count to its length"),
                    Part("select", "a new cache of these rows, which may come several times or not at all"),
                ),
                2,
            ),
            function(KV_CACHE, "attend_cached", "query t of row b stands at lengths[b] + t: mask, softmax, sum", 2),
            function(KV_CACHE, "forward_cached", "the forward of lab 12, with each layer's keys and values kept", 3),
            Component(
                "vibejam_core.inference.engine",
                "Engine",
                (
                    Part("prefill", "pad the prompts behind their ends, one pass, the last real logits of each"),
                    Part("stream", "draw, hand out, drop what is over, feed the rest; until all are over"),
                ),
                3,
            ),
        ),
        (Milestone("cached-writing", "cached writing matches", (*WHOLE_MODERN_GPT, *WHOLE_ENGINE)),),
    ),
)

COMPONENTS = tuple(component for lab in LABS for component in lab.components)
MILESTONES = tuple(milestone for lab in LABS for milestone in lab.milestones)

WALKS = {
    "bigram": ("loss.language_model_loss", "bigram.BigramLM"),
    "gpt": WHOLE_GPT,
    "modern_gpt": (*WHOLE_MODERN_GPT, *WHOLE_MUON),
}
"""For each architecture the components that make it up and train it: a strict run of it borrows none of them."""


def component(id: str) -> Component:
    """The component with this id. Raises ValueError that names near misses."""
    for candidate in COMPONENTS:
        if candidate.id == id:
            return candidate
    raise ValueError(f"there is no component {id!r}. There are: {', '.join(c.id for c in COMPONENTS)}.")


def milestone(id: str) -> Milestone:
    """The milestone with this id. Raises ValueError that lists them."""
    for candidate in MILESTONES:
        if candidate.id == id:
            return candidate
    raise ValueError(f"there is no milestone {id!r}. There are: {', '.join(each.id for each in MILESTONES)}.")


def lab_of(component: Component) -> Lab:
    """The lab that asks for a component."""
    return next(lab for lab in LABS if component in lab.components)
