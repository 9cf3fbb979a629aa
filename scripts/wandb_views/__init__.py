"""The paper's tables on W&B: a workspace view for each table and one report, for runs that were uploaded.

`views` and `publish` need the library `wandb-workspaces`; nothing else in the project does.
"""

from importlib.util import find_spec

from lga.run.callbacks.wandb_logger import base_url, has_key, reachable
from lga.system.errors import UserError

REQUIREMENT = "wandb-workspaces>=0.4.13,<0.5"


def require_library() -> None:
    """Raise a UserError, one line with what to install, if `wandb-workspaces` is missing."""
    if find_spec("wandb_workspaces") is None:
        raise UserError(
            f"the library wandb-workspaces is not installed: run `make install`, "
            f"or pip install '{REQUIREMENT}' into the environment that runs this"
        )


def require_account() -> None:
    """Raise a UserError, one line with what to do, unless there are a key and a server."""
    if not has_key():
        raise UserError(
            f"W&B: no API key for {base_url()}: make a free account there and run `wandb login`, "
            "or set WANDB_API_KEY; `make dashboard` needs neither"
        )
    if not reachable():
        raise UserError(
            f"W&B: {base_url()} cannot be reached: try again with a network, "
            "or name your own server in WANDB_BASE_URL"
        )
