"""What values the keys of the schema take, named in its annotations; the one check of a whole config."""

import math
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    StrictBool,
    TypeAdapter,
    ValidationError,
)

from lga.system.foreign import LONGEST_NAME, LONGEST_PATH, has_usual_length

DEEPEST = 20  # nodes within nodes
LARGEST = 2**31 - 1

Count = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
Natural = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
Seed = Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)]
Processes = Annotated[int, Field(strict=True, ge=0, le=1024)]
Threads = Annotated[int, Field(strict=True, ge=1, le=1024)]
Pixels = Annotated[int, Field(strict=True, ge=1, le=4096)]  # a step on one image takes 2 GB
Classes = Annotated[int, Field(strict=True, ge=1, le=65_536)]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
Share = Annotated[float, Field(strict=True, gt=0, le=1)]
BelowOne = Annotated[float, Field(strict=True, ge=0, lt=1)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Flag = Annotated[Any, GetPydanticSchema(lambda _, handler: handler(StrictBool))]  # Hydra's bool takes 2
Tag = Annotated[str, Field(min_length=1, max_length=64)]  # of W&B, as are the next
Label = Annotated[str, Field(min_length=1, max_length=128)]


def _fits(message: str, fits: Callable[[Any], object], value: Any) -> Any:
    if not fits(value):
        raise ValueError(message)
    return value


def _rule(fits: Callable[[Any], object], message: str) -> AfterValidator:
    return AfterValidator(partial(_fits, message, fits))


def word(*valid: str) -> AfterValidator:
    """Return the rule that a text is one of these words."""
    return _rule(valid.__contains__, f"valid: {', '.join(valid)}")


PathText = Annotated[
    str,
    _rule(has_usual_length, f"a path of 1 to {LONGEST_PATH} characters, {LONGEST_NAME} bytes in each part"),
]
Folds = Annotated[
    int,
    Field(strict=True),
    _rule(range(3, 1001).__contains__, "3 to 1000, since one part selects and one judges"),
]
Project = Annotated[
    str, _rule(re.compile(r"[^/\\#?%:]{1,128}").fullmatch, r"1 to 128 letters, no / \ # ? % :")
]


def _plain(value: Any, depth: int = 0) -> Any:
    """Check what free nodes hold: finite numbers, texts and so on, not nested without end."""
    if depth > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} in it is no finite number")
    if isinstance(value, Mapping) and not isinstance(value.get("_target_", ""), str):
        raise ValueError("its _target_ is no name")  # noqa: TRY004, pydantic reports this kind
    if isinstance(value, Mapping | list):
        for entry in value.values() if isinstance(value, Mapping) else value:
            _plain(entry, depth + 1)
    return value


Free = Annotated[Any, AfterValidator(_plain)]
Node = Annotated[dict[str, Any], AfterValidator(_plain)]  # a `_target_` and its keywords


class _Optimizer(BaseModel):
    """What torch's optimizers have in common; they check the rest themselves."""

    model_config = ConfigDict(extra="allow")
    lr: NonNegative = 0
    momentum: Fraction = 0
    betas: tuple[BelowOne, BelowOne] = (0, 0)
    eps: NonNegative = 0


OptimizerNode = Annotated[
    dict[str, Any], AfterValidator(_plain), GetPydanticSchema(lambda _, handler: handler(_Optimizer))
]

# How a value that is not taken is explained, by the kind of mistake; others are in pydantic's words.
_WORDS = {
    "greater_than_equal": "at least {ge:.16g}",
    "greater_than": "above {gt:.16g}",
    "less_than_equal": "at most {le:.16g}",
    "less_than": "below {lt:.16g}",
    "dataclass_type": "a group of settings",
    "bool_type": "true or false",
    "string_too_short": "not to be empty",
    "string_too_long": "at most {max_length} characters",
    "value_error": "{error}",
}


@cache
def _checker(schema: type) -> TypeAdapter[Any]:
    return TypeAdapter(schema)


def fault(config: Mapping[str, Any], schema: type) -> str | None:
    """Return in one line the first value of a resolved config that its key does not take; None without one.

    Keys that are not there are not looked at.
    """
    try:
        _checker(schema).validate_python(dict(config))
    except ValidationError as error:
        first = error.errors()[0]
        message = _WORDS.get(first["type"], first["msg"].removeprefix("Input should be ")).format(
            **first.get("ctx", {})
        )
        value = first["input"]
        shown = f"={value}" if isinstance(value, str | int | float) else ""
        return f"{'.'.join(map(str, first['loc']))}{shown[:80]}: {message}"
    return None
