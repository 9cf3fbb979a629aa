"""Two packages know of other processes: the tasks, which sum over them, and run, which starts them."""

import ast

import pytest

from tests.run.cells import ROOT

ALLOWED = ("lga/tasks/", "lga/run/")


def names_torch_distributed(source):
    """Whether code imports torch.distributed, or reaches it as an attribute of torch."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(a.name.startswith("torch.distributed") for a in node.names):
            return True
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module.startswith("torch.distributed"):
                return True
            if module == "torch" and any(alias.name == "distributed" for alias in node.names):
                return True
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.distributed":
            return True
    return False


def test_tasks_and_run_alone_know_of_other_processes():
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "lga").rglob("*.py")}
    knowing = {name for name, path in files.items() if names_torch_distributed(path.read_text())}
    assert knowing
    assert {name for name in knowing if not name.startswith(ALLOWED)} == set()


@pytest.mark.parametrize(
    "source",
    [
        "import torch.distributed as dist",
        "from torch.distributed import TCPStore",
        "from torch import distributed",
        "import torch\ntorch.distributed.get_rank()",
    ],
)
def test_every_way_to_it_is_seen(source):
    assert names_torch_distributed(source)
    assert not names_torch_distributed("import torch\ntorch.distributions")
