"""What mkdocs does beside docs/: it adds the pages of experiments/ and others that lie there, and the keys.

In the repository pages link each other by where they lie; in the site, docs/ is the root.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from lga.config.reference import Key, keys

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
    """Return a table for each section of keys."""
    sections: dict[str, list[Key]] = defaultdict(list)
    for key in keys():
        sections[key.name.rpartition(".")[0]].append(key)
    for section, found in sections.items():
        yield f"\n## {section or 'The cell'}\n\n| key | default | takes | what it is |\n|---|---|---|---|"
        for name, value, takes, line in found:
            cells = (f"`{name}`", f"`{value}`" if value else "", escape(takes), escape(line))
            yield f"| {' | '.join(cells)} |"
