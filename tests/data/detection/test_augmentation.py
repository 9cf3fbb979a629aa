"""What may be drawn, and that each draw depends on (seed, epoch, index) alone."""

from lga.data.detection.augmentation import DetectionAugmentation, draw

NOTHING = dict.fromkeys(("mosaic", "hsv_h", "hsv_s", "hsv_v", "scale", "translate", "fliplr"), 0.0)


def draws(count=500, allowed=True, seed=0, **settings):
    augmentation = DetectionAugmentation(**settings)
    return [draw(augmentation, 10, allowed, seed, index // 50, index % 50) for index in range(count)]


def test_draws_cover_their_ranges():
    made = draws()
    assert all(made_one.mosaic for made_one in made)
    assert {partner for one in made for partner in one.partners} == set(range(10))
    for least, most, values in (
        (0.5, 1.5, [one.zoom for one in made]),
        (-0.1, 0.1, [one.shift[0] for one in made]),
        (-0.1, 0.1, [one.shift[1] for one in made]),
        (0.985, 1.015, [one.gains[0] for one in made]),
        (0.3, 1.7, [one.gains[1] for one in made]),
        (0.6, 1.4, [one.gains[2] for one in made]),
        (0, 1, [one.centre[0] for one in made]),
    ):
        margin = (most - least) * 0.02
        assert least <= min(values) < least + margin
        assert most - margin < max(values) <= most
    assert 200 < sum(one.flip for one in made) < 300


def test_all_zero_draws_nothing():
    for one in draws(50, **NOTHING):
        assert (one.mosaic, one.zoom, one.shift, one.gains, one.flip) == (False, 1, (0, 0), (1, 1, 1), False)


def test_the_key_alone_decides():
    assert draws() == draws()
    assert draws(50) != draws(50, seed=1)
    assert draws()[0] != draws()[50]  # same image, next epoch
    half = [one.mosaic for one in draws(**{**NOTHING, "mosaic": 0.5})]
    assert 200 < sum(half) < 300


def test_leaving_mosaic_out_changes_no_other_draw():
    assert draws(50, allowed=False) == [one._replace(mosaic=False) for one in draws(50)]
