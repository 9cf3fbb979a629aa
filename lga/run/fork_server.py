"""The server from which a sweep's jobs and a run's ranks are forked.

It has torch, torchvision, Lightning and W&B loaded, so that they start at once.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext

from lga.run.sockets import make_room_for_sockets


def fork_server() -> ForkServerContext:
    """What makes processes and pipes for them."""
    make_room_for_sockets()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lga.run.preload"])
    return context
