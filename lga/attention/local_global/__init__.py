"""Local-Global Attention (arXiv 2411.09604): `block` is the mechanism, with its two published settings.

`collapse` is the algebra that the block runs by, `literal` the released form that it is held against.
"""
