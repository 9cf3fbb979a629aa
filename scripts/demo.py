"""The demo: four attentions on handwritten digits, a detector on scenes of them; table, page, next commands.

Nothing is downloaded. What was trained before is not trained again.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from lga.system.files import outputs

BEGIN = """About three minutes on two cores: four attentions are compared on handwritten digits with three
seeds each; meanwhile the paper's detector is trained on 1,000 scenes of them."""
DETECTOR = [
    "dataset=digit_scenes",
    "attention=lga",
    "seed=1",
    "logger=csv",
    "trainer.threads=1",
    "recipe.epochs=5",
    "recipe.schedule.warmup_epochs=1",
    "recipe.optimizer.lr=0.005",
]
ATTENTIONS = "attention=none,se,cbam,lga"
SWEEP = ["-m", "dataset=digits", ATTENTIONS, "seed=1,2,3", "logger=csv"]
LOOKS = ["-m", "mode=predict", "dataset=digits", ATTENTIONS, "seed=1", "logger=csv", "mode.explain=true"]
PICTURES = {"digits": 4, "digit_scenes": 8}  # how many images of each test split are written as files
NEXT = """
Open {page} in a browser. What to do next:

  {python} run.py mode=predict dataset=digit_scenes attention=lga source={scenes}
  {python} run.py -m dataset=digits attention=none,eca seed=1,2,3
  make dashboard
"""


def main() -> int:
    """Trains, compares, writes the page, and says what to do next."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(BEGIN, flush=True)
    run = [sys.executable, "run.py"]
    detector = subprocess.Popen([*run, *DETECTOR], stdout=subprocess.PIPE, text=True)
    status = subprocess.run([*run, *SWEEP], check=False).returncode
    print("waiting for the detector", flush=True)
    output, _ = detector.communicate()
    print(*output.splitlines()[-1:])
    if status or detector.returncode:
        return status or detector.returncode
    digits, scenes = _images("digits"), _images("digit_scenes")
    print(f"what each attention looks at, on {PICTURES['digits']} test images", flush=True)
    looks = ["run.py", *LOOKS, f"source={digits}"]
    for command in looks, ["scripts/show_table.py"], ["scripts/make_dashboard.py"]:
        if status := subprocess.run([sys.executable, *command], check=False).returncode:
            return status
    python = Path(sys.executable)
    named = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    print(NEXT.format(page=outputs("dashboard.html"), python=named, scenes=scenes))
    return 0


def _images(dataset: str) -> Path:
    """Write images of the test split, chosen by a fixed seed, as files; return their folder."""
    from lga.config.instantiation import make_reader
    from lga.library.choices import frozen

    folder = outputs(f"demo_{dataset}")
    images = make_reader(frozen([f"dataset={dataset}"]).cfg.dataset)().test.images
    folder.mkdir(parents=True, exist_ok=True)
    for number in np.random.default_rng(0).choice(len(images), PICTURES[dataset], replace=False):
        pixels = images.load(number) if hasattr(images, "load") else images[number].numpy()
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # the command that was running has said so
        sys.exit(130)
