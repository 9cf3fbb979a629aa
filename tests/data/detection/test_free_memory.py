"""Free memory, from made files of the system: numbers are those written into them."""

import pytest

from lga.data.detection import free_memory as module

MEMINFO = "MemTotal:       64 kB\nMemFree:        2 kB\nMemAvailable:   40 kB\nHugePages_Total:       0\n"


@pytest.fixture
def system(tmp_path, monkeypatch):
    def write(limit=None, taken=0, copies=0):
        (tmp_path / "meminfo").write_text(MEMINFO)
        monkeypatch.setattr(module, "MEMINFO", tmp_path / "meminfo")
        group = (tmp_path / "memory.max", "memory.current", "inactive_file")
        monkeypatch.setattr(module, "CONTROL_GROUPS", (group,))
        if limit is not None:
            (tmp_path / "memory.max").write_text(f"{limit}\n")
            (tmp_path / "memory.current").write_text(f"{taken}\n")
            (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {copies}\nactive_file 3\n")
        return module.free_memory()

    return write


def test_without_a_limit_it_is_what_the_machine_has_available(system):
    assert system() == 40 * 1024
    assert system(limit="max", taken=7) == 40 * 1024


def test_the_limit_of_the_container_counts_without_copies_of_files(system):
    """1,000 less 900, of which 300 are copies of files: 400."""
    assert system(limit=1000, taken=900, copies=300) == 400


def test_a_limit_above_what_the_machine_has_does_not_count(system):
    assert system(limit=10**9, taken=5, copies=0) == 40 * 1024


def test_a_system_that_does_not_say(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MEMINFO", tmp_path / "none")
    monkeypatch.setattr(module, "CONTROL_GROUPS", ())
    monkeypatch.setattr(module.os, "sysconf", {"SC_PHYS_PAGES": 6, "SC_PAGE_SIZE": 7}.get)
    assert module.free_memory() == 42
