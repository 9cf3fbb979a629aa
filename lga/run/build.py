"""Build a cell's network, data and task from its config."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from fnmatch import fnmatch
from functools import partial
from itertools import count
from typing import Any, cast

import torch
from omegaconf import DictConfig
from torch import nn
from torchmetrics import Metric

from lga.backbones.small_maps import use_products_on_small_maps
from lga.config.compose import composed_or_explained
from lga.config.frozen_run import freeze
from lga.config.instantiation import located, make, make_reader
from lga.data.loading.random_streams import Stream, kept_global_state, stream_seed
from lga.data.loading.splits_data import SplitsData
from lga.system.errors import UserError
from lga.tasks.base_task import BaseTask
from lga.tasks.optimization import Optimization, Schedule


def build_model(overrides: Sequence[str] = ()) -> nn.Module:
    """Return the network of the cell that `python run.py <overrides>` would run, without its data.

    Raises UserError for an override that does not exist or a combination that does not fit.
    """
    return build_network(freeze(composed_or_explained(overrides)).cfg)


def build_network(cfg: DictConfig) -> nn.Module:
    """Build the cell's network with fresh weights: cells of one `seed` start equal outside their slots."""
    torch.manual_seed(cfg.seed)
    attention = _attention(cfg.attention.block, cfg.seed)
    backbone = make(cfg.backbone.network, "backbone.network")(attention=attention)
    node, where = (cfg.task.model, "task.model") if cfg.task.model else (cfg.detector.model, "detector.model")
    network = cast(nn.Module, make(node, where)(backbone))
    use_products_on_small_maps(network)
    return network


def build_data(cfg: DictConfig) -> SplitsData[Any]:
    """Return the data module of the cell's dataset."""
    reader = make_reader(cfg.dataset)
    workers = cfg.trainer.num_workers
    if workers is None:
        workers = 0 if cfg.dataset.embedded else torch.get_num_threads()
    settings = {"seed": cfg.seed, "num_workers": workers, "train_share": cfg.data.train_share}
    data = cast("SplitsData[Any]", make(cfg.task.data, "task.data")(reader, **settings))
    if folds := cfg.dataset.folds:
        data.read = partial(reader.fold, cfg.seed % folds, folds)
    if cfg.trainer.accelerator in ("gpu", "cuda") and torch.cuda.is_available():
        data.device = "cuda"
    return data


def build_task(cfg: DictConfig, network: nn.Module) -> BaseTask:
    """Return the Lightning module that trains `network` by the cell's recipe."""
    module = make(cfg.task.module, "task.module")
    optimization = build_optimization(cfg)
    settings: dict[str, Any] = {"class_names": list(cfg.dataset.class_names)}
    if cfg.dataset.native is not None:
        settings["native"] = make(cfg.dataset.native, "dataset.native")
    if cfg.metrics:
        settings["metrics"] = {name: _metric(cfg, name) for name in cfg.metrics}
    task = cast(BaseTask, module(network, optimization, cfg.seed, **settings))
    for key, names in (("monitor", task.tested), ("selected_by", task.validated)):
        if not any(fnmatch(cfg.task[key], f"val/{name}") for name in names):
            valid = ", ".join(f"val/{name}" for name in names)
            raise UserError(f"task.{key}={cfg.task[key]}: not measured; valid: {valid}")
    return task


def score(cfg: DictConfig, metrics: Mapping[str, float]) -> float:
    """Return the run's score, one of a test's metrics; a UserError if the split has no value of it."""
    name = cfg.task.monitor.split("/", 1)[-1]
    if name not in metrics:
        have = ", ".join(f"val/{each}" for each in sorted(metrics))
        raise UserError(f"task.monitor={cfg.task.monitor}: no value on this split; valid: {have}")
    return metrics[name]


def _metric(cfg: DictConfig, name: str) -> Any:
    """Return a metric of the config; a UserError says that it is none for the task."""
    made = make(cfg.metrics[name], f"metrics.{name}")
    if isinstance(made, Metric) != (cfg.task.name == "classification") or not callable(made):
        kind = "torchmetrics metric" if cfg.task.name == "classification" else "protocol of detection"
        raise UserError(f"metrics.{name}: {type(made).__name__} is no {kind}, as task={cfg.task.name} needs")
    return made


def check_smallest_batch(network: nn.Module, cfg: DictConfig, data: SplitsData[Any]) -> None:
    """Raise UserError where a device's part of a batch is one image, and batch norm would see one value."""
    images, size, limit = data.splits.counts["train"], cfg.recipe.batch_size, cfg.trainer.limit_train_batches
    cut = limit is not None and limit <= images // size  # before a last batch that is smaller
    smallest, devices = size if cut else images % size or size, data.shard.world_size
    if smallest // devices > 1:
        return
    try:
        with kept_global_state():
            deepcopy(network).train()(torch.zeros(1, 3, cfg.dataset.image_size, cfg.dataset.image_size))
    except ValueError as error:
        larger = range(size + 1, images + 1)
        better = next((each for each in larger if (images % each or each) // devices > 1), None)
        advice = f"set recipe.batch_size={better}" if better else "train on more images"
        raise UserError(
            f"recipe.batch_size={size}: the last batch of {images} training images has {smallest}, and batch "
            f"norm needs more where maps are one pixel; {advice}"
        ) from error


def build_optimization(cfg: DictConfig) -> Optimization:
    """Return the recipe's optimizer, schedule and moving average."""
    recipe = cfg.recipe
    return Optimization(
        optimizer=make(recipe.optimizer, "recipe.optimizer"),
        schedule=Schedule(epochs=recipe.epochs, **recipe.schedule),
        batch_size=recipe.batch_size,
        nominal_batch_size=recipe.nominal_batch_size,
        weight_decay=recipe.weight_decay,
        clip_norm=recipe.clip_norm,
        ema_decay=recipe.ema_decay,
        ema_ramp_steps=recipe.ema_ramp_steps,
    )


def _attention(node: DictConfig, seed: int) -> Callable[[int], nn.Module]:
    """Return what builds a slot's block.

    Each block draws from a stream of its own, named by the seed and the slot's number. What is built after it
    draws as if there were none.
    """
    block = make(node, "attention.block")
    _check_takes_channels(node)
    slots = count()

    def build(channels: int) -> nn.Module:
        with kept_global_state() as generator:
            generator.manual_seed(stream_seed(Stream.SLOT, seed, next(slots)))
            return cast(nn.Module, block(channels))

    return build


def _check_takes_channels(node: DictConfig) -> None:
    given = {str(key): value for key, value in node.items() if not str(key).startswith("_")}
    try:
        inspect.signature(located(node, "attention.block")).bind(0, **given)
    except TypeError as error:
        raise UserError(
            f"attention.block._target_={node['_target_']}: it must be callable with the channels of its slot "
            f"alone: {error}; set its other arguments with +attention.block.<argument>="
        ) from error
