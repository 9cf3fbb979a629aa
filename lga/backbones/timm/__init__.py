"""Networks of timm as backbones, with the attention slot in their blocks."""
