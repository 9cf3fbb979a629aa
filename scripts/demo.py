"""The demo: four attentions on handwritten digits, a detector on scenes of them; table, page, next commands.

Nothing is downloaded. What was trained before is not trained again.
"""

import subprocess
import sys
from pathlib import Path

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
SWEEP = ["-m", "dataset=digits", "attention=none,se,cbam,lga", "seed=1,2,3", "logger=csv"]
SCENES = 8
NEXT = """
Open {page} in a browser. What to do next:

  {python} run.py mode=predict dataset=digit_scenes attention=lga source={scenes}
  {python} run.py -m dataset=digits attention=none,eca seed=1,2,3
  make dashboard
"""


def main() -> int:
    """Trains, compares, writes the page, and says what to do next."""
    print(BEGIN, flush=True)
    run = [sys.executable, "run.py"]
    detector = subprocess.Popen([*run, *DETECTOR], stdout=subprocess.PIPE, text=True)
    status = subprocess.run([*run, *SWEEP], check=False).returncode
    print("waiting for the detector", flush=True)
    told, _ = detector.communicate()
    print(*told.splitlines()[-1:])
    if status or detector.returncode:
        return status or detector.returncode
    for script in ("scripts/show_table.py", "scripts/make_dashboard.py"):
        if status := subprocess.run([sys.executable, script], check=False).returncode:
            return status
    python = Path(sys.executable)
    named = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    print(NEXT.format(page=outputs("dashboard.html"), python=named, scenes=_scenes(outputs("demo_scenes"))))
    return 0


def _scenes(folder: Path) -> Path:
    """Write some scenes of the test split as image files; return their folder."""
    from lga.config.instantiation import make_reader
    from lga.library.choices import frozen

    images = make_reader(frozen(DETECTOR).cfg.dataset)().test.images
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SCENES):
        Image.fromarray(images.load(number)).save(folder / f"scene{number}.png")
    return folder


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # the command that was running has said so
        sys.exit(130)
