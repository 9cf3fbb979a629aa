"""What `import lga` offers, each by the entry that the command line calls; see docs/python.md."""
