"""Whether there is a key and a server: asked without wandb, answered in one line."""

import socket

import pytest

from lga.run.callbacks.wandb_logger import has_key, reachable
from lga.system.errors import UserError
from scripts.wandb_views import require_account


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_BASE_URL", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return tmp_path / "netrc"


@pytest.fixture
def server(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield listening


@pytest.mark.parametrize(
    ("machine", "known"), [("api.wandb.ai", True), ("example.org", False), ("api.wandb.ai password", False)]
)
def test_a_key_is_found_in_the_netrc_file_of_its_server(no_account, machine, known):
    no_account.write_text(f"machine {machine} login user password {'0' * 40}\n")
    assert has_key() is known


def test_a_key_is_found_in_the_environment(monkeypatch):
    assert not has_key()
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert has_key()


def test_a_server_is_reachable_while_it_listens(server):
    assert reachable()
    server.close()
    assert not reachable()


def test_what_is_missing_is_one_line_with_what_to_do(server, monkeypatch):
    with pytest.raises(UserError, match=r"^W&B: no API key for http://127[^\n]*`wandb login`[^\n]*$"):
        require_account()
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    require_account()
    server.close()
    with pytest.raises(UserError, match=r"^W&B: http://127[^\n]* cannot be reached[^\n]*$"):
        require_account()
