"""The first weights of a model that starts from nothing, as Wan2.1 draws them."""

from __future__ import annotations

import torch
from torch import nn

from cleanplate.models.mixture.embeddings import TextEmbedder, TimeEmbedder
from cleanplate.models.mixture.model import Head, Mixture, PatchEmbedding
from cleanplate.models.mixture.tower import Tower

_EMBEDDING_DEVIATION = 0.02


@torch.no_grad()
def initialise(model: Mixture, generator: torch.Generator) -> Mixture:
    """Draw every weight anew; the model is returned.

    Linear layers are Glorot's, uniform, with biases of zero; the embeddings of text and time are normal with a
    deviation of 0.02; norms are ones; modulations are normal with 1/sqrt(D). Layer embeddings, conditions and the
    layers that predict are zero, so that a new model predicts nothing.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.RMSNorm):
            nn.init.ones_(module.weight)
        elif isinstance(module, Tower | Head):
            deviation = module.scale_shift_table.shape[-1] ** -0.5
            nn.init.normal_(module.scale_shift_table, std=deviation, generator=generator)
        elif isinstance(module, PatchEmbedding):
            nn.init.xavier_uniform_(module.weight.flatten(1), generator=generator)
            nn.init.zeros_(module.bias)
    embedders: list[TextEmbedder | TimeEmbedder] = [model.text_embedder] if model.text_embedder else []
    for embedder in (*embedders, model.time_embedder):
        for layer in (embedder.linear_1, embedder.linear_2):
            nn.init.normal_(layer.weight, std=_EMBEDDING_DEVIATION, generator=generator)
    heads = (parameter for name, parameter in model.outputs.named_parameters() if name.endswith("projection.weight"))
    for parameter in (*model.conditions.parameters(), *model.layer_embeddings.parameters(), *heads):
        nn.init.zeros_(parameter)
    return model
