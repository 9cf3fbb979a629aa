"""What is made once by whichever process comes first: looked for again once the lock is held."""

import numpy as np
import pytest

from lga.data.detection import tile_store
from lga.data.detection.image_cache import with_cached_images
from lga.data.detection.image_stores import FileImages
from lga.data.detection.index_cache import cached_index
from lga.data.detection.tiling import TilingRule, windows_of
from lga.data.digit_scenes.reader import stored
from lga.system import locks
from tests.data.detection.test_image_cache import written_source
from tests.data.detection.test_index_cache import small_index

RULE, SIZES = TilingRule((40, 30), (10, 10), 0.7, 0.5), np.array([(64, 48)])


def tiles(folder):
    store = tile_store.TileStore(folder / "cache", "made", RULE)
    return store.files(folder / "images", np.array(["0.png"]), SIZES, windows_of(SIZES, RULE))


@pytest.mark.parametrize("what", ["index", "scenes", "images", "tiles"])
def test_what_another_process_makes_just_before_the_lock_is_not_made_again(tmp_path, monkeypatch, what):
    source, acquire, made = written_source(tmp_path / "images"), locks.FileLock.acquire, []
    for owner, name in ((tile_store, "_cut"), (FileImages, "load")):
        original = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *all, of=original: made.append(1) or of(*all))
    use = {
        "index": lambda: cached_index(tmp_path, "made", ["key"], lambda: made.append(1) or small_index()),
        "scenes": lambda: stored(tmp_path / "64-0", lambda to: made.append(1) or (to / "a").write_text("b")),
        "images": lambda: with_cached_images(source, 32, "disk", tmp_path / "cache"),
        "tiles": lambda: tiles(tmp_path),
    }[what]

    def acquire_late(lock):
        monkeypatch.setattr(locks.FileLock, "acquire", acquire)
        use()
        times.append(len(made))
        return acquire(lock)

    times = []
    monkeypatch.setattr(locks.FileLock, "acquire", acquire_late)
    use()
    assert times == [len(made)] != [0]
