"""Images of every kind, written here by Pillow and read back."""

import numpy as np
import pytest
from PIL import Image

from lga.data.detection.image_stores import read_image, read_image_size
from lga.system.errors import UserError

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def read(path):
    image = read_image(path)
    assert image.mode == "RGB"
    assert read_image_size(path) == image.size
    return np.asarray(image)


def test_grey(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / "grey.png")
    assert (read(tmp_path / "grey.png") == RAMP[..., None]).all()


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_become_the_upper_8(tmp_path, suffix):
    path = tmp_path / f"deep.{suffix}"
    Image.fromarray(RAMP.astype(np.uint16) * 256 + 99).save(path)
    assert (read(path) == RAMP[..., None]).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_dropped(tmp_path, mode):
    image = Image.fromarray(RAMP).convert(mode)
    image.putalpha(Image.fromarray(RAMP[::-1].copy()))
    image.save(tmp_path / "alpha.png")
    assert (read(tmp_path / "alpha.png") == RAMP[..., None]).all()


def test_palette(tmp_path):
    colours = np.array([[10, 20, 30], [200, 100, 50]], np.uint8)
    image = Image.fromarray(np.array([[0, 1, 1]], np.uint8), mode="P")
    image.putpalette(colours.tobytes())
    image.save(tmp_path / "palette.png", transparency=0)
    assert (read(tmp_path / "palette.png") == colours[[0, 1, 1]]).all()


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [(1, RAMP), (3, RAMP[::-1, ::-1]), (6, np.rot90(RAMP, -1)), (8, np.rot90(RAMP)), (5, RAMP.T)],
)
def test_exif_rotation_is_applied(tmp_path, orientation, upright):
    """6: the first row is the right-hand side, so the image turns clockwise; 5: transposed."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(RAMP).save(tmp_path / "turned.png", exif=exif)
    assert (read(tmp_path / "turned.png") == upright[..., None]).all()


@pytest.mark.parametrize(("expected", "shape"), [((3, 4), (4, 3, 3)), ((4, 3), (3, 4, 3))])
def test_a_turned_image_is_turned_if_the_annotations_are_of_it_upright(tmp_path, expected, shape):
    """Stored 4 pixels wide and 3 high, and to be turned by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.png"
    Image.fromarray(RAMP).save(path, exif=exif)
    assert np.asarray(read_image(path, expected)).shape == shape
    assert read_image_size(path, expected) == expected
    for reading in (read_image, read_image_size):
        with pytest.raises(UserError, match="the image is 3 x 4 pixels, its annotations are for 9 x 9; put"):
            reading(path, (9, 9))


def test_one_pixel_wide(tmp_path):
    Image.fromarray(RAMP[:, :1].copy()).save(tmp_path / "thin.png")
    assert read(tmp_path / "thin.png").shape == (3, 1, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_truncated(tmp_path, suffix):
    path = tmp_path / f"short.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    assert read_image_size(path) == (64, 64)
    with pytest.raises(
        UserError, match=rf"^{path}: cannot be read as an image \(.*\); fetch it again, or set "
    ):
        read_image(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\xff" * 99,
    ],
)
def test_not_an_image(tmp_path, content):
    path = tmp_path / "page.jpg"
    path.write_bytes(content)
    for reading in (read_image, read_image_size):
        with pytest.raises(UserError, match=rf"^{path}: cannot be read as an image \(.*on_error=skip"):
            reading(path)


def test_missing(tmp_path):
    path = tmp_path / "gone.jpg"
    for reading in (read_image, read_image_size):
        with pytest.raises(
            UserError, match=rf"^{path}: cannot be read \(No such file or directory\); check the path"
        ):
            reading(path)


def test_pixels_without_a_meaning_in_8_bits(tmp_path):
    for mode in ("F", "I"):
        path = tmp_path / f"{mode}.tif"
        Image.new(mode, (4, 3), 1).save(path)
        for reading in (read_image, read_image_size):
            with pytest.raises(
                UserError, match=f"pixels of type {mode} have no meaning in 8 bits; save it as"
            ):
                reading(path)


@pytest.mark.parametrize("kind", ["eps", "gif", "pdf", "ico"])
def test_formats_that_no_set_uses_are_not_opened(tmp_path, kind):
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        Image.fromarray(RAMP).convert("RGB").save(file, kind)
    with pytest.raises(UserError, match="cannot be read as an image"):
        read_image(path)


def test_more_pixels_than_are_read(tmp_path, monkeypatch):
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    with pytest.raises(UserError, match="has more pixels than the 10 that are read; cut it into parts"):
        read_image(tmp_path / "a.png")
