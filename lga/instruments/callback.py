"""The instruments as a Lightning callback, for any model that holds a Local-Global block.

What they saw is kept epoch by epoch: rows for a file, numbers for a logger, a summary for a record. A row is
`{"epoch": 1, "step": 75, "blocks": {name: state}}`, with the state of `BlockState.as_json` and its `alarms`,
each a sign with what was seen and what it means.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from lga.attention import LocalGlobalVariant
from lga.instruments.alarms import alarms
from lga.instruments.blocks import TracedBlock, find_blocks
from lga.instruments.gradients import PARTS, GradientSampler
from lga.instruments.readings import BlockState, block_state
from lga.system.errors import UserError
from lga.system.files import write_text

log = logging.getLogger("lga")
Row = dict[str, Any]


class InstrumentsCallback(pl.Callback):
    """Looks inside the Local-Global blocks of a model while it trains, and changes nothing of the training.

    Gradients are those of the trained block before an optimizer's step (clipped already, if a task clips by
    itself): at an epoch's first step and at every ``every``-th after it. All else is of the weights that
    validation runs, which are those of a moving average if the model is judged by one, after each epoch, on
    the first ``images`` images of validation's first batch; an epoch without has alphas and gradients alone.

    ``rows`` has an entry an epoch (see above). It goes with checkpoints, in numbers to
    the trainer's loggers, and to the JSON file ``path`` if one is named. Of several devices the first one
    does all this.
    """

    def __init__(self, path: Path | None = None, every: int = 10, images: int = 16) -> None:
        for name, value in (("every", every), ("images", images)):
            if value < 1:
                raise UserError(f"instruments.{name}={value}: set 1 or more")
        self.path = path
        self.every = every
        self.images = images
        self.rows: list[Row] = []
        self._traced: list[TracedBlock] = []
        self._samplers: dict[str, GradientSampler] = {}
        self._seen: dict[str, tuple[LocalGlobalVariant, Tensor]] = {}
        self._hooks: list[RemovableHandle] = []
        self._steps = 0

    def summary(self) -> dict[str, Any]:
        """Return the last numbers of each block and all alarms, for a record."""
        return {"every": self.every, "images": self.images, **summary(self.rows)}

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Find the blocks; say so if there is none."""
        self._traced = find_blocks(pl_module) if trainer.is_global_zero else []
        self._samplers = {traced.name: GradientSampler(traced.trained) for traced in self._traced}
        if trainer.is_global_zero and not self._traced:
            log.info("instruments: this model holds no Local-Global block; there is nothing to look into")

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget the last epoch's gradients and images."""
        self._steps = 0
        self._seen = {}
        for sampler in self._samplers.values():
            sampler.reset()

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Optimizer
    ) -> None:
        """Sample the gradients, if it is time to."""
        if self._steps % self.every == 0:
            for sampler in self._samplers.values():
                sampler.sample()
        self._steps += 1

    def on_validation_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Listen to the first batch of a validation that belongs to training."""
        fitting = trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking
        if not fitting or batch_idx > 0 or dataloader_idx > 0:
            return
        self._seen = {}
        for traced in self._traced:
            for block in traced.candidates:
                listener = partial(self._keep_input, traced.name)
                self._hooks.append(block.register_forward_pre_hook(listener))

    def on_validation_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *batch: Any
    ) -> None:
        """Listen no more."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add the epoch's row; a callback that saves a checkpoint here has to come after this one."""
        if not self._traced:
            return
        states = {traced.name: self._state(traced) for traced in self._traced}
        before = self.rows[-1] if self.rows else None
        self.rows.append(row(trainer.current_epoch + 1, trainer.global_step, states, before))
        self._seen = {}
        self._warn()
        for logger in trainer.loggers:
            logger.log_metrics(scalars(self.rows[-1]), trainer.global_step)
        if self.path is not None:
            write_text(self.path, json.dumps({**self.summary(), "rows": self.rows}, allow_nan=False) + "\n")

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])

    def _keep_input(self, name: str, block: LocalGlobalVariant, inputs: tuple[Tensor, ...]) -> None:
        if name not in self._seen:
            self._seen[name] = block, inputs[0].detach()[: self.images].clone()

    def _state(self, traced: TracedBlock) -> BlockState:
        block, x = self._seen.get(traced.name, (traced.copy or traced.trained, None))
        return block_state(block, x, self._samplers[traced.name].state())

    def _warn(self) -> None:
        """Say each alarm when it is first rung."""
        for alarm in summary(self.rows)["alarms"]:
            if alarm["first"] == alarm["last"] == self.rows[-1]["epoch"]:
                message = f"{alarm['sign']}: {alarm['seen']}. {alarm['meaning']}"
                log.warning("instruments: epoch %d, %s: %s", alarm["first"], alarm["block"], message)


def row(epoch: int, step: int, states: Mapping[str, BlockState], before: Row | None) -> Row:
    """Return the row of an epoch; ``before`` is the row of the epoch before it, if there is one."""
    blocks = {}
    for name, state in states.items():
        plain = state.as_json()
        earlier = before["blocks"].get(name) if before else None
        blocks[name] = {**plain, "alarms": [asdict(alarm) for alarm in alarms(plain, earlier)]}
    return {"epoch": epoch, "step": step, "blocks": blocks}


def scalars(last: Row) -> dict[str, float]:
    """Return the numbers of a row under flat names, `instruments/<block>/...`, for a logger."""
    return {
        f"instruments/{block}/{name}": value
        for block, state in last["blocks"].items()
        for name, value in _scalars(state)
        if value is not None
    }


def summary(rows: list[Row]) -> dict[str, Any]:
    """Return the last numbers of each block, and every alarm with its first and last epoch."""
    blocks = rows[-1]["blocks"] if rows else {}
    return {
        "epochs": len(rows),
        "blocks": {name: dict(_scalars(state)) for name, state in blocks.items()},
        "alarms": _alarms(rows),
    }


def _alarms(rows: list[Row]) -> list[dict[str, Any]]:
    """Return each block's alarms by sign, as they were last seen."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    for line in rows:
        for block, state in line["blocks"].items():
            for alarm in state["alarms"]:
                first = listed.get((block, alarm["sign"]), {}).get("first", line["epoch"])
                entry = {"block": block, "first": first, "last": line["epoch"], **alarm}
                listed[block, alarm["sign"]] = entry
    return list(listed.values())


def _scalars(state: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    for kind, values in state["alpha"]["values"].items():
        yield f"alpha/{kind}", values["mean"]
    yield "alpha/local_share", state["alpha"]["local_share"]
    if gate := state["gate"]:
        yield "gate/entropy", gate["entropy"]
        yield "gate/entropy_spread", gate["spread"]
        yield from ((f"gate/weight_{index}", weight) for index, weight in enumerate(gate["weights"]))
    for branch, attention in (state["attention"] or {}).items():
        yield f"attention/{branch}/entropy", attention["entropy"]
        yield f"attention/{branch}/variance", attention["variance"]
    for path, share in (state["paths"] or {}).items():
        yield f"path/{path}", share
    if gradients := state["gradients"]:
        for branch, norms in gradients["norms"].items():
            yield from ((f"gradient/{branch}/{part}", norms[part]) for part in PARTS)
        yield "gradient/dead", gradients["dead"]
    yield "alarms", float(len(state["alarms"]))
