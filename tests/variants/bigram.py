"""Correct ways to write BigramLM that differ from the reference's."""

from vibejam_core.course.known import Variant, edit

TABLE = "self.table = nn.Embedding(config.vocab_size, config.vocab_size)"
INIT = "nn.init.normal_(self.table.weight, std=0.02)"
FORWARD = """        logits = self.table(idx)  # (B, T) -> (B, T, V)
        loss = None if targets is None else language_model_loss(logits, targets)
        return logits, loss
"""

VARIANTS = {
    "bigram.BigramLM": [
        Variant(
            "weights drawn in place, a return for each case",
            edit(
                INIT,
                "self.table.weight.data.normal_(mean=0.0, std=0.02)",
                FORWARD,
                """        logits = self.table(idx)
        if targets is None:
            return logits, None
        return logits, language_model_loss(logits, targets)
""",
            ),
        ),
        Variant(
            "rows picked from the weight, cross_entropy on (B, V, T)",
            edit(
                TABLE + "\n        " + INIT,
                """V = config.vocab_size
        self.table = nn.Embedding(V, V)
        self.table.weight = nn.Parameter(nn.init.normal_(self.table.weight.detach().clone(), 0.0, 0.02))""",
                FORWARD,
                """        logits = self.table.weight[idx]
        loss = None
        if targets is not None:
            loss = nn.functional.cross_entropy(logits.float().transpose(1, 2), targets)
        return logits, loss
""",
            ),
        ),
        Variant(
            "one-hot rows times the table, scaled standard normal weights",
            edit(
                INIT,
                """import torch

        with torch.no_grad():
            self.table.weight *= 0.02""",
                FORWARD,
                """        chosen = nn.functional.one_hot(idx, self.config.vocab_size).to(self.table.weight.dtype)
        logits = chosen @ self.table.weight
        if targets is None:
            return (logits, None)
        flat = logits.view(-1, logits.size(-1))
        return (logits, nn.functional.cross_entropy(flat, targets.view(-1)))
""",
            ),
        ),
        Variant(
            "Embedding.from_pretrained, index_select",
            edit(
                TABLE + "\n        " + INIT,
                """import torch

        weights = torch.randn(config.vocab_size, config.vocab_size) * 0.02
        self.table = nn.Embedding.from_pretrained(weights, freeze=False)""",
                FORWARD,
                """        B, T = idx.shape
        logits = self.table.weight.index_select(0, idx.reshape(-1)).reshape(B, T, -1)
        return logits, (language_model_loss(logits, targets) if targets is not None else None)
""",
            ),
        ),
        Variant(
            "a second name for the table, weights set in a loop over modules, a loop over positions",
            edit(
                TABLE + "\n        " + INIT,
                """self.embedding = nn.Embedding(num_embeddings=config.vocab_size, embedding_dim=config.vocab_size)
        self.table = self.embedding
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.trunc_normal_(module.weight, std=0.02)""",
                FORWARD,
                """        import torch

        logits = torch.stack([self.embedding(idx[:, t]) for t in range(idx.shape[1])], dim=1)
        if targets is None:
            loss = None
        else:
            loss = -logits.log_softmax(-1).gather(2, targets[:, :, None]).mean()
        return logits, loss
""",
            ),
        ),
    ],
}
