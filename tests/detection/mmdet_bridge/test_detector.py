"""mmdet's detectors behind this project's contract, on images of 64 pixels."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from lga.attention import NoAttention
from lga.backbones import MobileNetV3
from lga.detection.mmdet_bridge import MMDetDetector
from lga.run.machine.complexity import complexity_of
from lga.system.errors import UserError
from tests.detection.mmdet_bridge.detectors import NAMES, batch, built

TERMS = {
    "retinanet": {"loss_cls", "loss_bbox"},
    "fcos": {"loss_cls", "loss_bbox", "loss_centerness"},
    "tood": {"loss_cls", "loss_bbox"},
    "rtmdet": {"loss_cls", "loss_bbox"},
    "faster_rcnn": {"loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox"},
    "cascade_rcnn": {"loss_rpn_cls", "loss_rpn_bbox"}
    | {f"s{stage}.loss_{kind}" for stage in range(3) for kind in ("cls", "bbox")},
}


@pytest.fixture(scope="module")
def detectors():
    """One of each, built once and not stepped."""
    return {name: built(name, "attention=lga") for name in NAMES}


@pytest.fixture(params=NAMES)
def name(request):
    """Each detector's name."""
    return request.param


def test_the_loss_is_the_sum_of_its_terms_and_reaches_every_parameter(detectors, name):
    detector = detectors[name].train()
    terms = detector.loss(batch())
    total = terms.pop("total")
    assert terms.keys() == TERMS[name]
    assert total.item() == pytest.approx(sum(term.item() for term in terms.values()), rel=1e-5)
    total.backward()
    for parameter in detector.parameters():
        assert parameter.grad.isfinite().all()
    assert any(parameter.grad.any() for parameter in detector.backbone.attention.parameters())
    detector.zero_grad()


def test_a_batch_without_boxes_is_learnt_from(detectors, name):
    """A box without height is none."""
    total = detectors[name].train().loss(batch(boxes=((5, 5, 30, 5),)))["total"]
    total.backward()
    assert total.isfinite()
    detectors[name].zero_grad()


def test_predictions_are_ordered_boxes_of_the_image(detectors, name):
    detector, images = detectors[name].train(), batch().images
    with torch.no_grad():
        detector(images)  # fills the statistics of batch norm, without which one of them is sure of nothing
    found = detector.eval().predict(images)
    assert len(found) == 2
    for one in found:
        assert 0 < len(one.boxes) <= 300
        assert one.boxes.shape == (*one.scores.shape, 4)
        assert (one.scores.diff() <= 0).all()
        assert one.scores.min() > (0 if name == "fcos" else 0.001)  # its centre-ness comes on top
        inside = one.boxes.min() >= 0 and one.boxes.max() <= 64
        assert inside or name == "tood"  # which alone does not clip them
        assert one.labels.dtype == torch.int64
        assert one.labels.max() < 10


def test_a_copy_is_the_detector_over_again(detectors, name):
    """The moving average's: same predictions, no tensor shared, and its state fits."""
    detector = detectors[name].eval()
    copy = deepcopy(detector).requires_grad_(False)
    copy.load_state_dict(detector.state_dict())
    ours, theirs = detector.predict(batch().images), copy.predict(batch().images)
    assert all(torch.equal(a.boxes, b.boxes) for a, b in zip(ours, theirs, strict=True))
    shared = {p.data_ptr() for p in detector.parameters()} & {p.data_ptr() for p in copy.parameters()}
    assert not shared


def test_complexity_is_counted(detectors, name):
    """The heads' convolutions are far dearer than the backbone's, whose share of the count is known."""
    counts = complexity_of(detectors[name], 64)
    assert counts.attention_parameters == 14358
    assert counts.parameters == sum(p.numel() for p in detectors[name].parameters())
    assert counts.gflops > 0.05
    assert counts.gflops_paper > 10


def test_the_operations_of_a_second_stage_do_not_depend_on_weights(detectors):
    """12,544 x 1024, 1024 x 1024, 1024 x 51 for each region; 64 pixels have 85 positions x 3 anchors."""
    detector = detectors["faster_rcnn"]
    whole = complexity_of(detector, 64).gflops
    with torch.no_grad():
        counted = count_flops(lambda: detector.model.roi_head.bbox_head(torch.zeros(255, 256, 7, 7)))
    assert counted == 2 * 255 * 1024 * (12544 + 1024 + 51)
    assert whole > counted / 1e9
    assert complexity_of(built("faster_rcnn", "attention=lga", "seed=5"), 64).gflops == whole


def count_flops(call):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


def test_boxes_to_be_ignored_are_handed_on():
    """Where a detector is configured to look at them, anchors in one are not taught to be background."""
    changes = "detector.model.changes.train_cfg.assigner.ignore_iof_thr=0.5"
    detector = built("retinanet", f"+{changes}").eval()
    ignored = batch(boxes=((30, 30, 62, 62), (0, 0, 28, 28)), ignore=(1,))
    unsaid = batch(boxes=((30, 30, 62, 62),))
    assert detector.loss(ignored)["loss_cls"] < detector.loss(unsaid)["loss_cls"]
    assert torch.equal(detector.loss(ignored)["loss_bbox"], detector.loss(unsaid)["loss_bbox"])


def test_the_same_seed_draws_the_same_weights():
    one, same, other = (built("rtmdet", f"seed={seed}").state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


def test_names_of_other_parameters_are_the_same_with_and_without_attention():
    with_block, without = built("fcos", "attention=lga").state_dict(), built("fcos").state_dict()
    assert {key for key in with_block if not key.startswith("backbone.attention.")} == without.keys()


def test_any_backbone_is_fitted():
    for backbone in ("resnet18", "yolov8"):
        detector = built("rtmdet", f"backbone={backbone}")
        detector.loss(batch())["total"].backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in detector.backbone.parameters())


@pytest.mark.slow
def test_bfloat16_trains(detectors, name):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total = detectors[name].train().loss(batch())["total"]
    total.backward()
    assert total.isfinite()
    detectors[name].zero_grad()


def test_compiling_leaves_what_depends_on_targets(detectors, monkeypatch):
    compiled = []
    monkeypatch.setattr(nn.Module, "compile", lambda self, **settings: compiled.append((self, settings)))
    detector = detectors["fcos"]
    detector.compile(dynamic=False)
    assert compiled == [(detector.backbone, {"dynamic": False}), (detector.model.neck, {"dynamic": False})]


def detector_of(config, **settings):
    return MMDetDetector(MobileNetV3(NoAttention), 10, config, **settings)


def test_a_file_that_mmdet_has_not_is_named():
    with pytest.raises(UserError, match=r"^config=retina.py: no such file in .*configs"):
        detector_of("retina.py")


def test_a_setting_that_mmdet_has_not_is_named():
    with pytest.raises(UserError, match=r"mmdet cannot build it: .*unexpected keyword argument 'colour'"):
        detector_of(
            "retinanet/retinanet_r50_fpn_1x_coco.py", changes={"neck": {"start_level": 0, "colour": 1}}
        )


def test_any_other_of_mmdets_files_can_be_named():
    """ATSS is none of the six; what is judged is set in it as in them."""
    detector = detector_of(
        "atss/atss_r50_fpn_1x_coco.py",
        changes={"neck": {"start_level": 0}},
        confidence=0.01,
        nms_iou=0.55,
        max_detections=7,
    )
    judged = detector.model.test_cfg
    assert (judged.score_thr, judged.nms.iou_threshold, judged.max_per_img) == (0.01, 0.55, 7)
    assert all(len(one.scores) <= 7 for one in detector.eval().predict(batch().images))


def test_nothing_pretrained_is_fetched(detectors):
    """Nor is any norm left that needs several devices."""
    for detector in detectors.values():
        for module in detector.modules():
            assert "Pretrained" not in str(getattr(module, "init_cfg", None))
            assert not isinstance(module, nn.SyncBatchNorm)
