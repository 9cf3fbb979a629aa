"""Fetches one published file from the first mirror that has it, whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

from lga.structures import UserError

TIMEOUT_S = 30


def download(name: str, sha256: str, folder: Path, mirrors: Sequence[str]) -> None:
    """Fetch ``folder / name`` from the first of the mirrors that has it with the right checksum.

    The file is fetched under a temporary name beside its place, and moved there only when its checksum is
    right.

    Args:
        name: of the file, both on the mirror and in the folder.
        sha256: published checksum of the file.
        folder: made if missing.
        mirrors: addresses of the folder that holds the file; with or without a slash at the end.

    Raises:
        UserError: no mirror gave the file; the message lists each and why.
    """
    import pooch

    failures = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}"
        fetch = pooch.HTTPDownloader(timeout=TIMEOUT_S)
        try:
            pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=name, path=folder, downloader=fetch)
        except ValueError:
            failures.append(f"{url} (wrong checksum)")
        except OSError as error:  # also every error of requests
            failures.append(f"{url} ({type(error).__name__})")
        else:
            return
    raise UserError(
        f"{name}: could not be fetched into {folder}: tried {'; '.join(failures) or 'no mirror'}; "
        "check the network, or put the file there yourself"
    )
