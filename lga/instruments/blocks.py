"""Which Local-Global blocks a model holds, and which of them is trained, which is judged.

A task that judges a moving average holds the block twice: the trained one, and a frozen copy that validation
runs. Blocks come in the order of `named_modules`, which copying keeps, so that the copies can be told apart.
"""

from dataclasses import dataclass

from torch import nn

from lga.attention import LocalGlobalVariant


@dataclass(frozen=True)
class WatchedBlock:
    """A trained block under its name in the model, and its frozen copy if the model has one."""

    name: str
    trained: LocalGlobalVariant
    copy: LocalGlobalVariant | None

    @property
    def candidates(self) -> list[LocalGlobalVariant]:
        """The blocks that validation may run."""
        return [self.trained] if self.copy is None else [self.trained, self.copy]


def find_blocks(model: nn.Module) -> list[WatchedBlock]:
    """The Local-Global blocks of ``model``; the frozen ones alone, if none is trained."""
    found = [
        (name, module) for name, module in model.named_modules() if isinstance(module, LocalGlobalVariant)
    ]
    trained = [(name, block) for name, block in found if _is_trained(block)] or found
    frozen = [block for _, block in found if all(block is not other for _, other in trained)]
    copies: list[LocalGlobalVariant | None] = [None] * len(trained)
    if [_kind(block) for block in frozen] == [_kind(block) for _, block in trained]:
        copies = [*frozen]
    return [WatchedBlock(name, block, copy) for (name, block), copy in zip(trained, copies, strict=True)]


def _is_trained(block: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in block.parameters())


def _kind(block: LocalGlobalVariant) -> tuple[type[nn.Module], int, int]:
    return type(block), block.channels, block.heads
