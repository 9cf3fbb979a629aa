"""One cell, or with -m a sweep of them. `python run.py --help` lists what can be chosen."""

from lga.__main__ import main

if __name__ == "__main__":
    main()
