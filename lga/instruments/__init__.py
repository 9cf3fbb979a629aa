"""Instruments that look inside a Local-Global block while it trains; they need torch and Lightning alone.

    >>> import pytorch_lightning as pl
    >>> import torch
    >>> from lga.attention import LocalGlobalAttention
    >>> from lga.instruments import InstrumentsCallback
    >>> class Model(pl.LightningModule):  # any will do that has a block anywhere in it
    ...     def __init__(self):
    ...         super().__init__()
    ...         stem = torch.nn.Conv2d(3, 24, kernel_size=4, stride=4)
    ...         self.net = torch.nn.Sequential(stem, LocalGlobalAttention(24, heads=6))
    ...     def training_step(self, images, index):
    ...         return self.net(images).square().mean()
    ...     def validation_step(self, images, index):
    ...         self.net(images)
    ...     def configure_optimizers(self):
    ...         return torch.optim.SGD(self.parameters(), lr=0.01)
    >>> images = torch.utils.data.DataLoader(torch.rand(8, 3, 32, 32), batch_size=4)
    >>> instruments = InstrumentsCallback()  # or InstrumentsCallback(Path("instruments.json"))
    >>> quiet = {f"enable_{name}": False for name in ("progress_bar", "model_summary", "checkpointing")}
    >>> trainer = pl.Trainer(max_epochs=2, callbacks=[instruments], accelerator="cpu", logger=False, **quiet)
    >>> trainer.fit(Model(), images, images)
    >>> block = instruments.rows[-1]["blocks"]["net.1"]  # after the second epoch
    >>> block["gradients"]["norms"]["global 11x11"]["q"]
    0.0
    >>> [(alarm["sign"], alarm["first"], alarm["last"]) for alarm in instruments.summary()["alarms"]]
    [('dead parameters', 1, 2)]

Optimization may be automatic or manual. Weights, gradients and random numbers are left as they are: a run
with instruments ends with the same weights, to the bit, as one without.
"""

from lga.instruments.alarms import Alarm, alarms
from lga.instruments.blocks import TracedBlock, find_blocks
from lga.instruments.callback import InstrumentsCallback
from lga.instruments.readings import BlockState, block_state

__all__ = [
    "Alarm",
    "BlockState",
    "InstrumentsCallback",
    "TracedBlock",
    "alarms",
    "block_state",
    "find_blocks",
]
