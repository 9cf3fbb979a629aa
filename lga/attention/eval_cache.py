"""Constants derived from a module's parameters: computed once for evaluation, dropped on any change.

PyTorch counts the in-place changes of a tensor (``_version``): an optimiser's step, ``load_state_dict`` and
any write under ``no_grad`` raise the count; ``.to(...)`` and ``p.data = ...`` bring other memory. Writes
*through* ``p.data`` are not counted, so the owner clears the cache in ``train()`` and ``eval()``."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from torch import Tensor

Constants = TypeVar("Constants")


class EvalCache(Generic[Constants]):
    """One value and the state of the tensors it was made from; copies and pickles of it are empty."""

    def __init__(self) -> None:
        self._entry: tuple[tuple[Hashable, list[int]], list[Tensor], Constants] | None = None

    def __deepcopy__(self, memo: dict[int, object]) -> "EvalCache[Constants]":
        return EvalCache()

    def __reduce__(self) -> tuple[type["EvalCache[Constants]"], tuple[()]]:
        return (EvalCache, ())

    def clear(self) -> None:
        """Forgets the value."""
        self._entry = None

    def get(self, sources: Iterable[Tensor], key: Hashable, compute: Callable[[], Constants]) -> Constants:
        """``compute()``, or its last value while ``key`` and all tensors of ``sources`` are the same."""
        tensors = list(sources)
        if any(tensor.is_inference() for tensor in tensors):
            return compute()  # tensors made in inference mode have no version count
        state = (key, [tensor._version for tensor in tensors])
        entry = self._entry
        if entry is not None and entry[0] == state and all(map(_same_memory, entry[1], tensors)):
            return entry[2]
        value = compute()
        # The aliases keep the memory alive: its address cannot come back as another tensor's.
        self._entry = (state, [tensor.detach() for tensor in tensors], value)
        return value


def _same_memory(a: Tensor, b: Tensor) -> bool:
    return a.data_ptr() == b.data_ptr() and a.dtype == b.dtype and a.device == b.device
