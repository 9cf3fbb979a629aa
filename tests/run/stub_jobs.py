"""What a sweep's processes may do in place of a run, where only how they come and go is looked at."""


def do_nothing(*arguments):
    """Ends at once."""
