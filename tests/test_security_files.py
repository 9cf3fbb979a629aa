"""Files that would run code when they are read: each attack would leave a file, and none does."""

import ast
import os
import pickle
import sys

import numpy as np
import pytest
import torch

from lga.backbones import load_author_checkpoint
from lga.backbones.weights_file import load
from lga.dashboard.page import render
from lga.dashboard.page.payload import payload
from lga.data.detection.image_stores import ArrayImages
from lga.data.detection.index_cache import cached_index, load_index
from lga.results.collect import collect
from lga.results.experiments import chosen_pages
from lga.results.judging import judge_together
from lga.results.reports.rendering import write_page
from lga.run.execute import execute
from lga.run.folder.checkpoints import save
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.run.modes.evaluate import trained_network
from lga.system.errors import UserError
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_run, made_record
from tests.run.cells import ROOT, cell


class Runs:
    """What makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


class Evaluates(Runs):
    def __reduce__(self):
        return eval, (f"__import__('os').mkdir({str(self.folder)!r})",)


@pytest.fixture
def made(tmp_path):
    """The folder that an attack would make."""
    folder = tmp_path / "made"
    yield folder
    assert not folder.exists()


def test_the_attack_works_where_nothing_is_done_about_it(tmp_path):
    torch.save({"state_dict": Runs(tmp_path / "made")}, tmp_path / "evil.pt")
    torch.load(tmp_path / "evil.pt", weights_only=False)
    assert (tmp_path / "made").is_dir()


@pytest.mark.parametrize("attack", [Runs, Evaluates])
@pytest.mark.parametrize("as_zip", [True, False])
def test_a_checkpoint_with_python_objects_is_refused_with_the_reason(tmp_path, made, attack, as_zip):
    path = tmp_path / "evil.pt"
    torch.save({"state_dict": attack(made)}, path, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(UserError, match="refused, it holds more than tensors and plain values") as error:
        load(path)
    assert "weights_only" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bare_pickle_is_refused(tmp_path, made):
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Runs(made)))
    with pytest.raises(UserError, match="not a readable checkpoint"):
        load(tmp_path / "evil.pt")


@pytest.mark.parametrize("name", ["last.ckpt", "best.ckpt", "previous.ckpt"])
def test_a_foreign_pickle_in_a_runs_folder_stops_the_run(tmp_path, made, name):
    folder = RunDirectory(cell(tmp_path))
    folder.last_checkpoint.parent.mkdir(parents=True)
    torch.save({"state_dict": Runs(made), "epoch": 1}, folder.last_checkpoint.with_name(name))
    with pytest.raises(UserError, match=rf"{name}: refused"):
        execute(folder.run)
    assert read_record(folder.result).status == "failed"


@pytest.mark.parametrize("key", ["state_dict", "model.0.conv.weight"])
def test_weights_that_are_named_are_read_without_code(tmp_path, made, key):
    """Of this project, and in the author's naming."""
    torch.save({key: Runs(made)}, tmp_path / "evil.pt")
    with pytest.raises(UserError, match=r"evil\.pt: refused"):
        trained_network(cell(tmp_path, f"mode.checkpoint={tmp_path / 'evil.pt'}"))


def test_the_authors_checkpoint_as_a_whole_model_is_refused(tmp_path):
    """The released files are of this kind: a pickled module, which needs the author's code to be read."""
    torch.save({"model": torch.nn.Linear(2, 2)}, tmp_path / "best.pt")
    with pytest.raises(UserError, match=r"torch\.nn\.modules\.linear\.Linear.*model\.state_dict\(\)"):
        load(tmp_path / "best.pt")


@pytest.mark.parametrize(
    "content",
    [{}, {"a": 1}, [1], "text", torch.ones(2), {1: torch.ones(2)},
     {"state_dict": 3}, {"state_dict": {"model.0.conv.weight": 1}}],
)  # fmt: skip
def test_weights_that_are_none_are_reported(tmp_path, content):
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(UserError, match=r"holds no weights|a checkpoint of another architecture"):
        trained_network(cell(tmp_path, f"mode.checkpoint={tmp_path / 'x.pt'}"))


def test_an_authors_state_dict_of_other_things_than_tensors_is_reported():
    from lga.attention import NoAttention
    from lga.backbones import MobileNetV3
    from lga.classification import Classifier

    model = Classifier(MobileNetV3(NoAttention), 10)
    names = model.author_rules()
    assert names
    with pytest.raises(UserError, match="does not fit"):
        load_author_checkpoint(model, {"model.0.conv.weight": torch.ones(1)})


def test_pickles_in_arrays_are_refused(tmp_path, made):
    np.save(tmp_path / "images.npy", np.array([Runs(made)], object), allow_pickle=True)
    with pytest.raises((ValueError, UserError)):
        ArrayImages(tmp_path / "images.npy").load(0)


def test_pickles_in_a_kept_index_are_not_read_and_it_is_built_again(tmp_path, made):
    path = tmp_path / "index.npz"
    np.savez(path, names=np.array([Runs(made)], object), unit=np.array("x"))
    assert load_index(path) is None
    (tmp_path / "index").mkdir()

    def build():
        raise UserError("built again")

    with pytest.raises(UserError, match="built again"):
        cached_index(tmp_path, "a", ["key"], build)
    (kept,) = {p.with_name(p.stem.lstrip(".") + ".npz") for p in (tmp_path / "index").glob(".*.lock")}
    np.savez(kept, names=np.array([Runs(made)], object), unit=np.array("x"))
    with pytest.raises(UserError, match="built again"):
        cached_index(tmp_path, "a", ["key"], build)


def test_a_record_that_names_code_runs_none(tmp_path, monkeypatch, made):
    """A module that makes a folder when it is imported: records are read, never instantiated."""
    (tmp_path / "evil_module.py").write_text(f"import os\nos.mkdir({str(made)!r})\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    record = made_record()
    for group, name in (("attention", "block"), ("backbone", "network")):
        record.config[group][name] = {"_target_": "evil_module.Block"}
    leave_run(tmp_path / "runs", record)
    collected = collect(tmp_path / "runs")
    assert len(collected.runs) == 1
    render(payload(collected, tmp_path, GENERATED))
    for page in chosen_pages("all"):
        write_page(page, judge_together(page.experiments, collected.runs), tmp_path / "tables" / page.name)
    assert "evil_module" not in sys.modules


def test_the_config_in_a_runs_folder_is_not_read(tmp_path, made):
    """An evaluation of the cell builds what the command line names."""
    folder = RunDirectory(cell(tmp_path))
    folder.path.mkdir(parents=True)
    folder.config.write_text("attention: {block: {_target_: os.mkdir, path: made}}\n")
    torch.save({"state_dict": {}}, tmp_path / "x.pt")
    with pytest.raises(UserError, match="holds no weights"):
        trained_network(cell(tmp_path, f"mode.checkpoint={tmp_path / 'x.pt'}"))


def test_what_we_write_is_read_without_code(tmp_path):
    save({"a": torch.ones(2), "b": [1, {"c": 2.5}]}, tmp_path / "x.ckpt")
    assert torch.load(tmp_path / "x.ckpt", weights_only=True)["b"] == [1, {"c": 2.5}]


def sources():
    return [path for folder in ("lga", "scripts", "hydra_plugins") for path in (ROOT / folder).rglob("*.py")]


def called(node):
    """The dotted name of what a call calls."""
    parts = []
    function = node.func
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    return ".".join([function.id if isinstance(function, ast.Name) else "(...)", *reversed(parts)])


def test_nothing_runs_a_shell_or_reads_a_pickle():
    """By the syntax tree: no call of a shell, of eval or exec, or of a loader that runs code."""
    forbidden = {
        "os.system", "os.popen", "eval", "exec", "pickle.load", "pickle.loads", "joblib.load", "yaml.load",
        "yaml.unsafe_load", "marshal.loads", "shelve.open", "torch.hub.load", "subprocess.getoutput",
    }  # fmt: skip
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = called(node)
            keywords = {k.arg: k.value for k in node.keywords}
            shell = isinstance(keywords.get("shell"), ast.Constant) and keywords["shell"].value
            pickled = (
                isinstance(keywords.get("allow_pickle"), ast.Constant) and keywords["allow_pickle"].value
            )
            unsafe_load = name == "torch.load" and not (
                isinstance(keywords.get("weights_only"), ast.Constant) and keywords["weights_only"].value
            )
            if name in forbidden or shell or pickled or unsafe_load:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    assert found == []
