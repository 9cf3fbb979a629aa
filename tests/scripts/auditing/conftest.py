"""Made records count as a published cell's."""

from tests.results.conftest import made_configs_are_published

__all__ = ["made_configs_are_published"]
