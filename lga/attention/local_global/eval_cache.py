"""Constants derived from a module's parameters: computed once for evaluation, dropped on any change.

PyTorch counts the in-place changes of a tensor (``_version``): an optimiser's step, ``load_state_dict`` and
any write under ``no_grad`` raise the count; ``.to(...)`` and ``p.data = ...`` bring other memory. Writes
*through* ``p.data`` are not counted, so the owner clears the cache in ``train()`` and ``eval()``.

The check runs before every forward pass, so it looks up what it knows and walks no module."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import Tensor, nn

Constants = TypeVar("Constants")


@dataclass(frozen=True)
class State:
    """What a module was made of; every entry with the registry and the name where it was found."""

    modules: list[tuple[Mapping[str, nn.Module | None], str, nn.Module | None]]
    tensors: list[tuple[Mapping[str, Tensor | None], str, Tensor, int, int]]  # with version and address
    memory: list[Tensor]  # aliases that keep the memory: its address cannot come back as another tensor's

    def holds(self) -> bool:
        """Return whether nothing has changed since."""
        for modules, name, module in self.modules:
            if modules.get(name) is not module:
                return False
        for tensors, name, tensor, version, address in self.tensors:
            if tensors.get(name) is not tensor or tensor._version != version or tensor.data_ptr() != address:
                return False
        return True


class EvalCache(Generic[Constants]):
    """One value and the state of the module that it was made from; copies and pickles of it are empty."""

    def __init__(self) -> None:
        self._entry: tuple[nn.Module, Hashable, State, Constants] | None = None

    def __deepcopy__(self, memo: dict[int, object]) -> "EvalCache[Constants]":
        return EvalCache()

    def __reduce__(self) -> tuple[type["EvalCache[Constants]"], tuple[()]]:
        return (EvalCache, ())

    def clear(self) -> None:
        """Forget the value."""
        self._entry = None

    def get(self, owner: nn.Module, key: Hashable, compute: Callable[[], Constants]) -> Constants:
        """``compute()``, or its last value for the same ``owner`` as it was and the same ``key``."""
        if self._entry is not None:
            last_owner, last_key, state, value = self._entry
            # A shallow copy of a module, such as a replica on another device, shares its cache.
            if last_owner is owner and last_key == key and state.holds():
                return value
        value, state_now = compute(), _state_of(owner)
        self._entry = None if state_now is None else (owner, key, state_now, value)
        return value


def _state_of(owner: nn.Module) -> State | None:
    """None with tensors made in inference mode: they have no version count."""
    state = State([], [], [])
    for module in owner.modules():
        state.modules.extend((module._modules, name, part) for name, part in module._modules.items())
        for registry in (module._parameters, module._buffers):
            for name, tensor in registry.items():
                if tensor is None:
                    continue
                if tensor.is_inference():
                    return None
                state.tensors.append((registry, name, tensor, tensor._version, tensor.data_ptr()))
                state.memory.append(tensor.detach())
    return state
