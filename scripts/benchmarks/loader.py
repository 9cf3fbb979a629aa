"""Times the detection loader on `digit_scenes`: augmentation, workers and conversion to float.

The scenes of 160 pixels are made first, into a folder that is removed at the end. Each epoch of 1,000 images
is timed on its own, after one that starts the workers; the median is printed, in images per second.

    python scripts/benchmarks/loader.py
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.data.detection.augmentation import DetectionAugmentation
from lga.data.detection.detection_data import DetectionData
from lga.data.digit_scenes import DigitScenesReader

IMAGE_SIZE, BATCH, WORKERS = 160, 16, (0, 1, 2)
MEASURED, EPOCHS = 5, 100  # epochs timed, and of the training they are taken from


def images_per_second(data: DetectionData) -> float:
    """Median over the epochs after the first."""
    loader = data.train_dataloader()
    rates = []
    for epoch in range(MEASURED + 1):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        start = time.perf_counter()
        images = sum(len(batch.with_unit_images()) for batch in loader)
        rates.append(images / (time.perf_counter() - start))
    return statistics.median(rates[1:])


def compare(data_dir: str) -> None:
    """Print one line for each number of workers, with mosaic and without."""
    reader = DigitScenesReader(data_dir, IMAGE_SIZE)
    reader()
    for mosaic in (1.0, 0.0):
        augmentation = DetectionAugmentation(mosaic=mosaic, fliplr=0.0)
        for workers in WORKERS:
            data = DetectionData(reader, IMAGE_SIZE, BATCH, EPOCHS, augmentation, num_workers=workers)
            print(f"mosaic {mosaic:.0f}, {workers} workers: {images_per_second(data):7,.0f}", flush=True)


def main() -> None:
    """Make the scenes and print the table."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        compare(folder)


if __name__ == "__main__":
    main()
