"""Detection sets as they are published: a reader each, and the formats that several of them share."""

from lga.data.published.published_dataset import PublishedDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan

__all__ = ["PublishedCounts", "PublishedDataset", "SplitPlan"]
