"""Global Wheat Head Dataset: heads of wheat in fields of many countries, one class.

David et al., https://doi.org/10.34133/2020/3521852 (2020), https://arxiv.org/abs/2105.07660 (2021). Three
distributions in ``<data_dir>/GWHD``, each with a reader and split plans of its own: `gwhd_codalab`,
`gwhd_kaggle`, `gwhd_2021`.
"""

from pathlib import Path

from lga.data.published.gwhd.challenge_2021 import GWHD2021Reader
from lga.data.published.gwhd.codalab import FOLDER, GWHDCodalabReader, GWHDReader
from lga.data.published.gwhd.kaggle import GWHDKaggleReader
from lga.system.errors import UserError

READERS: dict[str, type[GWHDReader]] = {
    reader.distribution: reader for reader in (GWHDCodalabReader, GWHDKaggleReader, GWHD2021Reader)
}


def gwhd_reader(
    data_dir: str | Path,
    cache_dir: str | Path,
    splits: str = "official",
    on_error: str = "raise",
    subset: bool | None = None,
    distribution: str = "auto",
) -> GWHDReader:
    """Return the reader of one distribution; the arguments but the last as of `PublishedDataset`.

    Args:
        distribution: a name of `READERS`, or ``auto`` for the one whose files are found; where none is, the
            paper's, which then says what is missing.

    Raises:
        UserError: a name is unknown, or ``auto`` finds several.
    """
    if distribution == "auto":
        distribution = _found(Path(data_dir) / FOLDER)
    if distribution not in READERS:
        raise UserError(f"distribution={distribution!r} is unknown: choose one of auto, {', '.join(READERS)}")
    return READERS[distribution](data_dir, cache_dir, splits, on_error, subset)


def _found(root: Path) -> str:
    found = [name for name, reader in READERS.items() if reader.is_in(root)]
    if len(found) > 1:
        raise UserError(
            f"{root}: several distributions are there, and their splits differ; choose with "
            f"distribution= one of {', '.join(found)}"
        )
    return found[0] if found else GWHDCodalabReader.distribution
