"""Augmentations: hand-checked motions, ranges, and draws that depend on the key alone."""

import math

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from lga.data.classification.augmentation import (
    AffineAugmentation,
    NoAugmentation,
    make_augmentation,
    move,
    resize,
)
from lga.data.classification.paper_augmentation import Draws, PaperAugmentation
from lga.data.loading.batch_order import BatchKey
from lga.data.loading.random_streams import Stream, stream_seed
from lga.system.errors import UserError

CORNER = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]).view(1, 1, 3, 3)


def key(epoch=0, number=0, count=8):
    return BatchKey(epoch, number, np.arange(count))


def noise(count=8, size=16):
    pixels = torch.randint(0, 256, (count, 1, size, size), generator=torch.Generator().manual_seed(1))
    return pixels.to(torch.uint8)


def moved(image, angle=0.0, scale=1.0, shift=(0.0, 0.0)):
    return move(image, torch.tensor([angle]), torch.tensor([scale]), torch.tensor([shift]))


def test_identity_parameters_give_the_identical_image():
    images = noise(size=32).float() / 255
    count = len(images)
    result = move(images, torch.zeros(count), torch.ones(count), torch.zeros(count, 2))
    torch.testing.assert_close(result, images, atol=1e-5, rtol=0)


def test_quarter_turn_takes_top_left_to_top_right():
    """From the x axis (right) to the y axis (down) is clockwise on the screen."""
    expected = torch.tensor([[0, 0, 1.0], [0, 0, 0], [0, 0, 0]])
    torch.testing.assert_close(moved(CORNER, angle=math.pi / 2)[0, 0], expected, atol=1e-5, rtol=0)


def test_shift_by_one_pixel_right_and_two_down():
    """One pixel of three is 2/3 in half sides."""
    expected = torch.tensor([[0, 0, 0], [0, 0, 0], [0, 1.0, 0]])
    torch.testing.assert_close(moved(CORNER, shift=(2 / 3, 4 / 3))[0, 0], expected, atol=1e-5, rtol=0)


def test_enlarging_takes_pixels_outwards():
    """Twice as large about the centre: pixel (0, 0) asks at half its distance from there."""
    centre = torch.tensor([[0, 0, 0], [0, 1.0, 0], [0, 0, 0]]).view(1, 1, 3, 3)
    expected = torch.tensor([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])
    torch.testing.assert_close(moved(centre, scale=2.0)[0, 0], expected, atol=1e-5, rtol=0)


def test_affine_with_no_freedom_changes_nothing():
    images = noise()
    still = AffineAugmentation(16, seed=0, degrees=0.0, shift=0.0, scale=0.0)
    torch.testing.assert_close(still(images, key()), images / 255, atol=1e-5, rtol=0)


def test_affine_moves_each_image_by_itself():
    same = noise(count=1).repeat(8, 1, 1, 1)
    result = AffineAugmentation(16, seed=0)(same, key())
    assert all(not torch.equal(result[0], other) for other in result[1:])


@pytest.mark.parametrize("name", ["none", "affine", "paper"])
@pytest.mark.parametrize("stored", [8, 28])
def test_shape_and_range(name, stored):
    augmentation = make_augmentation(name, 32, seed=3)
    result = augmentation(augmentation.prepare(noise(size=stored)), key())
    assert result.shape == (8, 1, 32, 32)
    assert result.dtype == torch.float32
    assert result.min() >= 0
    assert result.max() <= 1


@pytest.mark.parametrize("make", [AffineAugmentation, PaperAugmentation])
def test_draws_depend_on_seed_and_epoch_only(make):
    images = noise()
    first = make(16, seed=5)(images, key(epoch=2))
    torch.manual_seed(99)
    torch.rand(7)
    assert torch.equal(make(16, seed=5)(images, key(epoch=2)), first)
    assert not torch.equal(make(16, seed=5)(images, key(epoch=3)), first)
    assert not torch.equal(make(16, seed=6)(images, key(epoch=2)), first)


def test_affine_depends_on_the_number_of_the_batch():
    images = noise()
    affine = AffineAugmentation(16, seed=5)
    assert not torch.equal(affine(images, key(number=0)), affine(images, key(number=1)))


def test_paper_depends_on_the_image_and_not_on_its_batch():
    images = noise()
    paper = PaperAugmentation(16, seed=5)
    together = paper(images, key())
    for index in (0, 5):
        alone = paper(images[index : index + 1], BatchKey(0, 4, np.array([index])))
        assert torch.equal(alone[0], together[index])


@pytest.mark.parametrize("name", ["none", "affine", "paper"])
def test_global_random_state_is_untouched(name):
    before = torch.get_rng_state()
    make_augmentation(name, 16, seed=0)(noise(), key())
    assert torch.equal(torch.get_rng_state(), before)


def test_paper_transforms_are_those_of_the_reference():
    crop, flip, randaugment, _, erasing = PaperAugmentation(32, seed=0).transform.transforms
    assert (list(crop.size), tuple(crop.scale), tuple(crop.ratio)) == ([32, 32], (0.5, 1.0), (0.75, 4 / 3))
    assert flip.p == 0.5
    assert (randaugment.num_ops, randaugment.magnitude) == (2, 9)
    assert erasing.p == 0.4


def one_by_one(paper, images, epoch):
    """What torchvision makes of each image by itself, after seeding the global generator."""
    result = []
    with torch.random.fork_rng(devices=[]):
        for index, image in enumerate(images):
            torch.manual_seed(stream_seed(Stream.PAPER, paper.seed, epoch, index))
            result.append(paper.transform(image))
    return torch.stack(result)


def drawn_images(count, *shape):
    """Noise, slopes, dark images and flat ones."""
    images = torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(1))
    images[::3] = (images[::3] * torch.linspace(0, 1, shape[-1])).long()
    images[1::5] //= 4
    images[2::11] = images[2::11, :, :1, :1]
    return images.to(torch.uint8)


@pytest.mark.parametrize(
    ("shape", "size", "count"),
    [((1, 28, 28), 32, 400), ((3, 20, 28), 33, 150), ((1, 28, 28), 4, 200), ((1, 6, 40), 16, 50)],
    ids=["grey", "rgb", "some erasings do not fit", "no crop fits"],
)
def test_paper_on_a_batch_is_torchvisions_on_each_image_to_the_bit(shape, size, count, monkeypatch):
    paper = PaperAugmentation(size, seed=7)
    images = drawn_images(count, *shape)
    randaugment = paper.transform.transforms[2]
    single, met = randaugment._apply_image_or_video_transform, set()

    def noting(image, name, magnitude, **settings):
        met.add((name, magnitude < 0))
        return single(image, name, magnitude, **settings)

    with monkeypatch.context() as noted:
        noted.setattr(randaugment, "_apply_image_or_video_transform", noting)
        expected = one_by_one(paper, images, epoch=3)
    if count == 400:
        space = randaugment._AUGMENTATION_SPACE.items()
        assert met == {(name, sign) for name, (_, signed) in space for sign in {False, signed}}
    assert torch.equal(paper(images, key(epoch=3, count=count)), expected)


def test_draws_are_those_of_torchs_generator():
    rows = np.arange(3)
    draws = Draws([0, 5, 2**32 - 1])
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 5, 2**32 - 1)]
    for _ in range(10):
        expected = [torch.randint(14, (), generator=each).item() for each in generators]
        assert draws.below(rows, 14).tolist() == expected
        expected = [torch.empty(1).uniform_(-0.3, 1.1, generator=each).item() for each in generators]
        assert draws.uniform(rows, -0.3, 1.1).tolist() == expected
    seeds = list(range(300))
    expected = [
        torch.empty(1).uniform_(-0.3, 0.3, generator=torch.Generator().manual_seed(i)).item() for i in seeds
    ]
    assert Draws(seeds).uniform(np.arange(300), -0.3, 0.3).tolist() == expected
    assert draws.below(rows[1:], 9)[1] == torch.randint(9, (), generator=generators[2])
    assert draws.below(rows[:1], 9)[0] == torch.randint(9, (), generator=generators[0])


def test_resize_agrees_with_torchvision():
    """The reference resizes with torchvision; both round, so one grey level may differ."""
    images = noise(size=28)
    reference = v2.functional.resize(images, [32, 32], antialias=True)
    assert (resize(images, 32).int() - reference.int()).abs().max() <= 1


def test_resize_of_flat_and_equal_images():
    assert resize(torch.full((2, 1, 8, 8), 77, dtype=torch.uint8), 32).unique().tolist() == [77]
    images = noise()
    assert torch.equal(NoAugmentation(16).prepare(images), images)


def test_unknown_name():
    with pytest.raises(UserError, match="augmentation='heavy' is unknown: choose one of none, affine, paper"):
        make_augmentation("heavy", 32, seed=0)
