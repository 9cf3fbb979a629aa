"""In which precision the served operations compute."""

import torch
from torch import Tensor


def computable(tensor: Tensor) -> Tensor:
    """Return `tensor` in float32, in which torchvision has every operation; float64 stays."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()
