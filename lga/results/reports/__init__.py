"""The paper's tables and figure: what was published, what ran, what is left, and the files that show it."""
