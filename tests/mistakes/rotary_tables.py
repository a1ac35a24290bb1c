"""Ways people get the tables of cosines and sines wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
ODD = "if head_dim % 2:"
REFUSE = 'raise ValueError(f"a rotation turns pairs of numbers, so head_dim must be even, but it is {head_dim}")'
PAIRS = "pairs = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32)"
RATES = "frequencies = base ** (-pairs / head_dim)"
ANGLES = "angles = positions[..., None].float() * frequencies"
OUT = "return angles.cos().to(dtype), angles.sin().to(dtype)"
DEFAULT_BASE = "base: float = 10_000.0"
DEFAULT_DTYPE = "dtype: torch.dtype = torch.float32"


def kept_by(key):
    """Tables of earlier calls are given out again where the key is the same."""
    look = f"kept = precompute_rotary.__dict__\n    key = ({key})\n    if key in kept:\n        return kept[key]\n    "
    return edit(PAIRS, look + PAIRS, OUT, OUT.replace("return", "kept[key] =") + "\n    return kept[key]")


MISTAKES = {
    "rotary.precompute_rotary": [
        # What comes out
        Mistake("the tables are made but not returned", edit(OUT, "cos, sin = angles.cos().to(dtype), angles.sin().to(dtype)")),
        Mistake("the angles are returned, not their cosines and sines", edit(OUT, "return angles.to(dtype), angles.to(dtype)")),
        Mistake("only the cosines are returned", edit(OUT, "return angles.cos().to(dtype)")),
        Mistake("one complex table is returned", edit(OUT, "return torch.polar(torch.ones_like(angles), angles)")),
        Mistake("the sines come first", edit(OUT, "return angles.sin().to(dtype), angles.cos().to(dtype)")),
        Mistake("each pair's angle stands twice, half a head apart, so that the tables have D columns",
                edit(OUT, "angles = torch.cat([angles, angles], dim=-1)\n    " + OUT)),
        Mistake("each pair's angle stands twice, side by side, so that the tables have D columns",
                edit(OUT, "angles = angles.repeat_interleave(2, dim=-1)\n    " + OUT)),
        Mistake("there is a frequency for each of the D numbers, not for each pair", edit("torch.arange(0, head_dim, 2,", "torch.arange(0, head_dim, 1,")),
        Mistake("the tables have an axis of size 1 for the heads", edit(OUT, "angles = angles.unsqueeze(-2)\n    " + OUT)),
        Mistake("the tables have an axis of size 1 for the batch", edit(OUT, "angles = angles[None]\n    " + OUT)),
        Mistake("the tables' axes are swapped", edit(OUT, "angles = angles.transpose(-2, -1)\n    " + OUT)),
        # The angles
        Mistake("the sines are negative: the rotation turns clockwise", edit("angles.sin()", "(-angles).sin()")),
        Mistake("positions count from 1", edit("positions[..., None].float()", "(positions[..., None].float() + 1)")),
        Mistake("the angles are in degrees", edit(OUT, "angles = torch.deg2rad(angles)\n    " + OUT)),
        Mistake("pair 0 makes a whole turn per position", edit(OUT, "angles = 2 * torch.pi * angles\n    " + OUT)),
        Mistake("pair 0 makes half a turn per position", edit(OUT, "angles = torch.pi * angles\n    " + OUT)),
        Mistake("the angles are the frequencies alone: the positions are never used", edit(ANGLES, "angles = torch.ones_like(positions)[..., None] * frequencies")),
        Mistake("the positions are added to the frequencies, not multiplied", edit(".float() * frequencies", ".float() + frequencies")),
        Mistake("the positions are divided by the frequencies", edit(".float() * frequencies", ".float() / frequencies")),
        # The frequencies
        Mistake("the exponent is i / D: the 2 is missing", edit("-pairs / head_dim", "-pairs / head_dim / 2")),
        Mistake("the exponent is 4i / D: the 2 is there twice", edit("-pairs / head_dim", "-2 * pairs / head_dim")),
        Mistake("the exponent is positive, so that later pairs turn faster", edit("-pairs / head_dim", "pairs / head_dim")),
        Mistake("the pairs count from 1, as in the paper's formula without its i - 1", edit("torch.arange(0, head_dim, 2,", "torch.arange(2, head_dim + 1, 2,")),
        Mistake("the exponents run from 0 to -1 with both ends, as linspace makes them", edit("-pairs / head_dim", "-pairs / max(head_dim - 2, 1)")),
        Mistake("the pairs stand in the opposite order, the slowest first", edit(RATES, RATES + ".flip(0)")),
        Mistake("all pairs turn equally fast, because the exponents are divided as whole numbers, say", edit("-pairs / head_dim", "-(pairs // head_dim)")),
        Mistake("base is multiplied by the exponent, not raised to it", edit(RATES, "frequencies = 1 / (base * pairs / head_dim).clamp(min=1)")),
        Mistake("the exponent isn't divided by head_dim", edit("-pairs / head_dim", "-pairs")),
        Mistake("the natural exponential stands where base should be", edit("base ** (-pairs / head_dim)", "torch.exp(-pairs / head_dim)")),
        Mistake("base is always 10,000, whatever was asked for", edit("base **", "10_000.0 **")),
        Mistake("the default of base is 1,000", edit(DEFAULT_BASE, "base: float = 1_000.0")),
        Mistake("the default of base is 100,000", edit(DEFAULT_BASE, "base: float = 100_000.0")),
        Mistake("the default of base is 500,000, as in Llama 3", edit(DEFAULT_BASE, "base: float = 500_000.0")),
        Mistake("base is cut off at 100,000", edit("base **", "min(base, 100_000.0) **")),
        # The positions
        Mistake("the rows are counted, 0 to T - 1: the positions that stand there are ignored",
                edit("positions[..., None].float()", "torch.arange(positions.shape[-1]).expand_as(positions)[..., None].float()")),
        Mistake("the positions are counted from the first of them", edit("positions[..., None].float()", "(positions - positions[..., :1])[..., None].float()")),
        Mistake("the positions are counted from the smallest of them", edit("positions[..., None].float()", "(positions - positions.min())[..., None].float()")),
        Mistake("the positions are sorted", edit("positions[..., None].float()", "positions.sort(dim=-1).values[..., None].float()")),
        Mistake("the positions stand in the opposite order", edit("positions[..., None].float()", "positions.flip(-1)[..., None].float()")),
        Mistake("the positions are turned into bytes, so that position 256 is 0 again", edit("positions[..., None].float()", "positions[..., None].byte().float()")),
        Mistake("the positions are shares of the sequence's length", edit("positions[..., None].float()", "(positions[..., None].float() / positions.shape[-1])")),
        Mistake("positions beyond 1023 are taken for 1023", edit("positions[..., None].float()", "positions[..., None].float().clamp(max=1023)")),
        Mistake("positions beyond 4095 are taken for 4095", edit("positions[..., None].float()", "positions[..., None].float().clamp(max=4095)")),
        Mistake("the positions are turned into int16, so that 40,000 becomes negative", edit("positions[..., None].float()", "positions[..., None].to(torch.int16).float()")),
        Mistake("the positions are made one row by view, which expanded positions refuse",
                edit(ANGLES, "angles = torch.outer(positions.view(-1).float(), frequencies).view(*positions.shape, -1)")),
        Mistake("only int64 positions are taken", edit(ANGLES, "angles = torch.einsum('...,d->...d', positions, frequencies.long()) + " + ANGLES.removeprefix("angles = "))),
        Mistake("one row of positions is all it can take", edit(ANGLES, "angles = torch.outer(positions.float(), frequencies)")),
        Mistake("all rows of the batch get the angles of the first one", edit(ANGLES, ANGLES + "\n    angles = angles[:1].expand_as(angles) if positions.ndim > 1 else angles")),
        Mistake("the rows of the batch are joined into one long table", edit(ANGLES, "angles = positions.flatten()[:, None].float() * frequencies")),
        Mistake("with a batch, only the first row's table is returned", edit(ANGLES, ANGLES + "\n    angles = angles[0] if positions.ndim > 1 else angles")),
        Mistake("a single position loses its axis", edit(OUT, "angles = angles.squeeze(0)\n    " + OUT)),
        # Dtypes
        Mistake("the dtype is ignored: the tables are always float32", edit(OUT, "return angles.cos(), angles.sin()")),
        Mistake("the tables are always bfloat16", edit(OUT, "return angles.cos().bfloat16(), angles.sin().bfloat16()")),
        Mistake("only the cosines get the dtype that was asked for", edit("angles.sin().to(dtype)", "angles.sin()")),
        Mistake("without a dtype the tables are bfloat16", edit(DEFAULT_DTYPE, "dtype: torch.dtype = torch.bfloat16")),
        Mistake("the angles are rounded to half precision before the cosine", edit(OUT, "angles = angles.to(dtype)\n    " + OUT)),
        Mistake("the positions are rounded to half precision, which can't tell 257 from 256", edit("positions[..., None].float()", "positions[..., None].to(dtype).float()")),
        Mistake("the positions are rounded to float16, which can't tell 3001 from 3000", edit("positions[..., None].float()", "positions[..., None].half().float()")),
        Mistake("the frequencies are rounded to half precision", edit(RATES, "frequencies = (base ** (-pairs / head_dim)).to(dtype).float()")),
        Mistake("the exponents are rounded to half precision", edit("-pairs / head_dim", "(-pairs / head_dim).to(dtype).float()")),
        Mistake("positions, frequencies and angles are all computed in the dtype of the result", edit("dtype=torch.float32)  # (D/2,)", "dtype=dtype)  # (D/2,)", ".float()", ".to(dtype)")),
        # What must stay
        Mistake("the positions are changed in place", edit(OUT, OUT.replace("return ", "positions.add_(1)\n    return "))),
        Mistake("tables are kept by the number of positions and given out again, whatever the positions",
                kept_by("positions.shape, head_dim, base, dtype")),
        Mistake("tables are kept by the number of positions and head_dim alone, and given out again", kept_by("positions.shape, head_dim")),
        Mistake("the tables are on the default device, wherever the positions are", edit("device=positions.device, ", "", ".float() * freq", ".float().to(torch.get_default_device()) * freq")),
        Mistake("the frequencies are on the default device and can't be multiplied by positions elsewhere", edit("device=positions.device, ", "")),
        # Errors
        Mistake("an odd head_dim isn't refused", edit(ODD, "if False:")),
        Mistake("an odd head_dim is refused by an assertion", edit(ODD, "assert head_dim % 2 == 0, head_dim\n    if False:")),
        Mistake("the refusal doesn't name head_dim's value", edit(REFUSE, 'raise ValueError("head_dim must be even")')),
        Mistake("a head_dim that 4 doesn't divide is refused", edit(ODD, "if head_dim % 4:")),
        Mistake("an odd head_dim is rounded down", edit(ODD, "head_dim -= head_dim % 2\n    if head_dim % 2:")),
    ]
}
