"""What each set consists of that is fetched, or that only a person can get: addresses, sizes, checksums.

Sources: the sets' pages; sizes and checksums of VOC and COCO from TensorFlow Datasets (url_checksums/voc.txt,
coco.txt), of DOTA's mirror from torchgeo, of GWHD 2021 from Zenodo. Of the others none is published.
"""

from dataclasses import dataclass

from lga.data.classification.mnist import FashionMNISTReader, MNISTFormatReader, MNISTReader
from lga.data.download import RemoteFile


@dataclass(frozen=True)
class Archive:
    """An archive and the folder within it, at whatever depth, whose content is wanted."""

    file: RemoteFile
    folder: str


@dataclass(frozen=True)
class Piece:
    """What comes to its place at once.

    Attributes:
        target: folder below the data folder.
        archives: what it is unpacked from, together.
    """

    target: str
    archives: tuple[Archive, ...]


@dataclass(frozen=True)
class ArchivedSet:
    """A set of archives that anyone may fetch.

    Attributes:
        overrides: of the command line, that choose it.
        terms: licence or terms of use.
        pieces: what it consists of.
    """

    overrides: str
    terms: str
    pieces: tuple[Piece, ...]

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """All that is fetched."""
        return tuple(archive.file for piece in self.pieces for archive in piece.archives)


@dataclass(frozen=True)
class ReadSet:
    """A set whose reader fetches and checks it; attributes as of `ArchivedSet`."""

    overrides: str
    terms: str
    reader: type[MNISTFormatReader]


@dataclass(frozen=True)
class GatedSet:
    """A set that only its authors, or a person with an account, can give.

    Attributes:
        overrides: of the command line, that choose it.
        instructions: what to get where, and where to put it; ``{data_dir}`` stands for the data folder.
    """

    overrides: str
    instructions: str


PreparedSet = ArchivedSet | ReadSet | GatedSet


_TOOLCHAIN = (
    "https://github.com/ultralytics/assets/releases/download/v0.0.0",
    "https://github.com/ultralytics/yolov5/releases/download/v1.0",
)
_VOC = ("http://host.robots.ox.ac.uk/pascal/VOC/voc{}", "http://pjreddie.com/media/files")
_COCO = ("http://images.cocodataset.org", "https://s3.amazonaws.com/images.cocodataset.org")
_MINITRAIN = "https://huggingface.co/datasets/bryanbocao/coco_minitrain/resolve/main"
_DOTA = "https://hf.co/datasets/isaaccorley/dota/resolve/672e63236622f7da6ee37fca44c50ac368b77cab"
_ZENODO = "https://zenodo.org/record/{}/files"


def _file(
    hosts: tuple[str, ...],
    name: str,
    *,
    size: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
    about_gb: float = 0,
) -> RemoteFile:
    urls = tuple(f"{host}/{name}" for host in hosts)
    return RemoteFile(name, urls, size, sha256, md5, int(about_gb * 1e9))


def _visdrone(part: str, about_gb: float) -> Piece:
    name = f"VisDrone2019-DET-{part}"
    return Piece(f"VisDrone/{name}", (Archive(_file(_TOOLCHAIN, f"{name}.zip", about_gb=about_gb), name),))


def _voc(year: int, **sizes_and_checksums: tuple[int, str]) -> Piece:
    hosts = tuple(host.format(year) for host in _VOC)
    archives = tuple(
        Archive(_file(hosts, f"VOC{name}.tar", size=size, sha256=sha256), f"VOC{year}")
        for name, (size, sha256) in sizes_and_checksums.items()
    )
    return Piece(f"VOCdevkit/VOC{year}", archives)


def _coco(where: str, name: str, folder: str, size: int, sha256: str) -> Piece:
    hosts = tuple(f"{host}/{where}" for host in _COCO)
    return Piece(f"coco/{folder}", (Archive(_file(hosts, name, size=size, sha256=sha256), folder),))


def _dota(part: str, *, images: str, annotations: str) -> Piece:
    files = (
        _file((_DOTA,), f"dotav1.0_images_{part}.tar.gz", sha256=images),
        _file((_DOTA,), f"dotav1.0_annotations_{part}.tar.gz", sha256=annotations),
    )
    return Piece(f"DOTA/{part}", tuple(Archive(file, part) for file in files))


_VISDRONE = ArchivedSet(
    "dataset=visdrone",
    "for research; commonly listed as CC BY-NC-SA 3.0",
    (_visdrone("train", 1.44), _visdrone("val", 0.07), _visdrone("test-dev", 0.28)),
)
_VOC_TERMS = "photographs from flickr, for research"
# fmt: off
_VOC2007 = _voc(2007, **{
    "trainval_06-Nov-2007": (460_032_000, "7d8cd951101b0957ddfd7a530bdc8a94f06121cfc1e511bb5937e973020c7508"),
    "test_06-Nov-2007": (451_020_800, "6836888e2e01dca84577a849d339fa4f73e1e4f135d312430c4856b5609b4892"),
})
_VOC2012 = _voc(2012, **{"trainval_11-May-2012": (
    1_999_639_040, "e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb",
)})
_COCO2017 = (
    _coco("annotations", "annotations_trainval2017.zip", "annotations", 252_907_541,
          "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268"),
    _coco("zips", "val2017.zip", "val2017", 815_585_330,
          "4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05"),
    _coco("zips", "train2017.zip", "train2017", 19_336_861_798,
          "69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929"),
)
# fmt: on
_COCO_MINITRAIN = Archive(_file((_MINITRAIN,), "coco_minitrain_25k.zip", about_gb=11.5), "coco_minitrain_25k")
_DOTA_V1 = (
    _dota(
        "train",
        images="2fd69eeb9ba0c775db007c7fe11d7708fb905a67ca3a663874147434db68e7ac",
        annotations="79096d14f5065e1582af47817b5d7c2d1c1611cadc7f1ccc3f868ded1c41a9f6",
    ),
    _dota(
        "val",
        images="f7ab9c570b3aba66d07d6ec91801f76c840fde2ffc12b4f8efa02c90aeb32c83",
        annotations="879e8f013a5231cb52c3dc95b5ade7d4aeb3a0d3e600cb658a5a4d13ea7116c2",
    ),
)
_GWHD_2021 = Archive(
    _file((_ZENODO.format(5092309),), "gwhd_2021.zip", md5="22b4b542c9ae7e056d7fcdeae9ecaed5"), "gwhd_2021"
)
_GWHD_CODALAB = Archive(
    _file((_ZENODO.format(4298502),), "global-wheat-codalab-official.zip", about_gb=7),
    "global-wheat-codalab-official",
)
_GWHD_LABELS = Archive(_file(_TOOLCHAIN, "GlobalWheat2020_labels.zip"), "labels")
_KAGGLE = """\
Kaggle gives it to people who are signed in and have accepted the competition's rules:
  1. https://www.kaggle.com/c/global-wheat-detection/data: `Download All` gives global-wheat-detection.zip
  2. unpack it into {data_dir}/GWHD/global-wheat-detection, so that train.csv and train/*.jpg are there"""
_TINYPERSON = """\
its authors give it through Google Drive and Baidu; about 4.1 GB, no checksum is published:
  1. https://github.com/ucas-vg/TinyBenchmark or http://vision.ucas.ac.cn/resource.asp, `TinyPerson`:
     Google Drive 1KrH9uEC9q4RdKJz-k34Q6v5hRewU5HOw, or Baidu 1kkugS6y2vT4IrmEV_2wtmQ with the code pmcq
  2. put its folder tiny_set into {data_dir}/TinyPerson, so that
     {data_dir}/TinyPerson/tiny_set/annotations/tiny_set_train.json is there
  3. unpack tiny_set/train/train.tar.gz and tiny_set/test/test.tar.gz where they lie, so that
     tiny_set/train/labeled_images/*.jpg are there; the same below tiny_set/erase_with_uncertain_dataset"""

CATALOGUE: dict[str, PreparedSet] = {
    "mnist": ReadSet("dataset=mnist", "usually given as CC BY-SA 3.0", MNISTReader),
    "fashion_mnist": ReadSet("dataset=fashion_mnist", "MIT", FashionMNISTReader),
    "tinyperson": GatedSet("dataset=tinyperson", _TINYPERSON),
    "visdrone": _VISDRONE,
    "voc2007": ArchivedSet("dataset=voc2007", _VOC_TERMS, (_VOC2007,)),
    "voc2012": ArchivedSet("dataset=voc2012", _VOC_TERMS, (_VOC2012,)),
    "coco2017": ArchivedSet(
        "dataset=coco2017", "annotations CC BY 4.0; images by the terms of Flickr", _COCO2017
    ),
    "coco_minitrain": ArchivedSet(
        "dataset=coco_minitrain", "as COCO's", (Piece("coco_minitrain_25k", (_COCO_MINITRAIN,)),)
    ),
    "dota": ArchivedSet("dataset=dota", "academic use only; Google Earth's terms", _DOTA_V1),
    "gwhd2021": ArchivedSet(
        "dataset=gwhd dataset.reader.distribution=gwhd2021",
        "CC BY 4.0",
        (Piece("GWHD/gwhd_2021", (_GWHD_2021,)),),
    ),
    "gwhd_codalab": ArchivedSet(
        "dataset=gwhd dataset.reader.distribution=codalab",
        "not verified; the challenge of 2020",
        (
            Piece("GWHD/global-wheat-codalab-official", (_GWHD_CODALAB,)),
            Piece("GWHD/labels", (_GWHD_LABELS,)),
        ),
    ),
    "gwhd_kaggle": GatedSet("dataset=gwhd dataset.reader.distribution=kaggle", _KAGGLE),
}
