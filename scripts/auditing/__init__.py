"""The audit: every published row's network is built, and its counts are held against the printed ones."""
