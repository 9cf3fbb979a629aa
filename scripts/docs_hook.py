"""What mkdocs does beside docs/: it adds the pages of experiments/ and others that lie there, and the keys.

In the repository pages link each other by where they lie; in the site, docs/ is the root.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from lga.config.schema import Config

ROOT = Path(__file__).parents[1]
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md", "examples/**/*.*", "experiments/**/*.md", "experiments/**/*.csv",
          "experiments/scale/*.json")  # fmt: skip
KEYS = "<!-- keys -->"


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what lies beside docs/ under its own path."""
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            files.append(File.generated(config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between docs/ and what lies beside it lead to their places in the site."""
    if page.file.generated_by:
        markdown = re.sub(r"\]\(((?:\.\./)*)docs/", r"](\1", markdown)
    else:
        markdown = markdown.replace("](../", "](")
    return markdown.replace(KEYS, "\n".join(_key_tables()) if KEYS in markdown else "")


def _key_tables() -> Iterator[str]:
    """A table for each group of keys."""
    group = None
    for key in keys():
        name, _, _ = key.name.rpartition(".")
        if name != group:
            group = name
            yield from (
                "",
                f"## {name or 'The cell'}",
                "",
                "| key | default | takes | what it is |",
                "|---|---|---|---|",
            )
        cells = (f"`{key.name}`", f"`{key.value}`" if key.value else "", key.takes, key.line)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


class Key(NamedTuple):
    """A key of the schema: its default, its type, and what its class says of it."""

    name: str
    value: str
    takes: str
    line: str


def keys(schema: type = Config, prefix: str = "") -> Iterator[Key]:
    """Yield every key of the schema, those of a group together and before those of its own groups."""
    said = dict(
        re.findall(r"`(\w+)`: ([^;]+?)[;.]?(?:$|\s(?=`)|\n\n)", " ".join(inspect.getdoc(schema).split()))
    )
    hints = get_type_hints(schema)
    groups = []
    for field in fields(schema):
        group = next(
            (each for each in (hints[field.name], *get_args(hints[field.name])) if is_dataclass(each)), None
        )
        if group:
            groups.append((group, f"{prefix}{field.name}."))
        value = "" if "MISSING" in repr(field.default) or field.default == "???" else str(field.default)
        line = " ".join(inspect.getdoc(group).split("\n\n")[0].split()) if group else said.get(field.name, "")
        yield Key(prefix + field.name, "" if group else value, _type(hints[field.name]), line)
    for group, name in groups:
        yield from keys(group, name)


def _type(hint: Any) -> str:
    return "group" if is_dataclass(hint) else getattr(hint, "__name__", str(hint)).replace("typing.", "")
