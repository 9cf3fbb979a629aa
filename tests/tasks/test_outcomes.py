"""What a run keeps of each judged image: the files, and that they tell what the record's numbers tell."""

import base64
import gzip
import hashlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lga.detection.judging import evaluate_coco
from lga.detection.judging.collector import WholeImages
from lga.run.build import build_data
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.tasks.outcomes import classified, detected
from tests.detection.judging.cases import made_split, whole
from tests.run.cells import cell


def test_many_classes_take_two_bytes():
    rows = np.array([[300, 3, 0.25], [1, 1, 1.0]], np.float32)
    found = classified(rows)
    assert found.right.tolist() == [False, True]
    assert (classified(rows).content, found.images) == (found.content, 2)  # the same bytes each time


def test_detections_are_in_coco_s_results_format():
    rows = np.array([[0, 1, 2.5, 4, 8, 0.5, 1], [2, 0, 0, 3.14159, 1, 0.0012345678, 0]])
    found = detected(WholeImages(np.array([0, 1, 2]), rows, None))
    assert json.loads(gzip.decompress(found.content)) == [
        {"image_id": 1, "category_id": 2, "bbox": [1.0, 2.5, 3.0, 5.5], "score": 0.5},
        {"image_id": 3, "category_id": 1, "bbox": [0.0, 0.0, 3.14, 1.0], "score": 0.00123457},
    ]
    assert found.images == 3
    nothing = detected(WholeImages(np.array([0]), rows[:0], None))
    assert json.loads(gzip.decompress(nothing.content)) == []


def test_a_classifier_keeps_each_image_in_the_order_of_the_split(tmp_path):
    run = RunDirectory(cell(tmp_path, "dataset=digits", "trainer.limit_eval_batches=null"))
    execute(run.run)
    record = read_record(run.result)
    kept = outcomes_of(run)
    right = kept["labels"] == kept["predicted"]
    assert 100 * right.mean() == pytest.approx(record.metrics["top1"], abs=1e-4)
    assert (kept["labels"].dtype, kept["probability"].dtype) == (np.uint8, np.float16)
    bits = np.unpackbits(np.frombuffer(base64.b64decode(record.outcomes.right), np.uint8), count=len(right))
    assert bits.tolist() == right.tolist()
    losses = -np.log(kept["probability"].astype(np.float64))
    assert losses.mean() == pytest.approx(record.metrics["loss"], rel=1e-3)


@pytest.mark.slow
def test_of_two_devices_each_image_is_kept_once(tmp_path):
    everything = ("trainer.devices=2", "trainer.num_workers=0", "trainer.limit_eval_batches=null")
    run = RunDirectory(cell(tmp_path, "dataset=digits", *everything))
    execute(run.run)
    assert len(outcomes_of(run)["labels"]) == build_data(run.run.cfg).splits.counts["test"]


def outcomes_of(run):
    """The kept file, whose hash is the record's and whose images are those of the split."""
    message = read_record(run.result).outcomes
    content = (run.path / message.file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == message.sha256
    kept = np.load(io.BytesIO(content))
    assert kept["labels"].tolist() == build_data(run.run.cfg).splits.test.labels.tolist()
    assert message.images == len(kept["labels"])
    return kept


def test_coco_s_own_tool_finds_the_record_s_number_in_the_kept_detections(tmp_path):
    split = made_split(images=8, detections=30, objects=6, classes=3)
    (tmp_path / "results.json").write_bytes(gzip.decompress(detected(whole(split)).content))
    coco = COCO()
    coco.dataset = {
        "info": {},
        "images": [{"id": number + 1} for number in range(8)],
        "categories": [{"id": label + 1} for label in range(3)],
        "annotations": [
            {
                **{"id": number, "image_id": int(image) + 1, "category_id": int(label) + 1, "iscrowd": 0},
                **{"bbox": [x, y, right - x, bottom - y], "area": (right - x) * (bottom - y)},
            }
            for number, (image, x, y, right, bottom, label) in enumerate(split.objects.tolist(), 1)
        ],
    }
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(str(tmp_path / "results.json")), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    ours = evaluate_coco(whole(split)).judgement.metrics["coco/map"]
    assert 100 * evaluation.stats[0] == pytest.approx(ours, abs=0.01)
    assert ours > 10
