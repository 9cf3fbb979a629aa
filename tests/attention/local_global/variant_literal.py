"""A literal form of every variant of Local-Global Attention, which the variants are held against in tests.

Branches one by one, energies, softmaxes, the gate with all its terms; nothing of `lga.attention` is used but
the variant's state dict, by its keys, and the settings as keywords.

Axes: b batch, g heads, q k v channels of a head, n = H*W."""

import math

import torch
from torch.nn import functional as F


def waves(channels, heads, H, W):
    """The position (1, C, H, W) channel by channel, as its definition reads."""
    first = 2 * heads // 3 * (channels // heads)
    n = channels - first
    position = torch.empty(1, channels, H, W, dtype=torch.float64)
    for c in range(channels):
        k = (c - first) % n
        wave = math.sin if k % 4 < 2 else math.cos
        rate = 20 ** -(k // 4 / math.ceil(n / 4))
        for y in range(H):
            for x in range(W):
                position[0, c, y, x] = wave((y if k % 2 == 0 else x) * rate)
    return position


def literal_variant(
    state,
    x,
    heads,
    local_kernels=(3, 5, 7),
    global_kernel=11,
    scales=3,
    position="learned_nearest",
    alpha="learned",
    alpha_local=0.5,
    alpha_global=0.5,
    contraction="released",
    residual=False,
):
    """The output (B, C, H, W) for the input x in double precision."""
    p = {key: value.double() for key, value in state.items()}
    B, C, H, W = x.shape

    def separable(name, z, stride=1, groups=1):
        w = p[f"{name}.0.weight"]
        z = F.conv2d(z, w, p[f"{name}.0.bias"], stride=stride, padding=w.shape[-1] // 2, groups=C)
        return F.conv2d(z, p[f"{name}.1.weight"], p[f"{name}.1.bias"], groups=groups)

    z = x
    if scales:
        gate = F.conv2d(x, p["scale_attention.0.weight"], p["scale_attention.0.bias"]).softmax(1)
        z = gate[:, :1] * x
        for i in range(scales):
            scaled = F.interpolate(separable(f"multi_scale_convs.{i}", x, stride=2**i), size=(H, W))
            z = z + gate[:, i + 1 : i + 2] * (scaled + x)
    if position == "sinusoidal":
        z = z + waves(C, heads, H, W)
    elif position != "none":
        mode = position.removeprefix("learned_")
        z = z + F.interpolate(p["position_encoding"], size=(H, W), mode=mode)

    def attend(name):
        qkv = separable(name, z, groups=heads)
        if contraction == "released":
            q, k, v = (t.reshape(B, heads, C // heads, H * W) for t in qkv.chunk(3, dim=1))
            weights = (torch.einsum("bgqn,bgkn->bgqk", q, k) / (C // heads) ** 0.5).softmax(-1)
            return torch.einsum("bgqk,bgvn->bgqn", weights, v).reshape(B, C, H, W)
        q, k, v = qkv.reshape(B, heads, 3, C // heads, H * W).unbind(2)
        weights = (torch.einsum("bgqn,bgkn->bgqk", q, k) / (C // heads) ** 0.5).softmax(-1)
        return torch.einsum("bgqk,bgkn->bgqn", weights, v).reshape(B, C, H, W)

    if alpha == "softmax":
        a_local, a_global = p["alpha_logits"].softmax(0)
    elif alpha == "frozen":
        a_local, a_global = torch.tensor([alpha_local, alpha_global], dtype=torch.float64)
    else:
        a_local, a_global = p.get("learnable_alpha_local"), p.get("learnable_alpha_global")
    mixed = torch.zeros_like(x)
    if local_kernels:
        local = torch.stack([attend(f"local_convs.{j}") + x for j in range(len(local_kernels))]).mean(0)
        mixed = mixed + a_local.view(-1, 1, 1) * local
    if global_kernel is not None:
        mixed = mixed + a_global.view(-1, 1, 1) * (attend("global_conv") + x)
    out = F.conv2d(mixed, p["out_conv.weight"], p["out_conv.bias"])
    return out + x if residual else out
