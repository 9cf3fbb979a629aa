"""Errors of what a config's node makes: they name the argument, and the node's key is put before it."""

import pytest

import lga
from lga.config.instantiation import naming
from lga.system.errors import UserError


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("attention.block.heads=5", r"^attention\.block: heads=5 does not divide 24 channels; set one of "),
        ("attention.block.scales=-1", r"^attention\.block: scales=-1 "),
        ("backbone.network.scale=q", r"^backbone\.network: scale='q' is unknown"),
    ],
)
def test_the_key_of_the_node_comes_first(override, told):
    with pytest.raises(UserError, match=told):
        lga.build_model(["attention=lga_variant", override])


def test_only_the_innermost_key_is_named():
    with (
        pytest.raises(UserError, match=r"^attention\.block: wrong$"),
        naming("backbone"),
        naming("attention.block"),
    ):
        raise UserError("wrong")
