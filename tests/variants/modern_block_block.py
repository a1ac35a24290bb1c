"""Blocks of a modern GPT that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "modern_block.Block": [
        Variant("names for every step", whole('''
class Block(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.mlp = MLP(config)
        self.attn = CausalSelfAttention(config, layer_idx)

    def forward(self, x, cos, sin, value_embedding=None):
        residual = x
        found = self.attn(norm(residual), cos, sin, value_embedding=value_embedding)
        residual = torch.add(residual, found)
        thought = self.mlp(norm(residual))
        return thought + residual
''')),
        Variant("sums by Tensor.add", edit(
            "x = x + self.attn(norm(x), cos, sin, value_embedding)", "y = x.add(self.attn(norm(x), cos, sin, value_embedding))",
            "return x + self.mlp(norm(x))", "return y.add(self.mlp(norm(y)))")),
        Variant("torch's own rms_norm", edit(
            "self.attn(norm(x),", "self.attn(F.rms_norm(x, (x.size(-1),), eps=1e-5),", "self.mlp(norm(x))", "self.mlp(F.rms_norm(x, (x.size(-1),), eps=1e-5))")),
        Variant("a list of what is added up", whole('''
class Block(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.attn = CausalSelfAttention(config, layer_idx)
        self.mlp = MLP(config)
        self.layer_idx = layer_idx

    def forward(self, x, cos, sin, value_embedding=None):
        parts = [x]
        parts.append(self.attn(norm(x), cos, sin, value_embedding))
        parts.append(self.mlp(norm(parts[0] + parts[1])))
        return sum(parts)
''')),
        Variant("norms as modules of torch's own without a gain, weights started anew", whole('''
class Block(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.attn = CausalSelfAttention(config, layer_idx)
        self.mlp = MLP(config)
        self.ln_1 = nn.RMSNorm(config.n_embd, eps=1e-5, elementwise_affine=False)
        self.ln_2 = nn.RMSNorm(config.n_embd, eps=1e-5, elementwise_affine=False)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x, cos, sin, value_embedding=None):
        x = x + self.attn(self.ln_1(x), cos, sin, value_embedding)
        x = x + self.mlp(self.ln_2(x))
        return x
''')),
        Variant("the stream kept in float32 between the parts", edit(
            "x = x + self.attn(norm(x), cos, sin, value_embedding)",
            "dtype = x.dtype\n        x = x.to(torch.promote_types(dtype, torch.float32)) + self.attn(norm(x), cos, sin, value_embedding)",
            "return x + self.mlp(norm(x))", "return (x + self.mlp(norm(x).to(dtype))).to(dtype)")),
    ]
}
