"""What the devices that train one network exchange: gradients at a step, averaged weights before judging.

Each device has a process of its own, in torch's default process group. Gradients are summed here and not by
`DistributedDataParallel`: once an optimizer step instead of once a batch, always in one buffer of one layout,
so that a resumed run rounds as an undisturbed one, and with no demand that each batch reach every parameter.

Without a process group, which is on one device, nothing here does anything.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

Gathered = TypeVar("Gathered")


def several() -> bool:
    """Whether this process is one of a group."""
    return dist.is_available() and dist.is_initialized()


def gathered(own: Gathered) -> list[Gathered]:
    """Return what each device has, in their order; of objects that can be pickled."""
    if not several():
        return [own]
    of_all: list[Gathered] = [own] * dist.get_world_size()
    dist.all_gather_object(of_all, own)
    return of_all


def made_by_first(make: Callable[[], Any]) -> Any:
    """Return on every device what `make` returns, which is called on the first alone; it can be pickled."""
    if not several():
        return make()
    made = [make() if dist.get_rank() == 0 else None]
    dist.broadcast_object_list(made, src=0)
    return made[0]


def sum_over_devices(tensors: Sequence[Tensor]) -> None:
    """Replace each tensor by its sum over the devices; all are of one dtype and on one device."""
    if not several() or not tensors:
        return
    buffer = torch.cat([tensor.reshape(-1) for tensor in tensors])
    dist.all_reduce(buffer)
    parts = torch.split(buffer, [tensor.numel() for tensor in tensors])
    sums = [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
    torch._foreach_copy_(list(tensors), sums)


@torch.no_grad()
def copy_from_first(module: nn.Module) -> None:
    """Give `module` the weights and buffers that it has on the first device."""
    if not several():
        return
    for tensor in chain(module.parameters(), module.buffers()):
        whole = tensor.contiguous()
        dist.broadcast(whole, src=0)
        tensor.copy_(whole)


class EpochMeans:
    """Means over the images of an epoch, on all devices together, of what is known batch by batch.

    Lightning's own means are of equal weight by device, which images are not.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._images = 0

    def reset(self) -> None:
        """Forgets what was added."""
        self._sums, self._images = {}, 0

    def add(self, means: Mapping[str, Tensor], images: int) -> None:
        """Add the means over so many images; on each device the same names, if only for no image."""
        for name, mean in means.items():
            weighted = mean.detach().float() * images
            self._sums[name] = self._sums[name] + weighted if name in self._sums else weighted
        self._images += images

    def compute(self) -> dict[str, Tensor]:
        """Means of everything since the last reset, and resets."""
        if not self._sums:
            return {}
        sums = torch.stack(list(self._sums.values()))
        images = torch.full_like(sums[:1], self._images)
        sum_over_devices([sums, images])
        means = dict(zip(self._sums, sums / images, strict=True))
        self.reset()
        return means
