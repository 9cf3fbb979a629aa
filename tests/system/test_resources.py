"""Free memory, from made files of the system: numbers are those written into them."""

import pytest

from lga.system import resources
from lga.system.resources import available_memory


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("hierarchy", "folder", "names"),
    [
        ("0::/a/b", "", ("memory.max", "memory.current", "inactive_file")),
        (
            "3:cpu,memory:/a/b",
            "memory",
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ),
    ],
)
def test_what_is_free_is_what_the_system_and_every_cgroup_leave(tmp_path, hierarchy, folder, names):
    limit, used, droppable = names
    write(tmp_path / "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:   1000 kB\n")
    assert available_memory(tmp_path) == 1_024_000
    write(tmp_path / "proc/self/cgroup", f"{hierarchy}\n1:cpu:/a/b\n")
    outer = tmp_path / "sys/fs/cgroup" / folder / "a"
    write(outer / limit, "900000\n")
    write(outer / used, "500000\n")
    assert available_memory(tmp_path) == 400_000
    write(outer / "memory.stat", f"anon 1\n{droppable} 200000\n")
    assert available_memory(tmp_path) == 600_000
    write(outer / "b" / limit, "max\n")
    write(outer / "b" / used, "7\n")
    assert available_memory(tmp_path) == 600_000
    write(outer / "b" / limit, "300007\n")
    assert available_memory(tmp_path) == 300_000


def test_a_system_that_does_not_say(tmp_path, monkeypatch):
    monkeypatch.setattr(resources.os, "sysconf", {"SC_PHYS_PAGES": 6, "SC_PAGE_SIZE": 7}.get)
    assert available_memory(tmp_path) == 42
