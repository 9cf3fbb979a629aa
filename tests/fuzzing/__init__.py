"""Seeded mutations of whatever the project reads from others: no traceback, no hang, bounded memory."""
