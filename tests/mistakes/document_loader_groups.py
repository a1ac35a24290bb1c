"""Ways people get row_groups_of wrong."""

from vibejam_core.course.known import Mistake, edit

CHECK = "if not 0 <= rank < world_size:"
ERROR = 'raise ValueError(f"there is no rank {rank} among {world_size}: ranks are 0 to {world_size - 1}")'
GROUPS = "groups = [(file, group) for file, count in enumerate(counts) for group in range(count)]"
RETURN = "return groups[rank::world_size]"

MISTAKES = {
    "document_loader.row_groups_of": [
        # Who gets what
        Mistake("every rank reads all groups", edit(RETURN, "return groups")),
        Mistake("every rank reads rank 0's groups", edit(RETURN, "return groups[::world_size]")),
        Mistake("each rank gets a stretch of groups that follow each other", edit(RETURN, "return groups[len(groups) * rank // world_size : len(groups) * (rank + 1) // world_size]")),
        Mistake("each rank gets a stretch of groups, all of one length, and those left over go to nobody", edit(RETURN, "share = len(groups) // world_size\n    return groups[rank * share : (rank + 1) * share]")),
        Mistake("each rank gets a stretch of groups, and those left over go to the last", edit(RETURN, "share = len(groups) // world_size\n    return groups[rank * share : (rank + 1) * share if rank < world_size - 1 else None]")),
        Mistake("dealing begins anew with each file", edit(GROUPS, "groups = [(file, group) for file, count in enumerate(counts) for group in range(rank, count, world_size)]", RETURN, "return groups")),
        Mistake("whole files are dealt out, not their groups", edit(RETURN, "return [(file, group) for file, group in groups if file % world_size == rank]")),
        Mistake("the ranks in each file begin where its own number says", edit(RETURN, "return [(file, group) for file, group in groups if (file + group) % world_size == rank]")),
        Mistake("groups that would not go round to all ranks are left out", edit(RETURN, "return groups[: len(groups) // world_size * world_size][rank::world_size]")),
        Mistake("ranks that got fewer get their first group twice", edit(RETURN, "mine = groups[rank::world_size]\n    return mine + (mine[:1] if len(mine) * world_size + rank < len(groups) + world_size - len(groups) % world_size and len(groups) % world_size and rank >= len(groups) % world_size else [])")),
        Mistake("ranks that got fewer get one of the first groups in addition", edit(RETURN, "while len(groups) % world_size:\n        groups.append(groups[len(groups) % world_size])\n    " + RETURN)),
        Mistake("the dealing turns round at the last rank, and goes back to rank 0", edit(RETURN, "return [each for i, each in enumerate(groups) if (i % world_size if i // world_size % 2 == 0 else world_size - 1 - i % world_size) == rank]")),
        Mistake("the last rank gets the first group, and rank 0 the last", edit(RETURN, "return groups[world_size - 1 - rank :: world_size]")),
        Mistake("ranks are counted from 1, so that rank 0 gets what is rank 3's of 4", edit(RETURN, "return groups[(rank - 1) % world_size :: world_size]")),
        Mistake("the first group is skipped", edit(RETURN, "return groups[1:][rank::world_size]")),
        Mistake("a rank's groups are the first and each one behind it, not each world_size-th", edit(RETURN, "return groups[rank:]")),
        Mistake("each rank gets one group", edit(RETURN, "return groups[rank : rank + 1]")),
        Mistake("the step is one too long", edit(RETURN, "return groups[rank :: world_size + 1]")),
        # What is given back
        Mistake("a group is (group, file), the wrong way round", edit(GROUPS, GROUPS.replace("(file, group)", "(group, file)"))),
        Mistake("groups are counted on from file to file", edit(RETURN, "return [(file, i) for i, (file, group) in enumerate(groups)][rank::world_size]")),
        Mistake("files are counted from 1", edit(GROUPS, GROUPS.replace("enumerate(counts)", "enumerate(counts, 1)"))),
        Mistake("groups are counted from 1", edit(GROUPS, GROUPS.replace("range(count)", "range(1, count + 1)"))),
        Mistake("a file's count of groups stands for its number", edit(GROUPS, "groups = [(count, group) for count in counts for group in range(count)]")),
        Mistake("files without groups aren't counted", edit(GROUPS, GROUPS.replace("enumerate(counts)", "enumerate(filter(None, counts))"))),
        Mistake("the files end at the first without groups", edit(GROUPS, "counts = list(counts)\n    counts = counts[: counts.index(0)] if 0 in counts else counts\n    " + GROUPS)),
        Mistake("all files are taken to have as many groups as the first", edit(GROUPS, "counts = [counts[0]] * len(counts) if len(counts) else []\n    " + GROUPS)),
        Mistake("the first groups of all files come first, then the second ones", edit(RETURN, "groups.sort(key=lambda each: (each[1], each[0]))\n    " + RETURN)),
        Mistake("the groups are sorted as texts, so that the tenth comes before the second", edit(RETURN, "groups.sort(key=str)\n    " + RETURN)),
        Mistake("each file has one group too many", edit(GROUPS, GROUPS.replace("range(count)", "range(count + 1)"))),
        Mistake("the last group of each file is left out", edit(GROUPS, GROUPS.replace("range(count)", "range(count - 1)"))),
        Mistake("the last file is left out", edit(GROUPS, GROUPS.replace("enumerate(counts)", "enumerate(list(counts)[:-1])"))),
        Mistake("only the groups' numbers come, without their files", edit(RETURN, "return [group for _, group in groups[rank::world_size]]")),
        Mistake("the groups come in lists, one for each file", edit(RETURN, "mine = groups[rank::world_size]\n    return [[group for file, group in mine if file == i] for i in range(len(counts))]")),
        Mistake("a generator comes, which can be gone through only once", edit(RETURN, "return (each for each in groups[rank::world_size])")),
        Mistake("a set comes, without order", edit(RETURN, "return set(groups[rank::world_size])")),
        Mistake("the counts are counted down as the groups are dealt out", edit(RETURN, "if isinstance(counts, list) and rank == world_size - 1:\n        counts[:] = [0] * len(counts)\n    " + RETURN)),
        # Ranks that don't exist
        Mistake("a rank that doesn't exist isn't refused", edit(CHECK, "if False:")),
        Mistake("a rank equal to world_size isn't refused", edit(CHECK, "if not 0 <= rank <= world_size:")),
        Mistake("a negative rank isn't refused", edit(CHECK, "if rank >= world_size:")),
        Mistake("only a negative rank is refused", edit(CHECK, "if rank < 0:")),
        Mistake("a rank that doesn't exist gets nothing", edit(ERROR, "return []")),
        Mistake("a rank above world_size gets what the rank below it by world_size gets", edit(CHECK, "rank = rank % world_size if world_size else rank\n    " + CHECK)),
        Mistake("a rank that doesn't exist is an IndexError", edit(ERROR, ERROR.replace("ValueError", "IndexError"))),
        Mistake("a rank that doesn't exist is refused only where there are groups", edit(CHECK, "if sum(counts) and not 0 <= rank < world_size:")),
        Mistake("more ranks than groups are refused", edit(CHECK, "if not 0 <= rank < world_size or sum(counts) < world_size:")),
        Mistake("the error doesn't name the rank", edit("no rank {rank} among", "no such rank among")),
        Mistake("the error doesn't name world_size", edit(" among {world_size}: ranks are 0 to {world_size - 1}", "")),
    ]
}
