"""Whether this machine may talk to W&B: an API key, and a server that answers.

Only the standard library, so that asking costs nothing; a key is looked for and never read out.
"""

import netrc
import os
import socket
from urllib.parse import urlparse

from lga.system.errors import UserError

REACHABLE_SECONDS = 3.0


def base_url() -> str:
    """The server: wandb.ai's, or the one that WANDB_BASE_URL names."""
    return os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")


def has_key() -> bool:
    """Whether an API key is in WANDB_API_KEY or in the netrc file that `wandb login` writes."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(os.environ.get("NETRC") or None).authenticators(_address()[0]) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def reachable() -> bool:
    """Whether the server accepts a connection."""
    try:
        socket.create_connection(_address(), timeout=REACHABLE_SECONDS).close()
    except OSError:
        return False
    return True


def require_account() -> None:
    """Raises a UserError, one line with what to do, unless there are a key and a server."""
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


def _address() -> tuple[str, int]:
    url = urlparse(base_url())
    return url.hostname or "", url.port or (80 if url.scheme == "http" else 443)
