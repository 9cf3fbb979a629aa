"""The error of a user's mistake: shown as one line, without a traceback."""


class UserError(ValueError):
    """A mistake of the user's: its message says in one line what is wrong, where, and what to do."""
