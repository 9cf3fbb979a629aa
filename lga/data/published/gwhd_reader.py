"""What the readers of the three distributions of the Global Wheat Head Dataset share."""

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from lga.data.published.published_dataset import PublishedDataset
from lga.system.errors import UserError

FOLDER = "GWHD"


class GWHDReader(PublishedDataset):
    """A reader of one distribution; all lie in ``<data_dir>/GWHD``, all have one class."""

    name = "gwhd"
    folder = FOLDER
    class_names = ("wheat_head",)
    distribution: ClassVar[str]

    @classmethod
    @abstractmethod
    def is_in(cls, root: Path) -> bool:
        """Return whether this distribution seems to lie in the set's folder: a quick look."""

    def settings(self) -> tuple[object, ...]:
        """Return the distribution: two have parts of the same names."""
        return (self.distribution,)

    def require(self, path: Path) -> Path:
        """Return the path of something that is needed.

        Raises:
            UserError: it is not there.
        """
        if not path.exists():
            raise UserError(
                f"{path}: not there; unpack one distribution of the set into {self.root}: "
                "global-wheat-codalab-official.zip (`make data-gwhd_codalab` fetches it), gwhd_2021.zip "
                "(`make data-gwhd2021`), or Kaggle's global-wheat-detection.zip as global-wheat-detection/"
            )
        return path
