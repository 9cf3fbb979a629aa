"""`python -m lga` is `python run.py`."""

from lga.run.command_line import main

main()
