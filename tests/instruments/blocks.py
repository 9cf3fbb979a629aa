"""All kinds of Local-Global blocks, small, each with weights of its own."""

import torch

from lga.attention import LocalGlobalAttention, LocalGlobalAttentionAsWritten, LocalGlobalVariant

MAKERS = {
    "lga": lambda: LocalGlobalAttention(24, 6),
    "lga_four_heads": lambda: LocalGlobalAttention(24, 4),  # 2G is no multiple of 3
    "lga_local": lambda: LocalGlobalAttention(24, 6, branches="local"),
    "lga_global": lambda: LocalGlobalAttention(24, 6, branches="global"),
    "lga_as_written": lambda: LocalGlobalAttentionAsWritten(24, 6),
    "varied": lambda: LocalGlobalVariant(
        24, 6, alpha="per_channel", position="sinusoidal", local_kernels=(3, 3), residual=True
    ),
    "varied_as_written": lambda: LocalGlobalVariant(
        24, 6, contraction="as_written", alpha="softmax", position="learned_bilinear", scales=2
    ),
    "bare": lambda: LocalGlobalVariant(24, 4, alpha="frozen", position="none", scales=0, local_kernels=()),
}


def made(name, seed=0):
    """The block, with alphas that are not all alike."""
    torch.manual_seed(seed)
    block = MAKERS[name]()
    with torch.no_grad():
        for own, parameter in block.named_parameters():
            if own.startswith("learnable_alpha"):
                parameter.add_(torch.rand_like(parameter))
    return block
