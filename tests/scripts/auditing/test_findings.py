"""The findings, measured: each is borne out, with the numbers that the audit's facts have.

The expected numbers are those of the audit (findings.md there) and of the published rows; a finding is also
shown to fail where its subject is changed.
"""

import re

import pytest
import torch
from torch import nn

from lga.attention import LocalGlobalAttention
from lga.results.published import load_published
from scripts.auditing import of_networks as other_blocks
from scripts.auditing import of_released_block as released_block
from scripts.auditing.findings import measure_findings
from scripts.auditing.rows import audit

EXPECTED = {
    1: "new random query and key weights change the output by",
    2: "of 24 channels the branches read 8: 16 to 23",
    3: "the same output to",
    4: "4 blocks, one in each stage",
    5: "24 channels out of the last block, a quarter of 96, from a hidden layer of 576",
    6: "9 squeeze-and-excitation gates in its own blocks; the SE row has 10",
    7: "576 weights where a bottleneck of reduction 16 has 48",
    8: "gives 0.9104; one image as it is classified (32 x 32) takes 0.0020",
    9: "visdrone mobilenetv3 mhsa (1,192,828) and tinyperson mobilenetv3 lga_local (1,201,305): 16 fewer",
    10: "dota yolov8n lga (3,380,114) has the parameters of `lga_global`",
    11: "680,630 parameters need 12 heads (6 give 681,206)",
    12: "their 4 counts",
    13: "all 748 images reported are trained on",
    14: "of 15 gains of LGA over no attention the median is 0.30 points; 8 are 0.3 points or less",
    15: "51 % of its positions repeat a neighbour's value",
    16: "Adam (coco_minitrain, visdrone, voc2012) was set by hand",
}


@pytest.fixture(scope="module")
def findings():
    return {finding.number: finding for finding in measure_findings(audit(load_published()))}


def test_there_are_sixteen(findings):
    assert list(findings) == list(range(1, 17))


@pytest.mark.parametrize("number", range(1, 17))
def test_each_is_borne_out(findings, number):
    assert findings[number].holds
    assert EXPECTED[number] in findings[number].measured


def test_dead_queries_change_the_output_by_rounding_only(findings):
    """The facts say 3e-7 of change and about 1e-5 of gradient; the values' are of order 1 and more."""
    change, dead, alive = (float(number) for number in re.findall(r"\d+e[+-]\d+", findings[1].measured))
    assert change < 1e-5
    assert dead < 1e-6 * alive


def test_living_queries_would_be_found(monkeypatch):
    """Attention over the right index makes queries count."""

    def attend(block, branch, z):
        q, k, v = (t.flatten(2) for t in branch(z).chunk(3, dim=1))
        return ((q @ k.transpose(1, 2)).softmax(-1) @ v).view_as(z)

    monkeypatch.setattr("lga.attention.local_global.literal.LiteralLocalGlobalAttention.attend", attend)
    assert not released_block.dead_queries_and_keys().holds
    assert not released_block.a_third_of_the_channels().holds


def test_a_wrong_collapse_would_be_found(monkeypatch):
    monkeypatch.setattr(LocalGlobalAttention, "forward", lambda block, x: x)
    assert not released_block.exact_collapse().holds


def test_a_max_pool_would_be_found(monkeypatch):
    class Gate(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.fc = nn.Conv2d(channels, channels, 1)

        def forward(self, x):
            return x * torch.sigmoid(self.fc(x.mean((2, 3), keepdim=True) + x.amax((2, 3), keepdim=True)))

    monkeypatch.setattr("lga.attention.cbam.ChannelGate", Gate)
    assert not other_blocks.not_cbam().holds
