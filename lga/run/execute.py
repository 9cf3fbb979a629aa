"""One frozen run, from its mode to its result."""

from importlib.util import find_spec

from lga.run.fork_server import make_room_for_sockets
from lga.run.identity import FrozenRun
from lga.system.errors import UserError

MODES = ("train", "evaluate", "predict", "export", "describe", "inspect")


def execute(run: FrozenRun) -> float | None:
    """Does what the config's mode says; training returns the score that selects among runs."""
    make_room_for_sockets()
    mode = run.config["mode"]["name"]
    if mode == "describe":
        from lga.run.describe import describe

        describe(run)
        return None
    if mode == "evaluate":
        from lga.run.evaluate import evaluate

        return evaluate(run)
    if mode == "predict":
        from lga.run.predict import predict

        predict(run)
        return None
    if mode == "export":
        _check_onnx()  # before torch is loaded
        from lga.run.export import export

        export(run)
        return None
    if mode == "inspect":
        from lga.run.inspect import inspect

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
