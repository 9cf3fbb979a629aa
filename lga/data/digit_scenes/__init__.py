"""``digit_scenes``: scikit-learn's handwritten digits on its two photographs, to be detected."""

from lga.data.digit_scenes.reader import DigitScenesReader

__all__ = ["DigitScenesReader"]
