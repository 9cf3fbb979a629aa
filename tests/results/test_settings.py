"""Configs as flat settings."""

from lga.results.settings import distinctions, flatten, recipe, without
from lga.system.digests import digest
from tests.results.made_records import made_config


def test_flatten_joins_names_by_dots_and_keeps_lists_and_empty_nodes():
    nested = {"a": {"b": {"c": 1}, "d": [1, {"e": 2}]}, "f": {}, "g": None}
    assert dict(flatten(nested)) == {"a.b.c": 1, "a.d": [1, {"e": 2}], "f": {}, "g": None}


def test_without_drops_a_node_and_what_is_below_it_but_no_namesake():
    settings = {"a": 1, "a.b": 2, "ab": 3, "c.a": 4}
    assert without(settings, "a") == {"ab": 3, "c.a": 4}


def test_recipe_is_blind_to_seed_and_paths_and_to_nothing_else():
    plain = digest(recipe(made_config()))
    assert digest(recipe(made_config(seed=7, output_dir="elsewhere"))) == plain
    assert digest(recipe(made_config(epochs=21))) != plain
    assert digest(recipe(made_config(attention="se"))) != plain


def test_distinctions_name_what_differs():
    assert distinctions([{"a": 1, "b": 2}, {"a": 1, "b": 3}]) == ["b 2", "b 3"]
    assert distinctions([{"a": 1}, {"a": 1, "b": "x"}]) == ["b unset", "b x"]
    assert distinctions([{"a": 1}]) == [""]


def test_many_distinctions_are_counted():
    ours, theirs = distinctions([dict.fromkeys("abcdefgh", 1), dict.fromkeys("abcdefgh", 2)])
    assert ours == "a 1, b 1, c 1, d 1, e 1, f 1 and 2 more"
    assert theirs == "a 2, b 2, c 2, d 2, e 2, f 2 and 2 more"
