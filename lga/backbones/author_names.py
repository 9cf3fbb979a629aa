"""Our state-dict names against the author's, by prefix rules.

The author's networks are flat layer lists, so a name there starts with `model.<index of the block>.`; ours
say what a part does. A rule maps one of our prefixes to the author's; the longest one that fits a key is
used. The entries of an attention block have the author's names already, so that its rule is the slot's
prefix alone."""

from collections.abc import Collection, Mapping

Rules = dict[str, str]


def prefixed(rules: Mapping[str, str], prefix: str) -> Rules:
    """Return the rules of a part as the rules of the whole in which it is called `prefix`."""
    return {f"{prefix}.{ours}": author for ours, author in rules.items()}


def unit_rules(ours: str, author: str, convolution: str = "conv", norm: str = "bn") -> Rules:
    """Return the rules of one `ConvUnit` whose parts the author calls `convolution` and `norm`."""
    return {f"{ours}.convolution": f"{author}.{convolution}", f"{ours}.norm": f"{author}.{norm}"}


def author_name(key: str, rules: Mapping[str, str]) -> str:
    """Return the author's name of our state-dict entry `key`; its own name where no rule fits."""
    prefix = key
    while prefix:
        if prefix in rules:
            return rules[prefix] + key[len(prefix) :]
        prefix = prefix.rpartition(".")[0]
    return key


def author_names(keys: Collection[str], rules: Mapping[str, str]) -> dict[str, str]:
    """Return the author's name of each of our state-dict entries."""
    return {key: author_name(key, rules) for key in keys}
