"""Two processes over gloo, each with its share of a batch, against one process with all of it."""

import numpy as np
import pytest
import torch
import torch.distributed as dist

from lga.attention import NoAttention
from lga.backbones import MobileNetV3
from lga.data.loading.sharding import BatchOfShare, Shard, share_of
from lga.detection import Detector
from lga.detection.judging import Collector, JudgedImage
from lga.run.devices.processes import fork_server
from lga.structures import DetectionBatch, Detections
from lga.structures.batch import ImageOrigin
from lga.tasks.detection_task import DetectionTask
from lga.tasks.devices import EpochMeans, copy_from_first, sum_over_devices
from tests.tasks.test_detection_task import optimization

RANKS = 2


def on_two_ranks(function, *arguments):
    """What `function` returns on each of two ranks."""
    context = fork_server()
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    ours, theirs = zip(*(context.Pipe(duplex=False) for _ in range(RANKS)), strict=True)
    processes = [
        context.Process(target=_rank, args=(rank, store.port, theirs[rank], function, *arguments))
        for rank in range(RANKS)
    ]
    for process in processes:
        process.start()
    for end in theirs:
        end.close()
    returned = [end.recv() for end in ours]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    return returned


def _rank(rank, port, end, function, *arguments):
    torch.set_num_threads(1)
    store = dist.TCPStore("127.0.0.1", port)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=RANKS)
    end.send(function(rank, *arguments))
    dist.destroy_process_group()


def exchanged(rank):
    """Sums, copies, means and what a collector has gathered, as plain values."""
    tensors = [torch.full((2, 3), 1.0 + rank), torch.full((2, 2, 2, 2), 10.0 * (1 + rank))]
    tensors[1] = tensors[1].contiguous(memory_format=torch.channels_last)
    sum_over_devices(tensors)
    norm = torch.nn.BatchNorm2d(3)
    with torch.no_grad():
        norm.weight.fill_(rank + 5)
        norm.running_var.fill_(rank + 7)
        norm.num_batches_tracked.fill_(rank + 9)
    copy_from_first(norm)
    means = EpochMeans()
    means.add({"a": torch.tensor(1.0 + rank)}, 3 if rank == 0 else 1)
    means.add({"a": torch.tensor(5.0)}, 4 * rank)
    collector = Collector()
    collector.update([judged(0), judged(1)] if rank == 0 else [])
    collected = collector.compute()
    return {
        "sums": [tensor.unique().tolist() for tensor in tensors],
        "copies": [norm.weight[0].item(), norm.running_var[0].item(), norm.num_batches_tracked.item()],
        "mean": means.compute()["a"].item(),
        "images": collected.images.tolist(),
        "boxes": collected.detections.shape,
    }


def judged(index):
    """An image with two detections and one object."""
    origin = ImageOrigin(index, str(index), 10, 10, (1.0, 1.0), (0.0, 0.0))
    found = Detections(torch.ones(2, 4), torch.ones(2), torch.zeros(2, dtype=torch.long))
    return JudgedImage(
        origin, found, torch.ones(1, 4), torch.zeros(1, dtype=torch.long), torch.zeros(1).bool()
    )


def test_what_devices_exchange():
    """By hand: 1 + 2 and 10 + 20; the first one's buffers; (1 * 3 + 2 * 1 + 5 * 4) / 8; one has no image."""
    for values in on_two_ranks(exchanged):
        assert values["sums"] == [[3.0], [30.0]]
        assert values["copies"] == [5.0, 7.0, 9]
        assert values["mean"] == 25 / 8
        assert values["images"] == [0, 1]
        assert values["boxes"] == (4, 7)


def scenes(rows):
    """Some of five images, of which the second has no box and the others one to three."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(5, 3, 64, 64, generator=generator)
    counts = [1, 0, 3, 2, 1]
    boxes, labels, index = [], [], []
    for row, image in enumerate(rows):
        for number in range(counts[image]):
            corner = 4.0 + 6 * number + image
            boxes.append([corner, corner, corner + 20 + image, corner + 14])
            labels.append(number % 2)
            index.append(row)
    return DetectionBatch(
        images=images[list(rows)],
        boxes=torch.tensor(boxes).reshape(-1, 4),
        labels=torch.tensor(labels, dtype=torch.long),
        image_index=torch.tensor(index, dtype=torch.long),
        ignore=torch.zeros(len(boxes), dtype=torch.bool),
    )


def losses_and_gradient(batch, device="cpu"):
    """Of a detector whose batch norms are in evaluation mode, so that images do not touch each other."""
    torch.manual_seed(0)
    detector = Detector(MobileNetV3(NoAttention), num_classes=2).eval()
    task = DetectionTask(detector, optimization(), seed=0, class_names=["a", "b"]).to(device)
    batch = task.on_before_batch_transfer(batch, 0).to(device)
    terms = task.training_loss(batch)
    (terms["loss"] * (1.0 if task.share is None else task.share.weight)).backward()
    gradients = [p.grad for p in detector.parameters() if p.grad is not None]
    sum_over_devices(gradients)
    means = EpochMeans()
    means.add(terms, task.counted(batch))
    values = {name: value.item() for name, value in means.compute().items()}
    return values, torch.cat([gradient.reshape(-1) for gradient in gradients]).cpu().numpy()


def of_share(rank, images, device="cpu"):
    """As `losses_and_gradient`, of this rank's share of the first `images` scenes."""
    share = share_of(images, Shard(rank, RANKS))
    return losses_and_gradient(BatchOfShare(scenes(share.rows.tolist()), share), device)


@pytest.mark.parametrize("images", [5, 3, 1])
def test_the_detectors_loss_and_gradient_are_the_whole_batchs(images):
    """Shares of 3 and 2 images; and of all of them and none."""
    expected, gradient = losses_and_gradient(scenes(range(images)))
    assert np.abs(gradient).max() > 1e-3
    for terms, summed in on_two_ranks(of_share, images):
        assert terms == pytest.approx(expected, rel=1e-5)
        np.testing.assert_allclose(summed, gradient, rtol=1e-3, atol=1e-5 * np.abs(gradient).max())
