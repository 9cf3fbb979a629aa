"""Images of one grey, as a store gives them."""

import numpy as np


class PlainImages:
    def __init__(self, count, side, grey=128):
        self.count, self.side, self.grey = count, side, grey

    def __len__(self):
        return self.count

    def load(self, index):
        return np.full((self.side, self.side, 3), self.grey, np.uint8)
