"""Peak memory of one call, in bytes of tensors that it adds to those that were there.

On a processor the allocations and frees that PyTorch's profiler sees are added up in the order of time; on a
GPU the caching allocator's own count is read."""

from collections.abc import Callable, Iterable
from itertools import accumulate

import torch
from torch.profiler import ProfilerActivity, profile

from lga.system.resources import available_memory


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """The peak of ``call``, which has been called before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        torch.cuda.synchronize(device)
        return int(torch.cuda.max_memory_allocated(device) - before)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        call()
    # The profiler's own averages add all allocations up; the order is in its raw events alone.
    results = seen.profiler.kineto_results
    events = [event for event in results.events() if event.name() == "[memory]"]
    return highest(event.nbytes() for event in sorted(events, key=lambda event: int(event.start_ns())))


def highest(changes: Iterable[int]) -> int:
    """The largest sum of the first changes, at least 0."""
    return max(accumulate(changes, initial=0))


def predicted_bytes(peaks: list[int]) -> int:
    """The next peak of a row whose sides double, if it grows as it did last; 0 without two of them."""
    return peaks[-1] ** 2 // max(peaks[-2], 1) if len(peaks) > 1 else 0


def available_bytes(device: torch.device) -> int:
    """Memory that is free on the device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return available_memory()
