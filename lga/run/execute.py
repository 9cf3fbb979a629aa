"""One frozen run, from its mode to its result."""

from importlib.util import find_spec

from lga.config.frozen_run import FrozenRun
from lga.run.devices.processes import make_room_for_sockets
from lga.system.errors import UserError

MODES = ("train", "evaluate", "predict", "export", "describe", "inspect")


def execute(run: FrozenRun) -> float | None:
    """Does what the config's mode says; training returns the score that selects among runs."""
    make_room_for_sockets()
    mode = run.config["mode"]["name"]
    if mode == "describe":
        from lga.run.modes.describe import describe

        describe(run)
        return None
    if mode == "evaluate":
        from lga.run.modes.evaluate import evaluate

        return evaluate(run)
    if mode == "predict":
        from lga.run.modes.predict import predict

        predict(run)
        return None
    if mode == "export":
        _check_onnx()  # before torch is loaded
        from lga.run.modes.export import export

        export(run)
        return None
    if mode == "inspect":
        from lga.run.modes.inspect import inspect

        inspect(run)
        return None
    if mode == "train":
        from lga.run.cell import train
        from lga.run.nodes import launched, train_as_rank

        rank = launched(run.config["trainer"])
        return train(run) if rank is None else train_as_rank(run, rank)
    raise UserError(f"mode={mode}: valid: {', '.join(MODES)}")


def _check_onnx() -> None:
    if not all(map(find_spec, ("onnx", "onnxruntime", "onnxscript"))):
        raise UserError("mode=export needs ONNX: pip install 'lga[export]'")
